import os
import subprocess
import sys
from pathlib import Path

import quality

# Numba counts a kernel as compiled here when it was not found in the cache.
MEASURE_BOTH_STRING_TYPES = """
import pyarrow as pa
from quality import signals, language
from quality.warm import warm
warm()
signals.measure(pa.array(["text"], pa.large_string()))
signals.measure(pa.array(["a", "text"]).slice(1))
print(sum(sum(kernel.stats.cache_misses.values()) for kernel in (signals._tally_all, language._identify_all)))
"""


def test_a_warmed_machine_compiles_nothing_more() -> None:
    def cache_misses() -> int:
        run = subprocess.run(
            [sys.executable, "-c", MEASURE_BOTH_STRING_TYPES], env=os.environ, cwd="/", capture_output=True, check=True
        )
        return int(run.stdout)

    subprocess.run([sys.executable, "-m", "quality.warm"], cwd=Path(quality.__path__[0]).parent, check=True)
    assert cache_misses() == 0

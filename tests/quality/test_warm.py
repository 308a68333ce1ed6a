import os
import subprocess
import sys
from pathlib import Path

import quality

# Numba counts a kernel as compiled here when it was not found in the cache.
MEASURE_BOTH_STRING_TYPES = """
import sys
import pyarrow as pa
from numba.core.dispatcher import Dispatcher
from quality.signal_group import documents_of, measure_groups, signal_groups
from quality.warm import warm
warm()
asked = {name: group.settings() for name, group in signal_groups().items() if group.measured_for}
measure_groups(documents_of(pa.array(["text"], pa.large_string())), asked)
measure_groups(documents_of(pa.array(["a", "text"]).slice(1)), asked)
kernels = [value for name, module in list(sys.modules.items()) if name.startswith("quality")
           for value in vars(module).values() if isinstance(value, Dispatcher)]
assert len(kernels) > 10
print(sum(sum(kernel.stats.cache_misses.values()) for kernel in kernels))
"""


def test_a_warmed_machine_compiles_nothing_more() -> None:
    def cache_misses() -> int:
        run = subprocess.run(
            [sys.executable, "-c", MEASURE_BOTH_STRING_TYPES], env=os.environ, cwd="/", capture_output=True, check=True
        )
        return int(run.stdout)

    subprocess.run([sys.executable, "-m", "quality.warm"], cwd=Path(quality.__path__[0]).parent, check=True)
    assert cache_misses() == 0

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dedup.repeats import first_kernels, line_kernels, window_kernels
from dedup.repeats.warm import warm_repeats
from tests.dedup.repeats.hostile import digest

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.slow
def test_kernels_stay_within_their_arrays(tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "tests.dedup.repeats.hostile"],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.strip() == digest(), "results differ: a stale numba cache in dedup/repeats, or a bug"


def test_real_use_after_warming_compiles_nothing_more() -> None:
    kernels = (
        line_kernels.hash_units,
        window_kernels.select_anchors,
        window_kernels.fill_set,
        window_kernels.scan_windows,
        first_kernels.mark_behind_first,
    )
    warm_repeats()
    digest()
    assert [len(kernel.signatures) for kernel in kernels] == [1] * len(kernels)

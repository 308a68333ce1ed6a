import os
import subprocess
import sys
from pathlib import Path

import pytest

from quality.kernel import forget_outdated_kernels


def test_kernels_older_than_a_source_are_forgotten(tmp_path: Path) -> None:
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    for age, file in enumerate([cache / "new.nbi", tmp_path / "source.py", cache / "old.nbi", tmp_path / "older.py"]):
        file.touch()
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    forget_outdated_kernels(tmp_path)
    assert [path.name for path in cache.iterdir()] == ["new.nbi"]


def test_a_package_without_kernels_is_left_alone(tmp_path: Path) -> None:
    forget_outdated_kernels(tmp_path)
    assert list(tmp_path.iterdir()) == []


CALLS_A_KERNEL = """
from {decorators} import kernel

@kernel
def double(value):
    return 2 * value

@kernel
def quadruple(value):
    return double(double(value))

print(double(4), sum(double.stats.cache_hits.values()))
"""
# What numba imports to compile; scipy because it looks for BLAS.
LOADED_ALONE = """
import sys
import doubling
assert "numba.np.linalg" not in sys.modules and "scipy.linalg" not in sys.modules
print(doubling.quadruple(4), sum(doubling.quadruple.stats.cache_misses.values()))
"""


@pytest.mark.parametrize("decorators", ["quality.kernel", "dedup.kernel"])
def test_a_compiled_kernel_is_read_without_the_compiler_which_is_there_where_one_is_new(
    tmp_path: Path, decorators: str
) -> None:
    def printed(code: str) -> list[str]:
        run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True, text=True)
        return run.stdout.splitlines()

    (tmp_path / "doubling.py").write_text(CALLS_A_KERNEL.format(decorators=decorators))
    assert printed("import doubling") == ["8 0"]
    assert printed(LOADED_ALONE) == ["8 1", "16 1"]


CALLS_FROM_THE_END = """
import numpy as np
from quality.kernel import lean_kernel, kernel

@kernel
def item(values, at):
    return values[at]

@lean_kernel
def put(values, row, at):
    values[row, at] = 1

for call in (lambda: item(np.arange(3), -1), lambda: put(np.zeros((2, 3)), 1, -1)):
    try:
        call()
    except IndexError:
        print("out of bounds")
print(item(np.arange(3), 2), item(np.arange(3), np.int8(1)))
"""


def test_an_index_from_the_end_is_none_and_said_to_be_where_bounds_are_checked(tmp_path: Path) -> None:
    (tmp_path / "calls.py").write_text(CALLS_FROM_THE_END)
    run = subprocess.run(
        [sys.executable, "calls.py"],
        cwd=tmp_path,
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert run.stdout.splitlines() == ["out of bounds", "out of bounds", "2 1"]

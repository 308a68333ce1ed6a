"""Kernels compiled beside a package are found where nobody may write to it, for the CPU that images are made for."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docker.files import DOCKER, instructions

SOURCE = """
from quality.kernel import kernel

@kernel
def double(value):
    return 2 * value
"""
CALL = """
import sys
from package.doubling import double
print(double({argument}), sum(double.stats.cache_hits.values()), sum(double.stats.cache_misses.values()))
"""


def printed(folder: Path, argument: str, **variables: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(DOCKER), str(folder), os.environ.get("PYTHONPATH")]))
    run = subprocess.run(
        [sys.executable, "-c", CALL.format(argument=argument)],
        cwd="/",
        env=environment | {"NUMBA_CPU_NAME": "generic", "PYTHONDONTWRITEBYTECODE": "1"} | variables,
        capture_output=True,
        check=True,
        text=True,
    )
    return run.stdout.split()


def test_shipped_kernels_are_found_and_new_ones_go_elsewhere(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "doubling.py").write_text(SOURCE)
    assert printed(tmp_path, "4") == ["8", "0", "1"]  # as when an image is built
    shipped = {path.name: path.stat().st_mtime_ns for path in (package / "__pycache__").iterdir()}
    runtime = {
        "NUMBA_CACHE_DIR": str(tmp_path / "kernels"),
        "NUMBA_CACHE_LOCATOR_CLASSES": "shipped_kernels.ShippedKernels",
    }
    assert printed(tmp_path, "4", **runtime) == ["8", "1", "0"]
    assert printed(tmp_path, "4.0", **runtime) == ["8.0", "0", "1"]
    assert printed(tmp_path, "4.0", **runtime) == ["8.0", "1", "0"]
    assert printed(tmp_path, "4", **runtime) == ["8", "1", "0"]
    assert {path.name: path.stat().st_mtime_ns for path in (package / "__pycache__").iterdir()} == shipped
    assert len(list((tmp_path / "kernels").iterdir())) == 1  # nothing half-made is left


def test_images_read_kernels_for_the_cpu_that_they_were_compiled_for() -> None:
    for name in ("spark", "trainer"):
        settings = [arguments for kind, arguments in instructions(DOCKER / f"{name}.Dockerfile") if kind == "ENV"]
        compiled, read = settings
        assert "NUMBA_CPU_NAME=generic" in compiled
        assert "NUMBA_CPU_NAME=generic" in read
        assert "NUMBA_CACHE_LOCATOR_CLASSES=shipped_kernels.ShippedKernels" in read
        assert (DOCKER / "shipped_kernels.py").exists()

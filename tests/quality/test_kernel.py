import os
from pathlib import Path

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

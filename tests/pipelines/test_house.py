"""The house rules that a reader relies on and a linter does not see."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipelines", "quality", "dedup", "mixer", "trainer")


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_ours(package: str) -> None:
    """Other distributions named `mixer` and `trainer` exist."""
    file = importlib.import_module(package).__file__
    assert file is not None
    assert Path(file).resolve() == ROOT / package / "__init__.py"


def test_no_file_in_pipelines_shadows_a_module() -> None:
    """spark-submit puts `pipelines/` first on sys.path, so its files become top-level modules there."""
    ours = {path.stem for path in (ROOT / "pipelines").iterdir() if path.suffix == ".py" or path.is_dir()} - {
        "__init__"
    }
    installed = {name for name in metadata.packages_distributions() if name not in PACKAGES}
    assert not ours & (set(sys.stdlib_module_names) | installed)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_neither_spark_nor_torch(package: str) -> None:
    code = f"import sys, {package}; sys.exit(bool({{'pyspark', 'torch'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd="/", check=False).returncode == 0


def test_the_command_line_starts_without_spark_and_torch() -> None:
    code = "import sys, pipelines.cli; sys.exit(bool({'pyspark', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd="/", check=False).returncode == 0


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_imported_by_their_full_name(path: Path) -> None:
    """`import stages` works under spark-submit and nowhere else."""
    own = {child.stem for child in (ROOT / "pipelines").glob("*.py")}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & own
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module not in own


def test_every_dependency_has_its_reason_in_the_architecture() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[\[<>=]", spec)[0] for group in groups for spec in group}
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_the_readmes_tree_names_every_module() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    modules = [path for path in sources() if path.name != "__init__.py"]
    assert [str(path.relative_to(ROOT)) for path in modules if path.name not in text] == []


def test_shipped_samples_are_small() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "recipes/demo", "tests/samples"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\0")
    assert sum((ROOT / name).stat().st_size for name in tracked if name and (ROOT / name).exists()) < 3_000_000

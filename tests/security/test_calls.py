"""What no module of ours may do with what it is given; the few that must are named here with the reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipelines", "quality", "dedup", "mixer", "trainer")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

RUNS_CODE = {
    "pipelines/sandbox/inside/solution.py": "runs a solution, in a process that may do nothing else",
    "pipelines/sandbox/inside/judge.py": "runs a problem's own tests, in a process of its own",
}
READS_PICKLES = {
    "trainer/checkpoint_tensors.py": "reads the index of a checkpoint with an unpickler that knows four classes",
}
IMPORTS_BY_NAME = {
    "pipelines/source.py": "modules of its own folder",
    "quality/rule.py": "modules of its own folder",
    "quality/signal_group.py": "modules of its own folder",
    "quality/datatrove_adapter/blocks.py": "datatrove's own filters, extractors and formatters, by a list of packages",
    "pipelines/evaluation/harness.py": "three modules of lm_eval, which may not be installed",
    "pipelines/sandbox/inside/judge.py": "names that the judge itself sent",
}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call with its dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def found_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for name, call in calls(tree):
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        shell = keywords.get("shell")
        if name in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"} or (
            shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False)
        ):
            found.add("a shell")
        parses_only = name == "compile" and "PyCF_ONLY_AST" in ast.unparse(call)
        if name in {"eval", "exec", "compile", "__import__"} and not parses_only:
            found.add("code")
        if name in {"importlib.import_module", "import_module"}:
            found.add("imports by name")
        if name.split(".")[-1] in {"extractall", "unpack_archive"}:
            found.add("unpacks an archive")
        if name == "yaml.load" and "Safe" not in ast.unparse(call) and "_YAML_LOADER" not in ast.unparse(call):
            found.add("unsafe YAML")
        if name == "torch.load" and ast.unparse(keywords.get("weights_only", ast.Constant(None))) != "True":
            found.add("pickles")
        if "allow_pickle" in keywords and ast.unparse(keywords["allow_pickle"]) != "False":
            found.add("pickles")
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if {"pickle", "cloudpickle", "marshal", "shelve", "dill"} & {name.split(".")[0] for name in names}:
            found.add("pickles")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_or_unpacks_what_it_is_given(path: Path) -> None:
    module = str(path.relative_to(ROOT))
    allowed = {"code"} if module in RUNS_CODE else set()
    allowed |= {"pickles"} if module in READS_PICKLES else set()
    allowed |= {"imports by name"} if module in IMPORTS_BY_NAME else set()
    assert found_in(path) <= allowed


def test_exceptions_are_still_needed() -> None:
    for module in (*RUNS_CODE, *READS_PICKLES, *IMPORTS_BY_NAME):
        assert found_in(ROOT / module), f"{module} needs no exception any more"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import subprocess\nsubprocess.run(x, shell=True)", "a shell"),
        ("import os\nos.system(x)", "a shell"),
        ("eval(x)", "code"),
        ("import yaml\nyaml.load(x, Loader=yaml.Loader)", "unsafe YAML"),
        ("import tarfile\ntarfile.open(x).extractall()", "unpacks an archive"),
        ("from pickle import loads", "pickles"),
        ("import torch\ntorch.load(x)", "pickles"),
        ("import numpy as np\nnp.load(x, allow_pickle=True)", "pickles"),
    ],
)
def test_each_of_them_would_be_seen(code: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(code, encoding="utf-8")
    assert found_in(path) == {problem}

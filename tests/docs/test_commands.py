"""What a page tells people to type works as typed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from benchmarks import sizing
from pipelines.cli import app
from pipelines.recipe import load_recipe
from tests.docs.pages import PAGES, ROOT, Block, blocks, code_spans, read, rows
from tests.trainer.mixtures import make_mixture
from trainer.options import make_parser

# Of everything, of spark-submit, of torchrun, of git.
FOREIGN_OPTIONS = {"--help", "--conf", "--nproc-per-node", "--max-restarts", "--mirror", "--reference", "--shared"}
FOREIGN_OPTIONS |= {"--deploy-mode", "--py-files", "--archives", "--files", "--name"}  # of spark-submit
FOREIGN_OPTIONS |= {"--num-executors", "--executor-cores", "--executor-memory"}
FOREIGN_OPTIONS |= {"--sequence-length", "--shards", "--presets", "--loss"}  # of trainer.memory, benchmarks.train_gpu
FOREIGN_OPTIONS |= {"--build-arg", "--detach", "--no-build", "--rm", "--volumes", "--wait"}  # of docker compose

FOREIGN_OPTIONS |= {"--no-deps"}  # of pip
FOREIGN_OPTIONS |= {"--dag-id", "--from-date", "--to-date", "--reprocess-behavior", "--only-failed"}  # of airflow


def commands() -> dict[str, Any]:
    """mixdown's sub-commands by name."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def options(command: Any) -> set[str]:
    """The options of a sub-command, without --help."""
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")} - {"--help"}


def run(command: list[str], folder: Path) -> None:
    """Run in `folder` as a person who activated the environment; nothing is fetched."""
    binaries = str(Path(sys.executable).parent)
    settings = {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("bash", "run"), ids=lambda block: block.page.name)
def test_marked_commands_run(block: Block, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    run(["bash", "-euo", "pipefail", "-c", block.text], tmp_path)


@pytest.mark.slow
def test_the_readmes_python_reads_a_mixture(tmp_path: Path) -> None:
    mixtures = tmp_path / "build" / "lake" / "mixtures" / "demo"
    make_mixture(mixtures / "f00")
    (mixtures / "latest").write_text("f00\n")
    snippets = [block.text for block in blocks("python", "run") if block.page.name == "README.md"]
    assert len(snippets) == 4
    checks = "assert first.shape == (8, 32) and first.tolist() == input_ids.tolist()\nassert state == {'next_row': 8}\n"
    run([sys.executable, "-W", "ignore", "-c", "\n".join([*snippets, checks])], tmp_path)


def test_a_loop_of_ones_own_runs_as_written(tmp_path: Path) -> None:
    (snippet,) = [block.text for block in blocks("python", "run") if block.page.name == "loaders.md"]
    start = f"manifest = {make_mixture(tmp_path)!r}\n"
    checks = "assert step == 2 and next(iter(resumed))['input_ids'].shape == (8, 32)\n"
    run([sys.executable, "-W", "ignore", "-c", start + snippet + checks], tmp_path)


def test_recipes_in_pages_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWL", "/data")
    examples = blocks("yaml")
    assert examples
    assert [block for block in examples if block.mark != "recipe"] == []
    for block in examples:
        path = tmp_path / "recipe.yaml"
        path.write_text(block.text, encoding="utf-8")
        load_recipe(path)


def lines_of_code() -> list[str]:
    """Every line that a page shows as something to type, and every code span."""
    typed = [line for block in blocks("bash") for line in block.text.splitlines()]
    return [*typed, *(span for page in PAGES for span in code_spans(page.read_text(encoding="utf-8")))]


def test_every_command_and_option_in_a_page_exists() -> None:
    known = commands()
    group: Any = typer.main.get_command(app)
    everywhere = set().union(*(options(command) for command in known.values())) | options(group) | FOREIGN_OPTIONS
    everywhere |= {option for action in make_parser()._actions for option in action.option_strings} | {"--recipe"}
    everywhere |= {option for action in sizing.make_parser()._actions for option in action.option_strings}
    for line in lines_of_code():
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", line.partition("#")[0]))
        assert named <= everywhere, line
        if (match := re.match(r"mixdown ([a-z][a-z-]*)", line)) is not None:
            assert match[1] in known, line
            assert named <= options(known[match[1]]) | FOREIGN_OPTIONS, line


@pytest.mark.parametrize("name", commands())
def test_every_option_of_a_command_is_documented(name: str) -> None:
    row = next(row for row in rows(read("docs/operations.md")) if re.match(rf"`mixdown {name}[ `]", row[0]))
    assert code_spans(row[1]) == options(commands()[name])


def test_the_makefiles_targets_and_variables_are_documented() -> None:
    makefile, page = read("Makefile"), read("docs/operations.md")
    targets = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z_]+) \?=", makefile, re.MULTILINE))
    assert {name for name in targets | variables if f"`{name}`" not in page and f"`make {name}`" not in page} == set()
    named = {match for line in lines_of_code() for match in re.findall(r"^make ([a-z]+)", line)}
    assert named <= targets

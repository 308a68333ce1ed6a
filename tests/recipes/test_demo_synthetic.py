"""The demo's synthetic code: it is what its builder makes of the problems, and every solution runs."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.document import Document
from pipelines.sources.jsonl_code import SOURCE
from tests.recipes.demo_builders import DEMO, load_builder

builder = load_builder("make_synthetic")
LINES = [json.loads(line) for line in builder.OUTPUT.read_text(encoding="utf-8").splitlines()]


def test_the_committed_file_is_what_the_problems_give() -> None:
    command = [sys.executable, str(DEMO / "make_synthetic.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_check_notices_a_changed_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "coins.yaml").write_bytes((builder.PROBLEMS / "coins.yaml").read_bytes())
    monkeypatch.setattr(builder, "PROBLEMS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_synthetic.py", "--check"])
    assert builder.main() == 1


def test_a_wrong_solution_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    right = (builder.PROBLEMS / "stairs.yaml").read_text(encoding="utf-8")
    (tmp_path / "stairs.yaml").write_text(right.replace("ways = [1]", "ways = [2]"), encoding="utf-8")
    monkeypatch.setattr(builder, "PROBLEMS", tmp_path)
    with pytest.raises(ValueError, match=r"stairs.yaml: AssertionError"):
        builder.made()


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_every_solution_passes_its_assertions(line: dict[str, Any]) -> None:
    builder.run(line["text"])
    assert line["verified"] is True
    assert line["text"].count("\nassert ") >= 3


def test_assertions_can_fail() -> None:
    """A wrong answer in any assertion of a document is noticed when it is run."""
    for line in LINES[::10]:
        text = line["text"]
        first = text.index("\nassert ")
        call = text[first:].split("\n")[1].removeprefix("assert ").rsplit(" == ", 1)[0].rsplit(" is ", 1)[0]
        with pytest.raises(AssertionError):
            builder.run(text[:first] + f"\nassert {call} == 'something else'\n")


def test_there_are_enough_problems_and_each_comes_in_several_forms() -> None:
    per_problem = Counter(line["id"].rsplit("-", 1)[0] for line in LINES)
    assert len(LINES) >= 150
    assert len(per_problem) >= 20
    assert len({line["text"] for line in LINES}) == len(LINES)
    assert builder.OUTPUT.stat().st_size < 200_000
    for _, problem in builder.problems():
        assert len(problem["statements"]) >= 2
        assert len(problem["solutions"]) >= 2


def test_the_source_kind_reads_every_line() -> None:
    options = SOURCE.options()
    records = [
        record for split in SOURCE.splits(str(builder.OUTPUT), options) for record in SOURCE.read(split, options)
    ]
    documents = [record for record in records if isinstance(record, Document)]
    assert len(documents) == len(records) == len(LINES)
    assert {(document.license, document.language_hint) for document in documents} == {("Apache-2.0", "Python")}
    assert all(document.path and document.metadata["verified"] for document in documents)

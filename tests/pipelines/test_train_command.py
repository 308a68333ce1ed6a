"""`mixdown train` takes what `python -m trainer.train` takes, and means the same by it."""

import inspect
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from trainer import command
from trainer.options import make_parser
from trainer.train import train

LINES = [
    ["m"],
    ["m", "--no-resume", "--reset-optimizer", "--across-documents", "--tensorboard", "--continue-schedule"],
    ["m", "--then", "a", "--then", "b", "--from", "x", "--steps", "3", "--clip-norm", "0.5", "--stay-inside-documents"],
]


@pytest.mark.parametrize("line", LINES, ids=len)
def test_both_commands_ask_for_the_same_run(line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(command, "run_training", asked.append)
    assert CliRunner().invoke(app, ["train", *line]).exit_code == 0
    assert asked == [vars(make_parser().parse_args(line))]


def test_what_excludes_each_other_is_refused() -> None:
    assert CliRunner().invoke(app, ["train", "m", "--across-documents", "--stay-inside-documents"]).exit_code == 2


def test_the_defaults_are_those_of_the_library() -> None:
    defaults = vars(make_parser().parse_args(["m"]))
    del defaults["manifest_uri"], defaults["then"]
    parameters = inspect.signature(train).parameters
    assert defaults == {name: parameters[name].default for name in defaults}
    assert parameters.keys() - defaults.keys() == {"manifest_uri", "log"}

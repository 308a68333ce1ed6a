"""`mixdown eval` and `mixdown export-model` as typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.evaluation.programs import program_runner
from pipelines.sandbox.execute import SandboxError
from tests.pipelines.evaluation.judge_server import judge_server, prefers_first
from tests.trainer.evaluation.task_folder import make_task_folder
from tests.trainer.models import random_model, save_model
from trainer.evaluation.answering import RunProgram


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("runs")
    return [str(save_model(folder / f"run{seed}", random_model(seed), sequence_length=512)) for seed in (1, 2)]


@pytest.fixture(scope="module")
def run_program() -> RunProgram:
    try:
        return program_runner("auto")
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["eval", *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def test_programs_pass_or_fail_in_the_sandbox(run_program: RunProgram) -> None:
    tests = "def check(candidate):\n    assert candidate() == 1\n\ncheck(one)\n"
    assert run_program("def one():\n    return 1\n", tests, "one").passed
    failed = run_program("def one():\n    return 2\n", tests, "one")
    assert (failed.passed, failed.verdict) == (False, "tests_failed")
    assert run_program("def one(:\n", tests, "one").verdict == "syntax_error"
    assert not run_program("import sys; sys.exit(0)", tests, "one").passed
    assert run_program("def one():\n    return '\0'", tests, "one") == (False, "syntax_error", "a null character")


def test_tasks_side_by_side(runs: list[str], run_program: RunProgram, tmp_path: Path) -> None:
    data = make_task_folder(tmp_path / "tasks")
    shown = invoke(*runs, "--data", str(data), "--output", str(tmp_path / "out"))
    for text in ("run1@7", "run2@7", "copa", "humaneval", "≈: cannot be told from guessing", "results: "):
        assert text in shown
    results = json.loads(invoke(*runs, "--data", str(data), "--output", str(tmp_path / "out"), "--json"))
    assert len(results["models"]) == 2
    line = json.loads(next((tmp_path / "out").glob("run1-*/humaneval.jsonl")).read_text().splitlines()[1])
    assert line["details"]["verdict"] != "passed"
    assert line["details"]["program"].startswith("def one():\n")


def test_a_judge_over_the_command_line(runs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"prompt": "One"}\n{"prompt": "Two"}\n')
    monkeypatch.setenv("JUDGE_KEY", "hidden")
    with judge_server(prefers_first) as judge:
        asked = ["--judge", judge.url, "--judge-model", "m", "--prompts", str(prompts), "--output", str(tmp_path / "o")]
        shown = invoke(*runs, *asked, "--max-tokens", "4", "--api-key-env", "JUDGE_KEY")
    assert judge.authorizations == ["Bearer hidden"] * 4
    for text in ("0 wins, 0 losses, 2 ties", "holds 50 %", "the order decided 2 of 2 prompts", "won 100.0 %"):
        assert text in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--data"),
        (["--judge", "http://x/v1"], "--judge-model"),
        (["--data", "nowhere"], "has no file of a task"),
        (["--data", ".", "--isolation", "hope"], "is none of auto"),
        (
            ["--judge", "http://x", "--judge-model", "m", "--prompts", "p", "--api-key-env", "NOT_SET_HERE"],
            "NOT_SET_HERE",
        ),
    ],
)
def test_what_is_missing_is_named(runs: list[str], arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["eval", *runs, *arguments])
    assert result.exit_code != 0
    assert message in result.output + str(result.exception)


def test_a_model_is_exported(runs: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export-model", runs[0], "--output", str(tmp_path / "model")])
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert names == {
        "config.json",
        "generation_config.json",
        "mixdown.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }

"""Runs as processes: one that fails is named with what it said, and no run writes over another one's."""

from pathlib import Path

import pytest

from pipelines.ablation.running import Run, RunFailed, run_all
from pipelines.ablation.slots import slots
from pipelines.messages import EXPECTED_ERRORS
from tests.trainer.mixtures import make_mixture

ARGUMENTS = ["--preset", "tiny", "--device", "cpu"]


def test_a_run_that_fails_is_named_with_its_last_words(tmp_path: Path) -> None:
    run = Run("code-0-seed-0", tmp_path / "run", make_mixture(tmp_path / "mixture"), 0)
    with pytest.raises(RunFailed, match=r"code-0-seed-0 ended with 1: .*batch_rows") as failure:
        run_all([run], [*ARGUMENTS, "--batch-rows", "1000000"], slots("cpu", 1), lambda _: None)
    assert isinstance(failure.value, EXPECTED_ERRORS)  # a message for a person, not a stack


def test_a_folder_with_a_run_of_other_settings_is_left_alone(tmp_path: Path) -> None:
    run = Run("code-0-seed-0", tmp_path / "run", make_mixture(tmp_path / "mixture"), 0)
    run.folder.mkdir()
    note = run.folder / "asked.json"
    note.write_text('{"mixture": "another"}')
    with pytest.raises(RunFailed, match="choose another --output"):
        run_all([run], ARGUMENTS, slots("cpu", 1), lambda _: None)
    assert note.read_text() == '{"mixture": "another"}'
    assert sorted(path.name for path in run.folder.iterdir()) == ["asked.json"]

"""Runs that begin with another run's weights, and chains of them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.mixtures import make_mixture
from tests.trainer.runs import losses, metrics, stop_after
from trainer.chain import train_chain
from trainer.checkpoint import load_state, load_weights
from trainer.errors import CheckpointMismatchError, SettingError
from trainer.schedule import COOLDOWN_END
from trainer.train import main, train

OPTIONS: dict[str, Any] = {"batch_rows": 4, "device": "cpu"}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Another mixture of the same vocabulary, with longer rows."""
    folder = tmp_path_factory.mktemp("other")
    return make_mixture(folder, phases=(("main", 40),), sequence_length=48, fingerprint="0" * 64, name="other")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory, mixture: str) -> Path:
    folder = tmp_path_factory.mktemp("parent") / "run"
    train(mixture, folder, steps=4, schedule="constant", warmup_steps=1, learning_rate=2e-3, **OPTIONS)
    return folder


def test_the_weights_and_moments_are_taken_over(parent: Path, mixture: str, tmp_path: Path) -> None:
    """On the same mixture the first step of the branch is known: that of the parent's weights on the first rows."""
    whole = tmp_path / "whole"
    train(mixture, whole, steps=1, begins_from=parent, **OPTIONS)
    state = load_state(whole / "checkpoint-00000001")
    assert (state.step, state.loader) == (1, {"next_row": 4})
    assert state.branch == {
        "path": str(parent / "checkpoint-00000004"),
        "step": 4,
        "mixture fingerprint": "f" * 64,
        "learning rate": 2e-3,
        "optimizer": True,
    }
    assert losses(whole)[0] < losses(parent)[0]  # rows that were trained on already
    train(mixture, tmp_path / "reset", steps=1, begins_from=parent, keep_optimizer=False, **OPTIONS)
    assert losses(tmp_path / "reset") == losses(whole)  # the same weights ...
    first, second = (load_weights(folder / "checkpoint-00000001") for folder in (whole, tmp_path / "reset"))
    assert not torch.equal(first["norm.weight"], second["norm.weight"])  # ... and another update


def test_a_branch_that_was_stopped_goes_on_without_its_parent(parent: Path, other: str, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    options = OPTIONS | {"steps": 4, "checkpoint_every": 2, "continue_schedule": True}
    train(other, whole, begins_from=parent / "checkpoint-00000004", **options)
    with pytest.raises(KeyboardInterrupt):
        train(other, parts, begins_from=parent, log=stop_after(3), **options)
    result = train(other, parts, begins_from=tmp_path / "gone", **options)
    assert (result.resumed_from, result.branched_from) == (2, str(parent / "checkpoint-00000004"))
    assert losses(parts) == losses(whole)


def test_a_cooldown_starts_where_the_parent_was(parent: Path, other: str, output: Path) -> None:
    train(other, output, steps=4, begins_from=parent, continue_schedule=True, cooldown_steps=4, **OPTIONS)
    rates = [line["learning_rate"] for line in metrics(output)]
    assert rates == pytest.approx([1.50025e-3, 1.0005e-3, 5.0075e-4, COOLDOWN_END])
    record = json.loads((output / "run.json").read_text())
    assert record["from"]["step"] == 4
    assert record["is_finished"] is True
    assert record["result"]["steps"] == 4
    assert record["settings"]["cooldown_steps"] == 4


def test_what_cannot_be_taken_over_is_refused(parent: Path, mixture: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="neither a whole checkpoint nor a run's folder"):
        train(mixture, tmp_path / "run", begins_from=tmp_path / "nothing", **OPTIONS)
    with pytest.raises(CheckpointMismatchError, match="preset was 'tiny', now '60m'"):
        train(mixture, tmp_path / "run", preset="60m", begins_from=parent, **OPTIONS)
    with pytest.raises(SettingError, match="no schedule to continue"):
        train(mixture, tmp_path / "run", continue_schedule=True, **OPTIONS)
    with pytest.raises(SettingError, match="learning rate and the checkpoint"):
        train(mixture, tmp_path / "run", begins_from=parent, continue_schedule=True, learning_rate=1e-3, **OPTIONS)


def test_a_chain_is_runs_by_hand(mixture: str, other: str, tmp_path: Path) -> None:
    results = train_chain(mixture, [other, mixture], tmp_path / "chain", steps=2, **OPTIONS)
    assert [result.output.name for result in results] == ["chain", "then-1", "then-2"]
    by_hand = train(mixture, tmp_path / "one", steps=2, **OPTIONS)
    by_hand = train(other, tmp_path / "two", steps=2, begins_from=by_hand.checkpoint, **OPTIONS)
    by_hand = train(mixture, tmp_path / "three", steps=2, begins_from=by_hand.checkpoint, **OPTIONS)
    for result, name in zip(results, ("one", "two", "three"), strict=True):
        assert losses(result.output) == losses(tmp_path / name)
    again = train_chain(mixture, [other, mixture], tmp_path / "chain", steps=2, **OPTIONS)
    assert [result.resumed_from for result in again] == [2, 2, 2]


def test_the_command_line_chains(mixture: str, other: str, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [mixture, "--then", other, "--steps", "1", "--batch-rows", "4", "--device", "cpu", "--output", str(output)]
    assert main(line) == 0
    assert f"began with the weights of {output / 'checkpoint-00000001'}" in capsys.readouterr().out

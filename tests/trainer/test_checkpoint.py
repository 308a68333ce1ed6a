"""Checkpoints are whole or absent, newest by step number, and refuse strangers."""

from pathlib import Path

import pytest
import torch

from trainer.checkpoint import (
    KEPT_CHECKPOINTS,
    Checkpoint,
    latest_checkpoint,
    load_checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
    whole_checkpoints,
)
from trainer.errors import CheckpointMismatchError

IDENTITY = {"mixture fingerprint": "abc", "preset": "tiny"}


def checkpoint(step: int) -> Checkpoint:
    return Checkpoint(
        step=step,
        identity=IDENTITY,
        settings={"steps": 5},
        model={"weight": torch.full((1000,), float(step))},
        optimizer={"state": {}, "param_groups": []},
        loader={"next_row": 8 * step},
        random=random_state(),
        losses={"first": 2.0, "last": 1.0},
    )


def test_round_trip(tmp_path: Path) -> None:
    loaded = load_checkpoint(save_checkpoint(tmp_path, checkpoint(3)), IDENTITY)
    assert (loaded.step, loaded.loader, loaded.losses) == (3, {"next_row": 24}, {"first": 2.0, "last": 1.0})
    assert torch.equal(loaded.model["weight"], torch.full((1000,), 3.0))


def test_the_random_state_comes_back() -> None:
    state = random_state()
    drawn = torch.rand(3)
    restore_random_state(state)
    assert torch.equal(torch.rand(3), drawn)


def test_latest_is_the_highest_whole_step(tmp_path: Path) -> None:
    for step in (10, 9, 100_000_000, 11):
        save_checkpoint(tmp_path, checkpoint(step))
    assert [path.name for path in whole_checkpoints(tmp_path)] == ["checkpoint-00000011.pt", "checkpoint-100000000.pt"]
    assert len(whole_checkpoints(tmp_path)) == KEPT_CHECKPOINTS
    newest = latest_checkpoint(tmp_path)
    assert newest is not None
    newest.write_bytes(newest.read_bytes()[:-100])  # a copy that was cut off
    (tmp_path / "checkpoint-00000099.pt.17.tmp").write_bytes(b"half a write")
    assert latest_checkpoint(tmp_path) == tmp_path / "checkpoint-00000011.pt"


def test_nothing_there_is_none(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path / "absent") is None


def test_another_run_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, checkpoint(1))
    with pytest.raises(CheckpointMismatchError, match=r"mixture fingerprint was 'abc', now 'def'; preset was 'tiny'"):
        load_checkpoint(path, {"mixture fingerprint": "def", "preset": "60m"})


def test_a_failed_write_leaves_the_last_one(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint(1))
    broken = checkpoint(2)._replace(settings={"cannot": (piece for piece in ())})
    with pytest.raises(TypeError):
        save_checkpoint(tmp_path, broken)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-00000001.pt"]


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return print, ("code ran",)


def test_no_code_in_a_checkpoint_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "checkpoint-00000001.pt"
    torch.save({"format_version": 1, "model": _Evil()}, path)
    with pytest.raises(Exception, match=r"(?i)weights.only"):
        load_checkpoint(path, IDENTITY)
    assert "code ran" not in capsys.readouterr().out

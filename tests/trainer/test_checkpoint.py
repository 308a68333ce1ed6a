"""Checkpoints are whole or absent, newest by step number, and refuse strangers."""

import io
import pickle
import shutil
from pathlib import Path

import pytest
import torch

from trainer.checkpoint import (
    FILES_NAME,
    KEPT_CHECKPOINTS,
    RUN_NAME,
    RunState,
    check_identity,
    latest_checkpoint,
    load_state,
    load_weights,
    remove_leftovers,
    save_checkpoint,
    whole_checkpoints,
)
from trainer.checkpoint_tensors import restore_tensors
from trainer.errors import CheckpointMismatchError
from trainer.model import Decoder
from trainer.optimizer import make_optimizer
from trainer.presets import Preset
from trainer.random_state import random_state, restore_random_state
from trainer.ranks import Ranks

SHAPE = Preset("toy", layers=1, width=8, heads=2, inner=8, learning_rate=1e-3)
IDENTITY = {"mixture fingerprint": "abc", "preset": "tiny"}


def state(step: int) -> RunState:
    return RunState(
        step=step,
        identity=IDENTITY,
        settings={"steps": 5},
        loader={"next_row": 8 * step},
        random=[random_state()],
        losses={"first": 2.0, "last": 1.0},
        learning_rate=0.5,
        branch={},
    )


def trained(steps: int = 2) -> tuple[Decoder, torch.optim.AdamW]:
    """A model and an optimizer that made a few steps."""
    torch.manual_seed(steps)
    model = Decoder(SHAPE, 16)
    optimizer = make_optimizer(model)
    for group in optimizer.param_groups:
        group["lr"] = 1e-2
    for step in range(steps):
        optimizer.zero_grad()
        model(torch.arange(8)[None] + step).square().mean().backward()
        optimizer.step()
    return model, optimizer


def save(folder: Path, step: int, keep: int = KEPT_CHECKPOINTS) -> Path:
    return save_checkpoint(folder, state(step), *trained(), keep=keep)


def test_round_trip(tmp_path: Path) -> None:
    model, optimizer = trained()
    path = save_checkpoint(tmp_path, state(3), model, optimizer)
    loaded = load_state(path)
    assert (loaded.step, loaded.loader, loaded.losses) == (3, {"next_row": 24}, {"first": 2.0, "last": 1.0})
    other, other_optimizer = trained(steps=1)
    restore_tensors(path, other, other_optimizer, Ranks())
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
        first, second = optimizer.state[mine], other_optimizer.state[theirs]
        assert first.keys() == second.keys() == {"step", "exp_avg", "exp_avg_sq"}
        assert all(torch.equal(first[key], second[key]) for key in first)
    weights = load_weights(path)
    assert weights.keys() == model.state_dict().keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())


def test_weights_alone_leave_the_optimizer_empty(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    model = Decoder(SHAPE, 16)
    restore_tensors(path, model, None, Ranks())
    assert torch.equal(model.norm.weight, load_weights(path)["norm.weight"])


def test_another_shape_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    with pytest.raises(ValueError, match=r"(?i)size mismatch"):
        restore_tensors(path, Decoder(SHAPE, 17), None, Ranks())


def test_the_random_state_comes_back() -> None:
    before = random_state()
    drawn = torch.rand(3)
    restore_random_state(before)
    assert torch.equal(torch.rand(3), drawn)


def test_latest_is_the_highest_whole_step(tmp_path: Path) -> None:
    for step in (10, 9, 100_000_000, 11):
        save(tmp_path, step)
    assert [path.name for path in whole_checkpoints(tmp_path)] == ["checkpoint-00000011", "checkpoint-100000000"]
    newest = latest_checkpoint(tmp_path)
    assert newest is not None
    shard = newest / "__0_0.distcp"
    shard.write_bytes(shard.read_bytes()[:-100])  # a copy that was cut off
    assert latest_checkpoint(tmp_path) == tmp_path / "checkpoint-00000011"


@pytest.mark.parametrize("missing", [FILES_NAME, RUN_NAME, ".metadata", "__0_0.distcp"])
def test_without_any_of_its_files_it_is_none(tmp_path: Path, missing: str) -> None:
    path = save(tmp_path, 1)
    assert {file.name for file in path.iterdir()} == {FILES_NAME, RUN_NAME, ".metadata", "__0_0.distcp"}
    (path / missing).unlink()
    assert latest_checkpoint(tmp_path) is None
    assert save(tmp_path, 1) == latest_checkpoint(tmp_path)  # written again in its place


def test_as_many_are_kept_as_asked(tmp_path: Path) -> None:
    for step in range(1, 6):
        save(tmp_path, step, keep=3)
    assert sorted(path.name[-1] for path in tmp_path.iterdir()) == ["3", "4", "5"]


def test_leftovers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    shutil.copytree(path, tmp_path / "checkpoint-00000002.tmp")
    shutil.copytree(path, tmp_path / "checkpoint-00000000.old.tmp")
    assert whole_checkpoints(tmp_path) == [path]
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_there_is_none(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path / "absent") is None


def test_the_old_format_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-00000004.pt").write_bytes(b"PK")
    with pytest.raises(CheckpointMismatchError, match="has format 1, this version reads 2"):
        latest_checkpoint(tmp_path)


def test_another_run_is_refused_with_what_differs(tmp_path: Path) -> None:
    with pytest.raises(CheckpointMismatchError, match=r"mixture fingerprint was 'abc', now 'def'; preset was 'tiny'"):
        check_identity(tmp_path, IDENTITY, {"mixture fingerprint": "def", "preset": "60m"})


def test_a_failed_write_leaves_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, 1)
    broken = state(2)._replace(settings={"cannot": (piece for piece in ())})
    with pytest.raises(TypeError):
        save_checkpoint(tmp_path, broken, *trained())
    model, optimizer = trained()
    model.state_dict = lambda: {"cannot": (piece for piece in ())}  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(TypeError, match="pickle"):
        save_checkpoint(tmp_path, state(2), model, optimizer)
    assert list(tmp_path.iterdir()) == [path]


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return print, ("code ran",)


@pytest.mark.parametrize("name", [RUN_NAME, ".metadata", "__0_0.distcp"])
def test_no_code_in_a_checkpoint_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = save(tmp_path, 1)
    evil = io.BytesIO()
    if name == ".metadata":
        pickle.dump(_Evil(), evil)
    else:
        torch.save({"format_version": 2, "model": _Evil()}, evil, _use_new_zipfile_serialization=False)
    content = (path / name).read_bytes()
    (path / name).write_bytes(evil.getvalue() + content[len(evil.getvalue()) :])
    with pytest.raises(Exception, match=r"(?i)weights.only|tampered with"):
        (load_state if name == RUN_NAME else load_weights)(path)
    assert "code ran" not in capsys.readouterr().out

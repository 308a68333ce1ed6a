"""Checkpoints: a folder is whole or ignored, and refuses to continue a run it does not belong to.

    checkpoint-00000100/
      run.pt         all but tensors of the model: step, identity, settings, loader, random states, losses
      .metadata      which tensor lies where; written by torch.distributed.checkpoint, as are
      __0_0.distcp   the tensors, a file a rank
      files.json     names and sizes of the above, written last

It is written under another name and renamed, so a killed or failed write leaves no checkpoint. All ranks write, to one
folder that all of them see; any number of ranks can read it.
"""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import torch

from trainer.checkpoint_tensors import read_tensors, write_tensors
from trainer.errors import CheckpointMismatchError
from trainer.model import Decoder
from trainer.ranks import Ranks

FORMAT_VERSION = 2
KEPT_CHECKPOINTS = 2  # the newest, and one to go back to
FILES_NAME, RUN_NAME = "files.json", "run.pt"
_NAME = re.compile(r"checkpoint-(\d{8,})")


class RunState(NamedTuple):
    """What a run needs, beside its tensors, to go on as if it had never stopped."""

    step: int  # steps done
    identity: dict[str, Any]  # must be equal to continue: mixture, tokenizer, preset, ...
    settings: dict[str, Any]  # may differ: steps, learning rate, batch rows, ...
    loader: dict[str, int]
    random: list[dict[str, Any]]  # a state a rank
    losses: dict[str, float]  # of the first and the last step
    learning_rate: float  # of the last step
    branch: dict[str, Any]  # of the checkpoint that the run began from; empty: from nothing


def save_checkpoint(
    folder: Path,
    state: RunState,
    model: Decoder,
    optimizer: torch.optim.AdamW,
    ranks: Ranks | None = None,
    keep: int = KEPT_CHECKPOINTS,
) -> Path:
    """Write a checkpoint into `folder`, by all ranks together, and keep the newest `keep`; returns its path."""
    ranks = Ranks() if ranks is None else ranks
    path = folder / f"checkpoint-{state.step:08d}"
    temporary = path.with_name(f"{path.name}.tmp")
    ranks.first_does(lambda: _make_empty(temporary))
    try:
        ranks.agree(lambda: write_tensors(temporary, model, optimizer, ranks))
        ranks.first_does(lambda: _publish(temporary, path, state, keep))
    finally:
        if ranks.is_first:
            shutil.rmtree(temporary, ignore_errors=True)
    return path


def whole_checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in `folder` by step, oldest first, without leftovers of killed writes and cut-off copies."""
    if not folder.is_dir():
        return []
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found) if is_whole(path)]


def is_whole(path: Path) -> bool:
    """Whether the checkpoint at `path` has all its files in full length."""
    try:
        sizes = json.loads((path / FILES_NAME).read_bytes())
        return all((path / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def latest_checkpoint(folder: Path) -> Path | None:
    """The whole checkpoint with the highest step, or None; CheckpointMismatchError where all are of an old format."""
    whole = whole_checkpoints(folder)
    if not whole and (old := sorted(folder.glob("checkpoint-*.pt"))):
        raise CheckpointMismatchError(
            f"{old[-1]} has format 1, this version reads {FORMAT_VERSION}: train into another folder, or go on with "
            "the version that wrote it"
        )
    return whole[-1] if whole else None


def load_state(path: Path) -> RunState:
    """All but the tensors of the checkpoint at `path`, read without running any code in it (`weights_only`)."""
    content = torch.load(path / RUN_NAME, map_location="cpu", weights_only=True)
    version = content.pop("format_version", None)
    if version != FORMAT_VERSION:
        raise CheckpointMismatchError(f"{path} has format {version}, this version reads {FORMAT_VERSION}")
    return RunState(**content)


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """The model's state dict in the checkpoint at `path`, whole, on the CPU, without other processes."""
    return read_tensors(path)


def check_identity(path: Path, saved: dict[str, Any], asked: dict[str, Any]) -> None:
    """CheckpointMismatchError lists every part of an identity that the checkpoint was made with another value for."""
    differences = describe_differences(saved, asked)
    if differences:
        raise CheckpointMismatchError(
            f"{path} belongs to another run: {'; '.join(differences)}. Choose another output folder, "
            "or give back what the checkpoint was made with"
        )


def describe_differences(saved: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """One phrase for each key whose value differs, in key order."""
    return [
        f"{key} was {saved.get(key)!r}, now {asked.get(key)!r}"
        for key in sorted(saved.keys() | asked.keys())
        if saved.get(key) != asked.get(key)
    ]


def remove_leftovers(folder: Path) -> None:
    """Delete what killed writes left; only for the one process that writes to `folder`."""
    for path in folder.glob("checkpoint-*.tmp"):
        shutil.rmtree(path)


def _make_empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _publish(temporary: Path, path: Path, state: RunState, keep: int) -> None:
    """Complete the files in `temporary`, rename it to `path` and delete checkpoints that are too many."""
    _write(temporary / RUN_NAME, lambda file: torch.save({"format_version": FORMAT_VERSION} | state._asdict(), file))
    sizes = {file.name: file.stat().st_size for file in sorted(temporary.iterdir())}
    _write(temporary / FILES_NAME, lambda file: file.write(json.dumps(sizes, indent=1).encode()))
    _sync_folder(temporary)
    _remove(path)  # one that is not whole, or not of this run
    os.rename(temporary, path)
    _sync_folder(path.parent)
    for old in whole_checkpoints(path.parent)[:-keep]:
        _remove(old)


def _remove(path: Path) -> None:
    """Delete a checkpoint so that a kill in the middle leaves none that looks whole."""
    if path.exists():
        leaving = path.with_name(f"{path.name}.old.tmp")
        shutil.rmtree(leaving, ignore_errors=True)
        os.rename(path, leaving)
        shutil.rmtree(leaving)


def _write(path: Path, fill: Any) -> None:
    with path.open("wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

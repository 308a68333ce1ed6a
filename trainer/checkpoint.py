"""Checkpoints: a file is whole or absent, and refuses to continue a run it does not belong to."""

import os
import re
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import torch

from trainer.errors import CheckpointMismatchError

FORMAT_VERSION = 1
KEPT_CHECKPOINTS = 2  # the newest, and one to go back to
_NAME = re.compile(r"checkpoint-(\d{8,})\.pt")


class Checkpoint(NamedTuple):
    """Everything a run needs to go on as if it had never stopped."""

    step: int  # steps done
    identity: dict[str, Any]  # must be equal to continue: mixture, tokenizer, preset, ...
    settings: dict[str, Any]  # may differ: steps, learning rate, batch rows, ...
    model: dict[str, Any]
    optimizer: dict[str, Any]
    loader: dict[str, int]
    random: dict[str, Any]
    losses: dict[str, float]  # of the first and the last step


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write `checkpoint` into `folder` and keep the newest two; returns its path.

    A temporary file is written, flushed to disk and renamed, so a killed or failed write leaves no checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"checkpoint-{checkpoint.step:08d}.pt"
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save({"format_version": FORMAT_VERSION} | checkpoint._asdict(), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(folder)
    for old in whole_checkpoints(folder)[:-KEPT_CHECKPOINTS]:
        old.unlink()
    return path


def whole_checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in `folder` by step, oldest first, without leftovers of killed writes and cut-off copies."""
    if not folder.is_dir():
        return []
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    # torch.save writes a zip archive, whose directory comes last: a file that was cut off has none.
    return [path for _, path in sorted(found) if zipfile.is_zipfile(path)]


def latest_checkpoint(folder: Path) -> Path | None:
    """The whole checkpoint with the highest step, or None."""
    whole = whole_checkpoints(folder)
    return whole[-1] if whole else None


def load_checkpoint(path: Path, identity: dict[str, Any]) -> Checkpoint:
    """The checkpoint at `path`, read without running any code in it (`weights_only`).

    CheckpointMismatchError lists every part of `identity` that the checkpoint was made with another value for.
    """
    content = torch.load(path, map_location="cpu", weights_only=True)
    version = content.pop("format_version", None)
    if version != FORMAT_VERSION:
        raise CheckpointMismatchError(f"{path} has format {version}, this version reads {FORMAT_VERSION}")
    checkpoint = Checkpoint(**content)
    differences = describe_differences(checkpoint.identity, identity)
    if differences:
        raise CheckpointMismatchError(
            f"{path} belongs to another run: {'; '.join(differences)}. Choose another output folder, "
            "or give back what the checkpoint was made with"
        )
    return checkpoint


def describe_differences(saved: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """One phrase for each key whose value differs, in key order."""
    return [
        f"{key} was {saved.get(key)!r}, now {asked.get(key)!r}"
        for key in sorted(saved.keys() | asked.keys())
        if saved.get(key) != asked.get(key)
    ]


def remove_leftovers(folder: Path) -> None:
    """Delete what killed writes left; only for the one process that writes to `folder`."""
    for path in folder.glob("checkpoint-*.pt.*.tmp"):
        path.unlink()


def random_state() -> dict[str, Any]:
    """State of torch's generators, the only ones that training uses."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def restore_random_state(state: dict[str, Any]) -> None:
    """Set torch's generators to a saved state; CUDA's only on the same number of devices."""
    torch.set_rng_state(state["cpu"])
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

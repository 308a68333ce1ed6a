"""A run that begins with the weights of another one's checkpoint: initialise, continue, cool down."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixer.manifest import MixtureManifest
from trainer.checkpoint import check_identity, is_whole, latest_checkpoint, load_state
from trainer.errors import SettingError
from trainer.presets import Preset
from trainer.settings import model_identity


@dataclass(frozen=True)
class Branch:
    """Where a run begins, and what it takes along besides weights."""

    path: Path  # of the checkpoint
    keep_optimizer: bool  # AdamW's moments; else they begin at zero
    record: dict[str, Any]  # kept in every checkpoint of the new run

    @property
    def learning_rate(self) -> float:
        """The rate of the step after which the checkpoint was made."""
        return float(self.record["learning rate"])


def find_branch(path: str | Path, manifest: MixtureManifest, preset: Preset, *, keep_optimizer: bool) -> Branch:
    """The checkpoint at `path`, or the newest of the run in that folder.

    SettingError when there is none, CheckpointMismatchError when its weights are for another model or vocabulary.
    """
    checkpoint = Path(path) if is_whole(Path(path)) else latest_checkpoint(Path(path))
    if checkpoint is None:
        raise SettingError(f"{path} is neither a whole checkpoint nor a run's folder with one")
    state = load_state(checkpoint)
    asked = model_identity(manifest, preset)
    check_identity(checkpoint, {key: state.identity.get(key) for key in asked}, asked)
    record = {
        "path": str(checkpoint),
        "step": state.step,
        "mixture fingerprint": state.identity.get("mixture fingerprint"),
        "learning rate": state.learning_rate,
        "optimizer": keep_optimizer,
    }
    return Branch(checkpoint, keep_optimizer, record)

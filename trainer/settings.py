"""What a run is told to do, checked against its mixture before anything is written."""

from dataclasses import asdict, dataclass
from typing import Any

from mixer.manifest import MixtureManifest
from trainer.compute import ComputeSettings
from trainer.errors import SettingError
from trainer.optimizer import OptimizerSettings
from trainer.presets import Preset
from trainer.schedule import Schedule, make_schedule

COOLDOWN_PHASE = "cooldown"  # a mixture's last phase, if it has this name, is the run's cooldown


@dataclass(frozen=True)
class TrainSettings:
    """What may change when a run is resumed; everything else is the checkpoint's identity."""

    steps: int
    batch_rows: int
    learning_rate: float  # the peak
    seed: int
    micro_batch_rows: int  # of each rank
    within_documents: bool
    stay_inside_documents: bool
    schedule: str
    cooldown: str
    warmup_steps: int | None
    cooldown_steps: int | None
    optimizer: OptimizerSettings
    compute: ComputeSettings
    parallel: str
    ranks: int
    begins_from: str | None  # the checkpoint, as it was asked for
    continue_schedule: bool

    def recorded(self) -> dict[str, Any]:
        """As a flat dict, for a checkpoint to keep."""
        flat = asdict(self)
        del flat["optimizer"], flat["compute"]
        return flat | asdict(self.optimizer) | asdict(self.compute)


def check_settings(settings: TrainSettings, checkpoint_every: int, keep_checkpoints: int, rows: int) -> None:
    """Refuse settings that can be seen to fail with a mixture of so many rows."""
    at_least_one = {
        "batch_rows": settings.batch_rows,
        "micro_batch_rows": settings.micro_batch_rows,
        "keep_checkpoints": keep_checkpoints,
    }
    for name, value in at_least_one.items():
        if value < 1:
            raise SettingError(f"{name} is {value}, it must be at least 1")
    if settings.batch_rows > rows:
        raise SettingError(f"a batch of {settings.batch_rows} rows is asked, the mixture has {rows}: lower batch_rows")
    if settings.steps < 1 or checkpoint_every < 1:
        raise SettingError(f"steps ({settings.steps}) and checkpoint_every ({checkpoint_every}) must be at least 1")
    if settings.stay_inside_documents and not settings.within_documents:
        raise SettingError("to stay inside documents and to attend across them are both asked: choose one")
    if not 0 < settings.learning_rate < float("inf"):
        raise SettingError(f"learning rate {settings.learning_rate} is not a positive number")
    for name, steps in (("warmup_steps", settings.warmup_steps), ("cooldown_steps", settings.cooldown_steps)):
        if steps is not None and not 0 <= steps <= settings.steps:
            raise SettingError(f"{name} is {steps}, it must be from 0 to the run's {settings.steps} steps")


def schedule_of(manifest: MixtureManifest, settings: TrainSettings, branch: dict[str, Any]) -> Schedule:
    """The learning rate by step: the mixture's last phase anneals if it is a cooldown and nothing else is asked.

    A run that continues another one's schedule (`branch` is what is recorded of it) starts at its last rate, warm.
    """
    peak, warmup_steps, cooldown_steps = settings.learning_rate, settings.warmup_steps, settings.cooldown_steps
    if settings.continue_schedule:
        if not branch:
            raise SettingError("there is no schedule to continue: name a checkpoint to begin from (--from)")
        peak, warmup_steps = float(branch["learning rate"]), 0
    if cooldown_steps is None and manifest.phases and manifest.phases[-1].name == COOLDOWN_PHASE:
        cooldown_steps = max(0, settings.steps - manifest.phases[-1].first_row // settings.batch_rows)
    return make_schedule(peak, settings.steps, cooldown_steps, warmup_steps, settings.schedule, settings.cooldown)


def identity_of(manifest: MixtureManifest, preset: Preset) -> dict[str, Any]:
    """What a checkpoint must agree on to be continued."""
    return {"mixture fingerprint": manifest.fingerprint, "sequence length": manifest.sequence_length} | model_identity(
        manifest, preset
    )


def model_identity(manifest: MixtureManifest, preset: Preset) -> dict[str, Any]:
    """The part of it that a run on another mixture must agree on too: what the weights mean."""
    shape = {f"preset {key}": value for key, value in asdict(preset).items() if key not in ("name", "learning_rate")}
    return {
        "preset": preset.name,
        "tokenizer": manifest.tokenizer.name,
        "vocabulary size": manifest.tokenizer.vocabulary_size,
        "vocabulary sha256": manifest.tokenizer.vocabulary_sha256,
    } | shape

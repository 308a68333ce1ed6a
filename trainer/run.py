"""A run in progress: takes up a checkpoint, makes the steps that are left, saves what the next start needs."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from mixer.manifest import MixtureManifest
from trainer.checkpoint import (
    Checkpoint,
    describe_differences,
    latest_checkpoint,
    load_checkpoint,
    random_state,
    remove_leftovers,
    restore_random_state,
    save_checkpoint,
)
from trainer.compute import ComputeSettings
from trainer.errors import SettingError
from trainer.loader import TrainingLoader
from trainer.metrics import MetricsLog, StepMetrics
from trainer.model import Decoder
from trainer.presets import Preset
from trainer.schedule import make_schedule
from trainer.step import make_optimizer, train_step
from trainer.validation_log import ValidationLog, ValidationPlan

COOLDOWN_PHASE = "cooldown"  # a mixture's last phase, if it has this name, gets the linear anneal

Log = Callable[[StepMetrics], None]


@dataclass(frozen=True)
class TrainSettings:
    """What may change when a run is resumed; everything else is the checkpoint's identity."""

    steps: int
    batch_rows: int
    learning_rate: float
    seed: int
    micro_batch_rows: int
    within_documents: bool
    stay_inside_documents: bool
    compute: ComputeSettings


@dataclass(frozen=True)
class TrainResult:
    """How a run ended. Losses are of the first and the last step of the whole run, restarts included."""

    output: Path
    checkpoint: Path
    device: str
    parameters: int
    steps: int  # done in all
    resumed_from: int  # steps that an earlier run had done
    first_loss: float
    last_loss: float
    tokens: int  # fed in all, padding left out
    source_tokens: dict[str, int]
    changed_settings: list[str]  # against the checkpoint that was resumed
    rows_left_over: int  # rows of the mixture that this run did not feed
    validation: dict[str, float]  # bits per byte of held-out text by source, of the last step; empty: not measured


class Run:
    """A run's moving parts, and what is saved of them."""

    def __init__(
        self,
        folder: Path,
        preset: Preset,
        settings: TrainSettings,
        loader: TrainingLoader,
        device: torch.device,
    ) -> None:
        self._folder, self._settings, self._loader, self._device = folder, settings, loader, device
        manifest = loader.manifest
        torch.manual_seed(settings.seed)
        self._model = Decoder(preset, manifest.tokenizer.vocabulary_size, settings.compute).to(device)
        self._optimizer = make_optimizer(self._model)
        self._schedule = make_schedule(settings.learning_rate, settings.steps, _cooldown_steps(manifest, settings))
        self._identity = _identity(manifest, preset)
        self._step = self._resumed_from = 0
        self._losses: dict[str, float] = {}
        self._changed: list[str] = []

    def start(self, resume: bool) -> None:
        """Take up the newest checkpoint, if there is one."""
        remove_leftovers(self._folder)
        path = latest_checkpoint(self._folder)
        if path is not None and not resume:
            raise SettingError(f"{self._folder} holds {path.name}: resume it, or choose another output folder")
        if path is not None:
            self._restore(load_checkpoint(path, self._identity))
        missing = self._settings.steps - self._step - self._loader.batches_left
        if missing > 0:
            raise SettingError(
                f"{self._settings.steps} steps of {self._settings.batch_rows} rows are asked, the mixture's "
                f"{self._loader.manifest.rows} rows give {self._settings.steps - missing}: "
                "ask for fewer steps, a smaller batch, or build a larger budget"
            )

    def finish(self, checkpoint_every: int, validation: ValidationPlan, log: Log | None) -> TrainResult:
        """Do the steps that are left, with a checkpoint every so many and at the end."""
        metrics_log = MetricsLog(self._folder, self._step)
        validation_log = ValidationLog(self._folder, validation, self._step)
        steps = self._settings.steps
        try:
            while self._step < self._settings.steps:
                metrics = self._advance()
                metrics_log.write(metrics)
                validation_log.after_step(self._model, self._step, steps, metrics.tokens)
                if self._step % checkpoint_every == 0 or self._step == self._settings.steps:
                    save_checkpoint(self._folder, self._checkpoint())
                if log is not None:
                    log(metrics)
        finally:
            metrics_log.close()
        # A finished run that was not asked to before.
        validation_log.after_step(self._model, self._step, steps, sum(self._loader.tokens_by_source().values()))
        return self._result(validation_log.bits_per_byte(self._step))

    def _advance(self) -> StepMetrics:
        started = time.perf_counter()
        batch = next(self._loader)
        rate = self._schedule.learning_rate(self._step)
        outcome = train_step(
            self._model,
            self._optimizer,
            batch,
            rate,
            micro_batch_rows=self._settings.micro_batch_rows,
            within_documents=self._settings.within_documents,
            stay_inside_documents=self._settings.stay_inside_documents,
        )
        self._step += 1
        self._losses = {"first": self._losses.get("first", outcome.loss), "last": outcome.loss}
        source_tokens = self._loader.tokens_by_source()
        return StepMetrics(
            step=self._step,
            steps=self._settings.steps,
            loss=outcome.loss,
            source_loss=outcome.source_loss,
            learning_rate=rate,
            gradient_norm=outcome.gradient_norm,
            tokens=sum(source_tokens.values()),
            tokens_per_second=int(batch.n_tokens.sum()) / (time.perf_counter() - started),
            phase=_phase_of(self._loader.manifest, int(batch.rows[0])),
            source_tokens=source_tokens,
        )

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            step=self._step,
            identity=self._identity,
            settings=asdict(self._settings),
            model=self._model.state_dict(),
            optimizer=self._optimizer.state_dict(),
            loader=self._loader.state_dict(),
            random=random_state(),
            losses=self._losses,
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._model.load_state_dict(checkpoint.model)
        self._optimizer.load_state_dict(checkpoint.optimizer)
        self._loader.load_state_dict(checkpoint.loader)
        restore_random_state(checkpoint.random)
        self._step = self._resumed_from = checkpoint.step
        self._losses = checkpoint.losses
        self._changed = describe_differences(checkpoint.settings, asdict(self._settings))

    def _result(self, validation: dict[str, float]) -> TrainResult:
        checkpoint = latest_checkpoint(self._folder)
        if checkpoint is None:
            raise SettingError(f"the checkpoints in {self._folder} were removed while the run wrote them")
        source_tokens = self._loader.tokens_by_source()
        return TrainResult(
            output=self._folder,
            checkpoint=checkpoint,
            device=self._device.type,
            parameters=sum(parameter.numel() for parameter in self._model.parameters()),
            steps=self._step,
            resumed_from=self._resumed_from,
            first_loss=self._losses["first"],
            last_loss=self._losses["last"],
            tokens=sum(source_tokens.values()),
            source_tokens=source_tokens,
            changed_settings=self._changed,
            rows_left_over=self._loader.manifest.rows - self._loader.next_row,
            validation=validation,
        )


def _identity(manifest: MixtureManifest, preset: Preset) -> dict[str, Any]:
    """What a checkpoint must agree on to be continued."""
    shape = {f"preset {key}": value for key, value in asdict(preset).items() if key not in ("name", "learning_rate")}
    return {
        "mixture fingerprint": manifest.fingerprint,
        "preset": preset.name,
        "sequence length": manifest.sequence_length,
        "tokenizer": manifest.tokenizer.name,
        "vocabulary size": manifest.tokenizer.vocabulary_size,
        "vocabulary sha256": manifest.tokenizer.vocabulary_sha256,
    } | shape


def _cooldown_steps(manifest: MixtureManifest, settings: TrainSettings) -> int:
    """Steps that this run spends in the mixture's last phase, if that is a cooldown."""
    if not manifest.phases or manifest.phases[-1].name != COOLDOWN_PHASE:
        return 0
    return max(0, settings.steps - manifest.phases[-1].first_row // settings.batch_rows)


def _phase_of(manifest: MixtureManifest, row: int) -> str:
    return next((phase.name for phase in manifest.phases if phase.first_row <= row < phase.first_row + phase.rows), "")

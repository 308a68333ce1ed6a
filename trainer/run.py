"""A run in progress: takes up a checkpoint, makes the steps that are left, saves what the next start needs."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from mixer.manifest import MixtureManifest
from trainer.branch import Branch
from trainer.checkpoint import (
    RunState,
    check_identity,
    describe_differences,
    latest_checkpoint,
    load_state,
    remove_leftovers,
    save_checkpoint,
)
from trainer.checkpoint_tensors import restore_tensors
from trainer.errors import SettingError
from trainer.flops import device_name, flops_per_token, model_flops_utilization, peak_flops
from trainer.loader import TrainingLoader
from trainer.metrics import StepMetrics
from trainer.model import Decoder
from trainer.optimizer import make_optimizer
from trainer.parallel import Mode, ParallelModel
from trainer.presets import Preset
from trainer.random_state import random_state, restore_random_state
from trainer.ranks import Ranks
from trainer.result import TrainResult
from trainer.run_log import LogOptions, RunLog
from trainer.settings import TrainSettings, identity_of, schedule_of
from trainer.step import train_step

Log = Callable[[StepMetrics], None]


class Run:
    """A run's moving parts on one rank, and what is saved of them."""

    def __init__(
        self, folder: Path, preset: Preset, settings: TrainSettings, loader: TrainingLoader, mode: Mode, ranks: Ranks
    ) -> None:
        self._folder, self._settings, self._loader, self._ranks = folder, settings, loader, ranks
        manifest, vocabulary_size = loader.manifest, loader.manifest.tokenizer.vocabulary_size
        torch.manual_seed(settings.seed)
        self._model = Decoder(preset, vocabulary_size, settings.compute).to(ranks.device)
        self._parallel = ParallelModel(self._model, mode, ranks)
        self._optimizer = make_optimizer(self._model, settings.optimizer)
        self._identity = identity_of(manifest, preset)
        self._flops_per_token = flops_per_token(preset, vocabulary_size, manifest.sequence_length)
        self._peak_flops = peak_flops(device_name(ranks.device))
        self._step = self._resumed_from = 0
        self._rate = 0.0
        self._losses: dict[str, float] = {}
        self._changed: list[str] = []
        self._branch: dict[str, Any] = {}

    def start(self, resume: bool, find_branch: Callable[[], Branch] | None) -> None:
        """Take up the newest checkpoint, if there is one; else begin from another run's, or from nothing."""
        self._ranks.first_does(lambda: remove_leftovers(self._folder))
        newest = self._ranks.agree(lambda: latest_checkpoint(self._folder) if self._ranks.is_first else None)
        path = self._ranks.gather(newest)[0]
        if path is not None and not resume:
            raise SettingError(f"{self._folder} holds {path.name}: resume it, or choose another output folder")
        if path is not None:
            self._restore(path)
        elif find_branch is not None:
            self._begin_from(find_branch())
        self._schedule = schedule_of(self._loader.manifest, self._settings, self._branch)
        missing = self._settings.steps - self._step - self._loader.batches_left
        if missing > 0:
            raise SettingError(
                f"{self._settings.steps} steps of {self._settings.batch_rows} rows are asked, the mixture's "
                f"{self._loader.manifest.rows} rows give {self._settings.steps - missing}: "
                "ask for fewer steps, a smaller batch, or build a larger budget"
            )

    def finish(self, checkpoint_every: int, keep_checkpoints: int, options: LogOptions, log: Log | None) -> TrainResult:
        """Do the steps that are left, with a checkpoint every so many and at the end."""
        steps = self._settings.steps
        with ExitStack() as stack:
            logs = self._ranks.agree(lambda: RunLog(self._folder, self._step, options, self._parallel))
            stack.callback(logs.close)
            logs.write_record(self._header(), self._so_far(), is_finished=False)
            while self._step < steps:
                metrics = self._advance()
                logs.write(metrics)
                logs.validate(self._step, steps, metrics.tokens)
                if self._step % checkpoint_every == 0 or self._step == steps:
                    save_checkpoint(
                        self._folder, self._state(), self._model, self._optimizer, self._ranks, keep_checkpoints
                    )
                    logs.write_record(self._header(), self._so_far(), is_finished=False)
                if log is not None and self._ranks.is_first:
                    log(metrics)
            # A finished run that was not asked to before.
            logs.validate(self._step, steps, sum(self._loader.tokens_by_source().values()))
            result = self._result(logs.bits_per_byte(self._step))
            logs.write_record(self._header(), self._so_far() | {"validation": result.validation}, is_finished=True)
        return result

    def _advance(self) -> StepMetrics:
        started = time.perf_counter()
        tokens_before = sum(self._loader.tokens_by_source().values())
        batch = self._ranks.agree(lambda: next(self._loader))
        self._rate = self._schedule.learning_rate(self._step)
        outcome = train_step(
            self._model,
            self._optimizer,
            batch,
            self._rate,
            micro_batch_rows=self._settings.micro_batch_rows,
            within_documents=self._settings.within_documents,
            stay_inside_documents=self._settings.stay_inside_documents,
            clip_norm=self._settings.optimizer.clip_norm,
            parallel=self._parallel,
        )
        self._step += 1
        self._losses = {"first": self._losses.get("first", outcome.loss), "last": outcome.loss}
        source_tokens = self._loader.tokens_by_source()
        tokens = sum(source_tokens.values())
        speed = (tokens - tokens_before) / (time.perf_counter() - started)
        return StepMetrics(
            step=self._step,
            steps=self._settings.steps,
            loss=outcome.loss,
            source_loss=outcome.source_loss,
            learning_rate=self._rate,
            gradient_norm=outcome.gradient_norm,
            tokens=tokens,
            tokens_per_second=speed,
            mfu=model_flops_utilization(speed, self._flops_per_token, self._peak_flops, self._ranks.world),
            phase=_phase_of(self._loader.manifest, int(batch.rows[0])),
            source_tokens=source_tokens,
        )

    def _state(self) -> RunState:
        return RunState(
            step=self._step,
            identity=self._identity,
            settings=self._settings.recorded(),
            loader=self._loader.state_dict(),
            random=self._ranks.gather(random_state()),
            losses=self._losses,
            learning_rate=self._rate,
            branch=self._branch,
        )

    def _restore(self, path: Path) -> None:
        state = load_state(path)
        check_identity(path, state.identity, self._identity)
        restore_tensors(path, self._model, self._optimizer, self._ranks)
        self._loader.load_state_dict(state.loader)
        restore_random_state(state.random[min(self._ranks.rank, len(state.random) - 1)])
        self._step = self._resumed_from = state.step
        self._losses, self._rate, self._branch = state.losses, state.learning_rate, state.branch
        self._changed = describe_differences(state.settings, self._settings.recorded())

    def _begin_from(self, branch: Branch) -> None:
        restore_tensors(branch.path, self._model, self._optimizer if branch.keep_optimizer else None, self._ranks)
        self._branch = branch.record

    def _header(self) -> dict[str, Any]:
        """What `run.json` says of a run beside its result."""
        return {
            "identity": self._identity,
            "settings": self._settings.recorded(),
            "from": self._branch or None,
            "device": device_name(self._ranks.device),
        }

    def _so_far(self) -> dict[str, Any]:
        source_tokens = self._loader.tokens_by_source()
        checkpoint = latest_checkpoint(self._folder) if self._ranks.is_first else None
        return {
            "steps": self._step,
            "loss": self._losses,
            "learning_rate": self._rate,
            "tokens": sum(source_tokens.values()),
            "source_tokens": source_tokens,
            "checkpoint": None if checkpoint is None else checkpoint.name,
        }

    def _result(self, validation: dict[str, float]) -> TrainResult:
        checkpoint = latest_checkpoint(self._folder)
        if checkpoint is None:
            raise SettingError(f"the checkpoints in {self._folder} were removed while the run wrote them")
        source_tokens = self._loader.tokens_by_source()
        return TrainResult(
            output=self._folder,
            checkpoint=checkpoint,
            device=self._ranks.device.type,
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
            ranks=self._ranks.world,
            branched_from=self._branch.get("path"),
        )


def _phase_of(manifest: MixtureManifest, row: int) -> str:
    return next((phase.name for phase in manifest.phases if phase.first_row <= row < phase.first_row + phase.rows), "")

"""What a run writes beside its checkpoints: metrics, validation, `run.json`, TensorBoard. The first rank writes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.metrics import MetricsLog, StepMetrics
from trainer.parallel import ParallelModel
from trainer.run_record import write_record
from trainer.tensorboard_log import TensorBoardLog
from trainer.validation_log import ValidationLog, ValidationPlan


@dataclass(frozen=True)
class LogOptions:
    """What is measured and written."""

    validation: ValidationPlan
    tensorboard: bool = False


class RunLog:
    """A run's files, taken up after `steps_done`; every rank has one, for all measure the model together."""

    def __init__(self, folder: Path, steps_done: int, options: LogOptions, model: ParallelModel) -> None:
        self._folder, self._model = folder, model
        self._is_first = model.ranks.is_first
        self._uri = options.validation.manifest_uri
        self._validation = ValidationLog(folder, options.validation, steps_done, writes=self._is_first)
        self._tensorboard = TensorBoardLog(folder, steps_done) if self._is_first and options.tensorboard else None
        self._metrics = MetricsLog(folder, steps_done) if self._is_first else None

    def write(self, metrics: StepMetrics) -> None:
        """Append a finished step."""
        for log in (self._metrics, self._tensorboard):
            if log is not None:
                log.write(metrics)

    def validate(self, step: int, steps: int, tokens: int) -> None:
        """Measure the model if it is due after `step` of `steps`; all ranks call it."""
        if self._validation.after_step(self._model, step, steps, tokens) and self._tensorboard is not None:
            self._tensorboard.write_validation(step, self._validation.bits_per_byte(step))

    def bits_per_byte(self, step: int) -> dict[str, float]:
        """By source, as measured after `step`; empty when it was not."""
        return self._validation.bits_per_byte(step)

    def write_record(self, header: dict[str, Any], result: dict[str, Any], *, is_finished: bool) -> None:
        """Bring `run.json` up to date."""
        if self._is_first:
            write_record(self._folder, {"mixture": self._uri} | header, result, is_finished=is_finished)

    def close(self) -> None:
        """Close the files."""
        for log in (self._metrics, self._tensorboard):
            if log is not None:
                log.close()

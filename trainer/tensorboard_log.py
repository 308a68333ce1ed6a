"""A run's curves for TensorBoard, where that is installed."""

from pathlib import Path
from typing import Any

from trainer.errors import SettingError
from trainer.metrics import StepMetrics

FOLDER = "tensorboard"


class TensorBoardLog:
    """Writes event files under `tensorboard/` in a run's folder; a restart replaces what came after its checkpoint."""

    def __init__(self, folder: Path, steps_done: int) -> None:
        """SettingError without the package."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise SettingError(
                "TensorBoard is asked for and not installed: pip install 'mixdown[tensorboard]'"
            ) from error
        self._writer: Any = SummaryWriter(str(folder / FOLDER), purge_step=steps_done + 1)

    def write(self, metrics: StepMetrics) -> None:
        """Add a finished step."""
        values = {
            "loss": metrics.loss,
            "learning_rate": metrics.learning_rate,
            "gradient_norm": metrics.gradient_norm,
            "tokens": metrics.tokens,
            "tokens_per_second": metrics.tokens_per_second,
            **({} if metrics.mfu is None else {"mfu": metrics.mfu}),
            **{f"source_loss/{source}": loss for source, loss in metrics.source_loss.items()},
        }
        for name, value in values.items():
            self._writer.add_scalar(name, value, metrics.step)

    def write_validation(self, step: int, bits_per_byte: dict[str, float]) -> None:
        """Add what was measured after a step."""
        for source, bits in bits_per_byte.items():
            self._writer.add_scalar(f"bits_per_byte/{source}", bits, step)

    def close(self) -> None:
        """Write what is pending and close the files."""
        self._writer.close()

"""One line on the terminal that follows a run."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from trainer.metrics import StepMetrics

LOG_EVERY = 50  # steps between lines where the output is no terminal


class ProgressLine:
    """A `log` callback for `train` and a context manager: shows step, loss, rate, speed, MFU and time left."""

    def __init__(self, console: Console | None = None) -> None:
        """Shows on `console`, by default the standard output."""
        self._progress = Progress(
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._progress.add_task("loading", total=None)

    def __call__(self, metrics: StepMetrics) -> None:
        """Show a finished step."""
        mfu = "" if metrics.mfu is None else f"{metrics.mfu:.1%} MFU  "
        description = (
            f"loss {metrics.loss:.4f}  lr {metrics.learning_rate:.2e}  "
            f"{metrics.tokens_per_second:,.0f} tokens/s  {mfu}{metrics.phase}"
        )
        self._progress.update(self._task, completed=metrics.step, total=metrics.steps, description=description)
        console = self._progress.console
        if not console.is_terminal and metrics.step % LOG_EVERY == 0:  # a cluster's log shows no moving line
            left = self._progress.tasks[0].time_remaining
            told = "" if left is None else f"  {left:,.0f} s left"
            console.print(f"step {metrics.step} of {metrics.steps}  {description}{told}", highlight=False)

    def __enter__(self) -> "ProgressLine":
        self._progress.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._progress.stop()

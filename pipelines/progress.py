"""Progress for people: one line a stage on standard error, live on a terminal, plain in a log."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

POLL_SECONDS = 0.3


class Progress:
    """Writes to standard error, so that standard output stays for results."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, soft_wrap=True, highlight=False)

    def say(self, message: str) -> None:
        """One line."""
        self.console.print(message, markup=False)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """A spinner while something without a count goes on."""
        started = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(what):
                yield
        else:
            yield
        self.say(f"{what:<24} {time.monotonic() - started:6.1f} s")

    @contextmanager
    def watching(self, spark: Any, stage: str, tasks: int) -> Iterator[None]:
        """A bar that follows the Spark tasks finished since it began; without a terminal, nothing until the end."""
        if not self.console.is_terminal:
            yield
            return
        tracker = spark.sparkContext.statusTracker()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("tasks"),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=self.console, transient=True) as bars:
            bar = bars.add_task(stage, total=tasks)
            stopped = threading.Event()

            def follow() -> None:
                while not stopped.wait(POLL_SECONDS):
                    infos = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
                    done = sum(info.numCompletedTasks for info in infos if info)
                    total = sum(info.numTasks for info in infos if info)
                    bars.update(bar, completed=done, total=max(total, 1))

            watcher = threading.Thread(target=follow, daemon=True)
            watcher.start()
            try:
                yield
            finally:
                stopped.set()
                watcher.join()

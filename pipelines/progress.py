"""Progress for people and for collectors of logs, on standard error: live on a terminal, lines in a log, or JSON."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bars

from pipelines.metering.stage_job import StageJob
from pipelines.metering.tempo import Tempo, tempo_of
from pipelines.redaction import redacted, redacted_values

POLL_SECONDS = 0.3
LOG_VARIABLE = "MIXDOWN_LOG"
LINE_SECONDS_VARIABLE = "MIXDOWN_PROGRESS_SECONDS"
LINE_SECONDS = 10.0  # between two lines in a log

LogFormat = Literal["text", "json"]


def asked_log_format() -> LogFormat:
    """What MIXDOWN_LOG says."""
    return "json" if os.environ.get(LOG_VARIABLE, "").lower() == "json" else "text"


class Progress:
    """Writes to standard error, so that standard output stays for results."""

    def __init__(self, quiet: bool = False, log_format: LogFormat | None = None) -> None:
        self.console = Console(stderr=True, quiet=quiet, soft_wrap=True, highlight=False)
        self.is_json = (log_format or asked_log_format()) == "json"
        self._quiet = quiet
        self.heard: Callable[..., None] | None = None  # the run's log: event(name, **fields)

    def say(self, message: str) -> None:
        """One line, which the run's log hears as well."""
        message = redacted(message)
        if self.heard is not None:
            self.heard("message", message=" ".join(message.split()))
        elif self.is_json:
            self.echo({"event": "message", "message": message})
        if not self.is_json:
            self.console.print(message, markup=False)

    def echo(self, line: dict[str, Any]) -> None:
        """A line of the run's log, where JSON is asked for."""
        if self.is_json and not self._quiet:
            print(json.dumps(redacted_values(line), ensure_ascii=False), file=sys.stderr, flush=True)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """A spinner while something without a count goes on."""
        started = time.monotonic()
        if self.console.is_terminal and not self.is_json:
            with self.console.status(what):
                yield
        else:
            yield
        self.say(f"{what:<24} {time.monotonic() - started:6.1f} s")

    @contextmanager
    def watching(self, job: StageJob) -> Iterator[None]:
        """Show a job while it runs: a bar on a terminal, else a line every few seconds."""
        show = self._bar if self.console.is_terminal and not self.is_json else self._lines
        with show(job):
            yield

    @contextmanager
    def _bar(self, job: StageJob) -> Iterator[None]:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("tasks  {task.fields[pace]}"),
        )
        with Bars(*columns, console=self.console, transient=True) as bars:
            bar = bars.add_task(job.stage, total=job.tasks, pace="")

            def show(tempo: Tempo) -> None:
                bars.update(bar, completed=tempo.tasks_done, total=max(tempo.tasks, 1), pace=tempo.pace())

            with _following(job, POLL_SECONDS, show):
                yield

    @contextmanager
    def _lines(self, job: StageJob) -> Iterator[None]:
        def show(tempo: Tempo) -> None:
            if self.heard is not None:
                self.heard("progress", stage=job.stage, **tempo.fields())
            elif self.is_json:
                self.echo({"event": "progress", "stage": job.stage, **tempo.fields()})
            if not self.is_json:
                self.console.print(f"{job.stage:<10} {tempo.line()}", markup=False)

        with _following(job, _line_seconds(), show):
            yield


@contextmanager
def _following(job: StageJob, seconds: float, show: Callable[[Tempo], None]) -> Iterator[None]:
    """Call `show` every few seconds, on a thread that ends with the block."""
    stopped = threading.Event()

    def follow() -> None:
        while not stopped.wait(seconds):
            tempo = tempo_of(job)
            if tempo is not None:
                show(tempo)

    watcher = threading.Thread(target=follow, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stopped.set()
        watcher.join()


def _line_seconds() -> float:
    try:
        return max(0.1, float(os.environ.get(LINE_SECONDS_VARIABLE, LINE_SECONDS)))
    except ValueError:
        return LINE_SECONDS

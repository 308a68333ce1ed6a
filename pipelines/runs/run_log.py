"""A run's log and record while it runs: `<lake>/runs/<run id>/log.jsonl` and `run.json`.

On disk a line is appended when it happens. An object cannot be appended to, so there the log is written again at the
end of each stage and of the run; a killed run leaves what was written last. A lake that cannot be written to has none,
and no failure to write it stops a run.
"""

import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mixer import storage
from pipelines.redaction import redacted_values
from pipelines.runs.record import LOG_NAME, RUN_NAME, RunRecord, StageDone

BEAT_SECONDS = 60.0


def now_text() -> str:
    """The time, UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_run_id() -> str:
    """Sorts by time; the second half keeps two runs of one millisecond apart."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"[:-3] + f"Z-{uuid.uuid4().hex[:6]}"


class RunLog:
    """What a run tells of itself; `echo` hears every line as well."""

    def __init__(self, lake_uri: str, record: RunRecord, echo: Callable[[dict[str, Any]], None] | None = None) -> None:
        self.record = record
        self._folder = f"{lake_uri}/runs/{record.id}"
        self._echo = echo
        self._lines: list[bytes] = []
        self._written = 0  # lines on disk
        self._lock = threading.Lock()
        self._can_write = True
        self._ended = threading.Event()
        self._save()
        self._beat = threading.Thread(target=self._say_alive, daemon=True)
        self._beat.start()

    def event(self, event: str, level: str = "info", **fields: Any) -> None:
        """One line: what happened, and what belongs to it."""
        line = redacted_values({"time": now_text(), "level": level, "run": self.record.id, "event": event, **fields})
        if self._echo is not None:
            self._echo(line)
        with self._lock:
            self._lines.append(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        if "://" not in self._folder:
            self._write_log()

    def stage_done(self, stage: StageDone) -> None:
        """Note a stage that is through."""
        self.record.stages.append(stage)
        self._save()

    def end(self, outcome: str, error: str = "") -> None:
        """The run is over."""
        self._ended.set()
        self._beat.join()
        self.record = self.record.model_copy(update={"outcome": outcome, "error": error, "ended": now_text()})
        self._save()

    def _say_alive(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            self._save()

    def _save(self) -> None:
        self.record.updated = now_text()
        self._write_log()
        text = json.dumps(redacted_values(self.record.model_dump()), indent=1, ensure_ascii=False)
        self._write(lambda: storage.write_bytes(f"{self._folder}/{RUN_NAME}", text.encode()))

    def _write_log(self) -> None:
        with self._lock:
            if self._written == len(self._lines):
                return
            if "://" in self._folder:
                data = b"".join(self._lines)
                self._write(lambda: storage.write_bytes(f"{self._folder}/{LOG_NAME}", data))
            else:
                self._write(self._append)
            self._written = len(self._lines)

    def _append(self) -> None:
        folder = Path(self._folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG_NAME).open("ab") as file:
            file.write(b"".join(self._lines[self._written :]))

    def _write(self, write: Callable[[], None]) -> None:
        if not self._can_write:
            return
        try:
            write()
        except OSError as error:
            self._can_write = False  # said once: a lake may be read-only to a run that changes nothing
            print(f"mixdown: no log of this run is kept: {redacted_values(str(error))}", file=sys.stderr)


@contextmanager
def ending(log: RunLog, what_failed: Callable[[BaseException], str]) -> Iterator[RunLog]:
    """The log ends with what became of the block."""
    try:
        yield log
    except KeyboardInterrupt:
        log.event("run interrupted", "error")
        log.end("interrupted")
        raise
    except BaseException as error:
        message = what_failed(error)
        log.event("run failed", "error", error=message)
        log.end("failed", message)
        raise
    log.event("run done", seconds=round(log.record.seconds(), 3), mixture=log.record.mixture)
    log.end("done")

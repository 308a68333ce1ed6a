"""How far a job is, how fast it goes and how long it may still take: for display only."""

import time
from dataclasses import dataclass
from typing import Any

from pipelines.metering.spark_totals import stage_ids
from pipelines.metering.stage_job import StageJob


@dataclass(frozen=True)
class Tempo:
    """A job at one moment. A job with shuffles has several Spark stages, of which the active ones count."""

    tasks_done: int
    tasks: int
    documents: int
    bytes_moved: int  # read, or written where that is more
    seconds: float  # since it began
    seconds_left: float | None  # None: cannot be told yet

    def megabytes_per_second(self) -> float:
        """Of 10^6 bytes."""
        return self.bytes_moved / 1e6 / self.seconds if self.seconds > 0 else 0.0

    def pace(self) -> str:
        """Documents, MB/s, time left; as far as they are known."""
        parts = [f"{_short(self.documents)} documents"] if self.documents else []
        parts += [f"{self.megabytes_per_second():,.1f} MB/s"] if self.bytes_moved else []
        parts += [f"about {_duration(self.seconds_left)} left"] if self.seconds_left is not None else []
        return "  ".join(parts)

    def line(self) -> str:
        """For a log."""
        return f"{self.tasks_done:,}/{self.tasks:,} tasks  {self.pace()}".rstrip()

    def fields(self) -> dict[str, Any]:
        """For a log of JSON lines."""
        return {
            "tasks_done": self.tasks_done,
            "tasks": self.tasks,
            "documents": self.documents,
            "megabytes_per_second": round(self.megabytes_per_second(), 2),
            "seconds": round(self.seconds, 1),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left),
        }


def tempo_of(job: StageJob) -> Tempo | None:
    """How far the job is; None where Spark cannot be asked."""
    try:
        tracker = job.spark.sparkContext.statusTracker()
        active = set(tracker.getActiveStageIds())
        infos = [tracker.getStageInfo(number) for number in stage_ids(job.spark, job.group) if number in active]
    except Exception:  # a session that is none of Spark's, or one that is going down
        return None
    done = sum(info.numCompletedTasks for info in infos if info)
    tasks = sum(info.numTasks for info in infos if info) or job.tasks
    totals = job.so_far()
    moved = max(totals.bytes_read, totals.bytes_written)  # what an object store gave is not counted as read
    return tempo(done, tasks, totals.documents, moved, time.monotonic() - job.started)


def tempo(done: int, tasks: int, documents: int, bytes_moved: int, seconds: float) -> Tempo:
    """With the time left, if the other tasks take as long as those that are done did."""
    left = seconds * (tasks - done) / done if 0 < done <= tasks else None
    return Tempo(done, tasks, documents, bytes_moved, seconds, left)


def _short(count: int) -> str:
    if count < 10_000:
        return f"{count:,}"
    size, unit = next((size, unit) for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")) if count >= size)
    return f"{count / size:,.1f} {unit}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

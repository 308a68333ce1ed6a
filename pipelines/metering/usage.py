"""What work in a worker cost: CPU and wall seconds, bytes, peak memory. Measured around it, in the same process."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pipelines.metering.loaded import keep_loaded

SLOWEST = 5  # tasks that are named

# ru_maxrss is in kilobytes on Linux and in bytes on macOS: getrusage(2) of each.
RSS_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class TaskUsage:
    """One task, its children included."""

    what: str  # the split's or part's uri, or the step of a shuffle
    number: int  # of the task, or of the partition
    cpu_seconds: float
    wall_seconds: float
    bytes_read: int  # by read calls; on an object store the size of the input, where it is known
    bytes_written: int  # of files
    peak_memory_bytes: int  # resident, of the worker since it began
    documents: int


@dataclass
class UsageTotals:
    """Many tasks."""

    tasks: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    bytes_read: int = 0
    bytes_written: int = 0
    peak_memory_bytes: int = 0
    documents: int = 0
    slowest: list[TaskUsage] = field(default_factory=list)

    def add(self, usage: TaskUsage) -> "UsageTotals":
        """With one more task."""
        return self.merge(
            UsageTotals(
                1,
                usage.cpu_seconds,
                usage.wall_seconds,
                usage.bytes_read,
                usage.bytes_written,
                usage.peak_memory_bytes,
                usage.documents,
                [usage],
            )
        )

    def merge(self, other: "UsageTotals") -> "UsageTotals":
        """With others; changes this one."""
        self.tasks += other.tasks
        self.cpu_seconds += other.cpu_seconds
        self.wall_seconds += other.wall_seconds
        self.bytes_read += other.bytes_read
        self.bytes_written += other.bytes_written
        self.peak_memory_bytes = max(self.peak_memory_bytes, other.peak_memory_bytes)
        self.documents += other.documents
        both = [*self.slowest, *other.slowest]
        self.slowest = sorted(both, key=lambda usage: (-usage.wall_seconds, usage.what, usage.number))[:SLOWEST]
        return self


def totals_of(usages: list[TaskUsage]) -> UsageTotals:
    """The sum."""
    totals = UsageTotals()
    for usage in usages:
        totals.add(usage)
    return totals


class Stopwatch:
    """Started when it is made."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = _cpu_seconds()
        self._read = _read_bytes()

    def usage(
        self, what: str, number: int, bytes_written: int = 0, documents: int = 0, input_bytes: int = 0
    ) -> TaskUsage:
        """What was used since; at least `input_bytes` were read."""
        peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return TaskUsage(
            what=what,
            number=number,
            cpu_seconds=max(0.0, _cpu_seconds() - self._cpu),
            wall_seconds=time.perf_counter() - self._wall,
            bytes_read=max(_read_bytes() - self._read, input_bytes),
            bytes_written=bytes_written,
            peak_memory_bytes=max(peaks) * RSS_BYTES,
            documents=documents,
        )


class MeasuredTask:
    """`work(task)` with what it used: (result, usage); an accumulator, if there is one, hears of it too."""

    def __init__(self, work: Callable[[Any], Any], accumulator: Any = None) -> None:
        self._work = work
        self._accumulator = accumulator

    def __call__(self, task: Any) -> tuple[Any, TaskUsage]:
        """Do the work of one task."""
        watch = Stopwatch()
        result = self._work(task)
        split = getattr(task, "split", None)
        files = getattr(result, "files", None)
        books = getattr(result, "books", None)
        usage = watch.usage(
            what=str(getattr(split, "uri", "") or getattr(task, "input_uri", "") or getattr(result, "path", "")),
            number=int(getattr(task, "number", getattr(task, "index", 0)) or 0),
            bytes_written=sum(file.bytes for file in files) if files else int(getattr(result, "bytes", 0) or 0),
            documents=int(getattr(books, "records_in", 0)),
            input_bytes=int(getattr(split, "size_bytes", 0)),
        )
        _tell(self._accumulator, usage)
        keep_loaded(getattr(self._work, "__name__", ""))
        return result, usage


class MeasuredBatches:
    """A function for mapInArrow whose use of a partition an accumulator hears of; its rows may be documents."""

    def __init__(
        self, step: str, work: Callable[[Iterator[Any]], Iterator[Any]], accumulator: Any, gives_documents: bool
    ) -> None:
        self._step = step
        self._gives_documents = gives_documents
        self._work = work
        self._accumulator = accumulator

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Do the work of one partition."""
        watch = Stopwatch()
        rows = 0
        try:
            for batch in self._work(batches):
                rows += batch.num_rows
                yield batch
        finally:
            _tell(
                self._accumulator, watch.usage(self._step, _partition(), documents=rows if self._gives_documents else 0)
            )
            keep_loaded(self._step)


def _tell(accumulator: Any, usage: TaskUsage) -> None:
    if accumulator is not None:
        with suppress(Exception):  # only the display hears of it
            accumulator.add(UsageTotals().add(usage))


def _partition() -> int:
    from pyspark import TaskContext

    context = TaskContext.get()
    return context.partitionId() if context is not None else 0


def _cpu_seconds() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def _read_bytes() -> int:
    """Bytes that read calls gave this process: proc(5), `rchar`; 0 where the system does not say."""
    try:
        with open("/proc/self/io", "rb") as counters:
            return int(counters.readline().split()[1])
    except (OSError, ValueError, IndexError):
        return 0

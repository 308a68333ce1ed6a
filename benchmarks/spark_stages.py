"""What Spark's stages did, from its own status store: bytes shuffled, and the work of each task."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from pyspark.sql import SparkSession

from pipelines.metering.process_tree import cpu_seconds as tree_cpu_seconds

MOST_TASKS = 100_000  # of a stage, that are asked for


@dataclass(frozen=True)
class Task:
    """Records that one task read (of files, or of a shuffle) and wrote into the next shuffle; its time."""

    read: int
    written: int
    run_seconds: float


@dataclass(frozen=True)
class Stage:
    """A stage that ran."""

    name: str
    shuffled_bytes: int  # written, as they lie on disk
    shuffled_records: int
    spilled_bytes: int
    tasks: tuple[Task, ...]

    def values(self, of: str) -> list[float]:
        """`read`, `written` or `run_seconds` of each task."""
        return [getattr(task, of) for task in self.tasks]

    def skew(self, of: str) -> float:
        """The largest task over the median one, which counts as one record or millisecond at least."""
        values = self.values(of)
        return max(values) / max(median(values), 1e-3 if of == "run_seconds" else 1)


@dataclass
class Counted:
    """Filled when the block ends."""

    stages: list[Stage] = field(default_factory=list)
    cpu_seconds: float = 0.0  # of this process, the JVM and Python's workers

    @property
    def shuffled_bytes(self) -> int:
        """Written by all stages."""
        return sum(stage.shuffled_bytes for stage in self.stages)

    @property
    def spilled_bytes(self) -> int:
        """Written by all tasks whose memory was full."""
        return sum(stage.spilled_bytes for stage in self.stages)


@contextmanager
def counting(spark: SparkSession) -> Iterator[Counted]:
    """Count the stages that run inside the block."""
    counted = Counted()
    before, used = set(_stages(spark)), (tree_cpu_seconds() or 0.0)
    yield counted
    counted.cpu_seconds = (tree_cpu_seconds() or 0.0) - used
    counted.stages = [_stage(spark, stage) for number, stage in sorted(_stages(spark).items()) if number not in before]


def _store(spark: SparkSession) -> Any:
    context = spark.sparkContext._jsc.sc()
    context.listenerBus().waitUntilEmpty()
    return context.statusStore()


def _stages(spark: SparkSession) -> dict[int, Any]:
    """Those that ran, by number; a stage whose output lay there already is skipped and has no task."""
    context: Any = spark.sparkContext
    quantiles = context._gateway.new_array(context._jvm.double, 0)
    stages = _store(spark).stageList(None, False, False, quantiles, None)
    found = [stages.apply(at) for at in range(stages.size())]
    return {stage.stageId(): stage for stage in found if stage.numCompleteTasks() > 0}


def _stage(spark: SparkSession, stage: Any) -> Stage:
    tasks = _store(spark).taskList(stage.stageId(), stage.attemptId(), MOST_TASKS)
    metrics = [tasks.apply(at).taskMetrics() for at in range(tasks.size())]
    return Stage(
        name=stage.name(),
        shuffled_bytes=stage.shuffleWriteBytes(),
        shuffled_records=stage.shuffleWriteRecords(),
        spilled_bytes=stage.diskBytesSpilled(),
        tasks=tuple(_task(found.get()) for found in metrics if found.isDefined()),
    )


def _task(metrics: Any) -> Task:
    read = metrics.shuffleReadMetrics().recordsRead() + metrics.inputMetrics().recordsRead()
    return Task(read, metrics.shuffleWriteMetrics().recordsWritten(), metrics.executorRunTime() / 1e3)

"""One stage's Spark jobs while they run: what was measured of them, for the progress line and for `metrics.json`."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pipelines.metering import process_tree
from pipelines.metering.spark_totals import JOB_GROUP, SparkTotals, spark_totals
from pipelines.metering.usage import MeasuredBatches, MeasuredTask, TaskUsage, UsageTotals


@dataclass
class StageJob:
    """What one stage asked of Spark at once."""

    stage: str
    tasks: int
    spark: Any
    group: str = field(default_factory=lambda: f"mixdown-{uuid.uuid4().hex[:12]}")
    usages: list[TaskUsage] = field(default_factory=list)  # one a task, exact; empty where the work ends in a shuffle
    wall_seconds: float = 0.0
    totals: SparkTotals | None = None
    cpu_before: float | None = None
    tree_cpu_seconds: float | None = None  # of the driver and all that it started
    accumulator: Any = None
    started: float = 0.0  # time.monotonic()

    def begin(self) -> None:
        """From here on Spark's jobs are this one's."""
        self.started = time.monotonic()
        self.cpu_before = process_tree.cpu_seconds()
        with suppress(Exception):  # a session that is none of Spark's, as in tests
            self.accumulator = _accumulator(self.spark)
            self.spark.sparkContext.setLocalProperty(JOB_GROUP, self.group)

    def end(self) -> None:
        """Ask Spark what it took; numbers that cannot be had are left out."""
        self.wall_seconds = time.monotonic() - self.started
        cpu_after = process_tree.cpu_seconds()
        if cpu_after is not None and self.cpu_before is not None:
            self.tree_cpu_seconds = max(0.0, cpu_after - self.cpu_before)
        with suppress(Exception):
            self.spark.sparkContext.setLocalProperty(JOB_GROUP, None)
            self.totals = spark_totals(self.spark, self.group)

    def so_far(self) -> UsageTotals:
        """What finished tasks have told of: a task that ran twice counts twice."""
        found = getattr(self.accumulator, "value", None)
        return found if isinstance(found, UsageTotals) else UsageTotals()

    def measured(self, work: Callable[[Any], Any]) -> MeasuredTask:
        """`work(task)`, returning what it used as well."""
        return MeasuredTask(work, self.accumulator)

    def measured_batches(
        self, step: str, work: Callable[[Iterator[Any]], Iterator[Any]], gives_documents: bool = False
    ) -> Callable[[Iterator[Any]], Iterator[Any]]:
        """A function for mapInArrow, measured where there is an accumulator to tell."""
        return work if self.accumulator is None else MeasuredBatches(step, work, self.accumulator, gives_documents)


def _accumulator(spark: Any) -> Any:
    from pyspark.accumulators import AccumulatorParam

    class Sum(AccumulatorParam[UsageTotals]):
        """Totals merge."""

        def zero(self, value: UsageTotals) -> UsageTotals:  # noqa: ARG002
            """Nothing yet."""
            return UsageTotals()

        def addInPlace(self, value1: UsageTotals, value2: UsageTotals) -> UsageTotals:
            """Both."""
            return value1.merge(value2)

    return spark.sparkContext.accumulator(UsageTotals(), Sum())

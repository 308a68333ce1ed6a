"""What Spark itself counted of some jobs: from its status store, which is kept with `spark.ui.enabled=false` too."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

LISTENERS_MS = 2000  # how long the last tasks' numbers are waited for

JOB_GROUP = "spark.jobGroup.id"  # Spark's name of the property


class SparkTotals(BaseModel):
    """Sums over the last attempt of every stage of some jobs; names are those of Spark's REST API, with units."""

    model_config = ConfigDict(extra="forbid")

    stages: int = 0
    tasks: int = 0
    failed_tasks: int = 0
    killed_tasks: int = 0
    retried_stages: int = 0
    run_seconds: float = 0.0  # that tasks held a slot: what executors are paid for
    jvm_cpu_seconds: float = 0.0  # of tasks in the JVM, without their Python workers
    gc_seconds: float = 0.0
    input_bytes: int = 0
    shuffle_read_bytes: int = 0
    shuffle_write_bytes: int = 0
    memory_spilled_bytes: int = 0
    disk_spilled_bytes: int = 0

    def add(self, stage: dict[str, Any]) -> None:
        """Add a stage as the status store has it."""
        self.stages += 1
        self.tasks += stage["numCompleteTasks"]
        self.failed_tasks += stage["numFailedTasks"]
        self.killed_tasks += stage["numKilledTasks"]
        self.retried_stages += stage["attemptId"] > 0
        self.run_seconds += stage["executorRunTime"] / 1e3
        self.jvm_cpu_seconds += stage["executorCpuTime"] / 1e9
        self.gc_seconds += stage["jvmGcTime"] / 1e3
        self.input_bytes += stage["inputBytes"]
        self.shuffle_read_bytes += stage["shuffleReadBytes"]
        self.shuffle_write_bytes += stage["shuffleWriteBytes"]
        self.memory_spilled_bytes += stage["memoryBytesSpilled"]
        self.disk_spilled_bytes += stage["diskBytesSpilled"]


def stage_ids(spark: Any, group: str) -> list[int]:
    """The Spark stages of all jobs of a group."""
    tracker = spark.sparkContext.statusTracker()
    infos = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    return sorted({number for info in infos if info for number in info.stageIds})


def spark_totals(spark: Any, group: str) -> SparkTotals:
    """What the jobs of a group took; stages that Spark has forgotten or skipped count nothing."""
    context = spark.sparkContext
    scala_context = context._jsc.sc()
    scala_context.listenerBus().waitUntilEmpty(LISTENERS_MS)
    store = scala_context.statusStore()
    # One call a stage instead of one a number: a dedup has forty stages.
    mapper = context._jvm.com.fasterxml.jackson.databind.ObjectMapper()
    mapper.registerModule(context._jvm.com.fasterxml.jackson.module.scala.DefaultScalaModule())
    totals = SparkTotals()
    for number in stage_ids(spark, group):
        stage = json.loads(mapper.writeValueAsString(store.lastStageAttempt(number)))
        if stage["status"] != "SKIPPED":
            totals.add(stage)
    return totals

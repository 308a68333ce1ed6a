"""`metrics.json`: what a published folder cost, beside its manifest and no part of it."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mixer import storage
from pipelines.metering import process_tree
from pipelines.metering.spark_totals import SparkTotals
from pipelines.metering.stage_job import StageJob
from pipelines.metering.usage import TaskUsage, UsageTotals, totals_of
from pipelines.redaction import redacted

METRICS_NAME = "metrics.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SlowTask(_Part):
    """One of the slowest tasks."""

    what: str  # the split's or part's uri, or the step of a shuffle
    number: int
    seconds: float
    cpu_seconds: float
    bytes: int  # read


class WorkerMetrics(_Part):
    """The Python workers' part."""

    tasks: int
    cpu_seconds: float  # children included
    task_seconds: float  # wall seconds, summed over tasks
    bytes_read: int
    bytes_written: int
    peak_memory_bytes: int  # the largest worker


class StageMetrics(_Part):
    """The file."""

    format_version: Literal[1] = 1
    stage: str
    source: str
    fingerprint: str
    run: str = ""  # id of the run that made it
    written: str  # ISO time
    of: list[str] = Field(description="sources that were worked on at once")
    own_tasks: bool  # whether `workers` and `slowest` are of this source alone; other numbers are of all that ran
    wall_seconds: float
    documents_in: int
    documents_out: int
    output_bytes: int
    manifest_sha256: str = ""  # of the manifest beside it, which nothing else has the hash of
    workers: WorkerMetrics
    slowest: list[SlowTask]
    spark: SparkTotals | None  # of all that the stage ran at once
    all_processes_cpu_seconds: float | None  # of the driver and what it started: all, with a local master
    driver_peak_memory_bytes: dict[str, int]


class Made(_Part):
    """What was published."""

    stage: str
    source: str
    fingerprint: str
    documents_in: int
    documents_out: int
    output_bytes: int
    manifest_sha256: str


def manifest_digest(content: bytes) -> str:
    """A manifest's hash as metrics have it."""
    return hashlib.sha256(content).hexdigest()


def stage_metrics(
    made: Made, jobs: Sequence[StageJob], usages: list[TaskUsage] | None, of: list[str], run: str
) -> StageMetrics:
    """What `made` cost: its own tasks' `usages` where they are told apart, else those of all of the jobs."""
    if usages is not None:
        totals = totals_of(usages)
    else:
        totals = UsageTotals()
        for job in jobs:
            totals.merge(job.so_far())
    spark = [job.totals for job in jobs if job.totals is not None]
    cpu = [job.tree_cpu_seconds for job in jobs if job.tree_cpu_seconds is not None]
    return StageMetrics(
        **made.model_dump(),
        run=run,
        written=datetime.now(UTC).isoformat(timespec="seconds"),
        of=of,
        own_tasks=usages is not None,
        wall_seconds=round(sum(job.wall_seconds for job in jobs), 3),
        workers=_workers(totals),
        slowest=[_slow(usage) for usage in totals.slowest],
        spark=_sum(spark) if spark else None,
        all_processes_cpu_seconds=round(sum(cpu), 3) if cpu else None,
        driver_peak_memory_bytes=process_tree.peak_memory_bytes(),
    )


def write_metrics(folder: str, metrics: StageMetrics) -> None:
    """Write the file; OSError when the folder cannot be written to."""
    storage.write_bytes(f"{folder}/{METRICS_NAME}", metrics.model_dump_json(indent=1).encode())


def read_metrics(uri: str) -> StageMetrics:
    """The file at `uri`; ValidationError for one of another version."""
    return StageMetrics.model_validate_json(storage.read_bytes(uri))


def _workers(totals: UsageTotals) -> WorkerMetrics:
    return WorkerMetrics(
        tasks=totals.tasks,
        cpu_seconds=round(totals.cpu_seconds, 3),
        task_seconds=round(totals.wall_seconds, 3),
        bytes_read=totals.bytes_read,
        bytes_written=totals.bytes_written,
        peak_memory_bytes=totals.peak_memory_bytes,
    )


def _slow(usage: TaskUsage) -> SlowTask:
    return SlowTask(
        what=redacted(usage.what),
        number=usage.number,
        seconds=round(usage.wall_seconds, 3),
        cpu_seconds=round(usage.cpu_seconds, 3),
        bytes=usage.bytes_read,
    )


def _sum(totals: Sequence[SparkTotals]) -> SparkTotals:
    fields = SparkTotals.model_fields
    return SparkTotals(**{name: sum(getattr(each, name) for each in totals) for name in fields})

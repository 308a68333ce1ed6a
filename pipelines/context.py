"""What every step works with, and how a step's units of work are completed."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from mixer.storage import WrittenFile
from pipelines.lake import Books, Lake, PartFile, StageManifest, TaskBooks, fingerprint

if TYPE_CHECKING:  # workers import this file for its tasks, and plan, show and ask for nothing
    from mixer.plan import MixturePlan
    from pipelines.metering.stage_job import StageJob
    from pipelines.metering.usage import TaskUsage
    from pipelines.progress import Progress
    from pipelines.recipe import Recipe
    from pipelines.runs.run_log import RunLog

SPARK_TASK_BYTES = 64 << 20  # of input
SPARK_TASKS_A_SLOT = 4

Task = TypeVar("Task")
Result = TypeVar("Result")


class RetentionError(RuntimeError):
    """A stage lost more of a source than the recipe allows."""


class NotBuilt(LookupError):
    """Something that a reader needs is not in the lake yet."""


@dataclass
class TaskResult:
    """What one task wrote and counted."""

    files: list[WrittenFile] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    measures: dict[str, float] = field(default_factory=dict)


@dataclass
class Unit:
    """One directory to be filled: a stage's work on one source."""

    stage: str
    version: int
    source: str
    settings: dict[str, Any]
    inputs: dict[str, str]
    lists_tasks: bool = False  # whether the manifest says what each task counted

    @cached_property
    def fingerprint(self) -> str:
        """The name of what is asked."""
        return fingerprint(self.stage, self.version, {"source": self.source, **self.settings}, self.inputs)

    def manifest(self, results: Iterable[TaskResult]) -> StageManifest:
        """The manifest of this unit, summed over its tasks' results."""
        manifest = StageManifest(
            stage=self.stage,
            stage_version=self.version,
            source=self.source,
            fingerprint=self.fingerprint,
            settings=self.settings,
            inputs=self.inputs,
            files=[],
            books=Books(),
        )
        for result in results:
            manifest.files += [PartFile(**file._asdict()) for file in result.files]
            manifest.books.add(result.books)
            if self.lists_tasks:
                manifest.tasks.append(TaskBooks(books=result.books, measures=result.measures))
            for name, value in result.measures.items():
                manifest.measures[name] = manifest.measures.get(name, 0) + value
        return manifest


@dataclass
class Context:
    """One run: the recipe, the lake, Spark when it is needed, and what the steps before have published."""

    recipe: "Recipe"
    lake: Lake
    start_spark: Callable[[], Any]
    progress: "Progress"
    published: dict[str, dict[str, StageManifest]] = field(default_factory=dict)  # stage -> source -> manifest
    tasks_run: int = 0
    stage: str = ""  # the one that runs
    read_only: bool = False  # find what is there, do no work
    foreseen: dict[str, Any] = field(default_factory=dict)  # name -> BlockSet that `select` would make, not written
    plan: "MixturePlan | None" = None  # set by the stage of that name
    input_bytes: int = 0  # of all sources; set by ingest before it starts Spark
    mixture_uri: str = ""  # set by the last stage
    log: "RunLog | None" = None  # where the run is recorded
    made: set[tuple[str, str]] = field(default_factory=set)  # (stage, source) that this run published
    missing: list[str] = field(default_factory=list)  # sources that the stage lacked when it looked for them
    jobs: "list[StageJob]" = field(default_factory=list)  # Spark's work since then
    own_usages: "list[TaskUsage]" = field(default_factory=list)  # of the tasks that ran last, in their order

    @cached_property
    def spark(self) -> Any:
        """A SparkSession as far as a run needs one, started at first use: a run with nothing to do starts none."""
        with self.progress.waiting("starting Spark"):
            return self.start_spark()

    def of(self, stage: str, source: str) -> StageManifest:
        """What an earlier stage published for a source."""
        return self.published[stage][source]

    def run_tasks(
        self, stage: str, work: Callable[[Task], Result], tasks: Sequence[Task], input_bytes: int | None = None
    ) -> list[Result]:
        """`work(task)` for every task on Spark's workers; results in the tasks' order.

        One Spark task each; several small ones share one where it is known that all read `input_bytes`.
        """
        if not tasks:
            return []
        with self.watching(stage, len(tasks)) as job:
            context = self.spark.sparkContext
            n_spark_tasks = len(tasks)
            if input_bytes is not None:
                n_spark_tasks = spark_tasks(len(tasks), input_bytes, context.defaultParallelism)
            pairs = context.parallelize(tasks, n_spark_tasks).map(job.measured(work)).collect()
        job.usages = self.own_usages = [usage for _, usage in pairs]
        return [result for result, _ in pairs]

    def task_frame(self, tasks: Sequence[dict[str, Any]]) -> Any:
        """A DataFrame of one column `task`, a JSON object a row and a partition, for work that ends in a shuffle."""
        rows = [(json.dumps(task),) for task in tasks]
        return self.spark.createDataFrame(rows, "task string").repartition(len(tasks))

    @contextmanager
    def watching(self, stage: str, tasks: int) -> "Iterator[StageJob]":
        """Show and measure a stage's Spark tasks while they run, and count them."""
        from pipelines.metering.stage_job import StageJob

        self.tasks_run += tasks
        job = StageJob(stage, tasks, self.spark)
        job.begin()
        try:
            with self.progress.watching(job):
                yield job
        finally:
            job.end()
        self.jobs.append(job)

    def find(self, units: Iterable[Unit]) -> list[Unit]:
        """Remember the units that are published already; return those that are not (NotBuilt when reading only)."""
        self.jobs.clear()
        missing = []
        for unit in units:
            manifest = self.lake.find(unit.stage, unit.source, unit.fingerprint)
            if manifest is None:
                missing.append(unit)
            else:
                if not self.read_only:
                    self._check_retention(manifest)  # the recipe may have become stricter since
                self.published.setdefault(unit.stage, {})[unit.source] = manifest
        self.missing = [unit.source for unit in missing]
        if missing and self.read_only:
            names = ", ".join(unit.source for unit in missing)
            raise NotBuilt(
                f"stage {missing[0].stage!r} is not built for {names} in {self.lake.uri}: run `mixdown build`"
            )
        return missing

    def publish(
        self, unit: Unit, results: Iterable[TaskResult], usages: "list[TaskUsage] | None" = None
    ) -> StageManifest:
        """Check retention and books, publish the unit's manifest and remember it; `usages` are of its own tasks."""
        from pipelines.metering.writing import write_unit_metrics

        manifest = unit.manifest(results)
        self._check_retention(manifest)
        self.lake.publish(manifest)
        self.published.setdefault(unit.stage, {})[unit.source] = manifest
        self.made.add((unit.stage, unit.source))
        write_unit_metrics(self, manifest, usages)
        return manifest

    def complete(
        self,
        units: Sequence[Unit],
        tasks_of: Callable[[Unit], Sequence[Task]],
        work: Callable[[Task], TaskResult],
    ) -> None:
        """Find or make every unit: all missing units' tasks run as one Spark job, then each is published."""
        missing = self.find(units)
        tasks = [(unit, task) for unit in missing for task in tasks_of(unit)]
        results: list[TaskResult] = []
        if missing:
            results = self.run_tasks(missing[0].stage, work, [task for _, task in tasks], self.input_bytes or None)
        usages: list[Any] = self.own_usages if len(self.own_usages) == len(tasks) else [None] * len(tasks)
        for unit in missing:
            own = [place for place, (owner, _) in enumerate(tasks) if owner is unit]
            measured = [usage for place in own if (usage := usages[place]) is not None]
            self.publish(unit, [results[place] for place in own], measured)

    def _check_retention(self, manifest: StageManifest) -> None:
        allowed = self.recipe.retention
        books = manifest.books
        lost = books.quarantined if manifest.stage == "ingest" else books.rejected + books.quarantined
        if books.records_in < allowed.min_documents or manifest.stage == "select":  # what select drops was asked for
            return
        if lost > allowed.max_loss * books.records_in:
            reasons = sorted(books.reasons.items(), key=lambda item: -item[1])[:5]
            raise RetentionError(
                f"stage {manifest.stage!r} would lose {lost:,} of {books.records_in:,} documents "
                f"({lost / books.records_in:.1%}) of source {manifest.source!r}; "
                f"allowed: {allowed.max_loss:.0%}. Top reasons: "
                + ", ".join(f"{reason} {count:,}" for reason, count in reasons)
                + ". If this is meant, raise `retention: {max_loss: ...}` in the recipe; else relax the rules"
            )


def spark_tasks(n_tasks: int, input_bytes: int, slots: int) -> int:
    """How many Spark tasks share `n_tasks` of ours that read `input_bytes` in all, run `slots` at a time.

    Each costs Spark 35 ms of CPU time, whatever it does, so one reads SPARK_TASK_BYTES; but there are several a slot,
    so that no slot waits long for the others at the end.
    """
    enough = max(-(-input_bytes // SPARK_TASK_BYTES), SPARK_TASKS_A_SLOT * slots)
    return min(n_tasks, enough)


class PartTask(BaseModel):
    """A task over one part of a source, the same part of every stage before."""

    source: str
    number: int
    input_uri: str
    output_uri: str  # the folder to write into


def part_number(uri: str) -> int:
    """The number in `.../part-00012.parquet`."""
    return int(uri.rsplit("-", 1)[1].split(".")[0])

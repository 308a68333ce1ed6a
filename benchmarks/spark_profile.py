"""Where the time of Spark's tasks goes, from its event log: in our work, in Spark around it, or waiting.

`make bench ONLY=spark_profile`: the job of `whole_pipeline.py` on 200 MB (`--quick`: 5 MB), with small tasks of ours
sharing Spark tasks, as they do, and with a Spark task for each. A stage of ours is one job of Spark here, in order.
"""

import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness import machine, print_result, workspace
from benchmarks.pipeline_corpus import corpus_files
from benchmarks.pipeline_growth import STAGES, metrics_of
from benchmarks.process_tree import Cost, run_tree
from benchmarks.whole_pipeline import QUICK_MB, TEXT_MB, WORKERS, command, write_recipe

ALONE = "import pipelines.context as c; c.SPARK_TASK_BYTES = 1; from pipelines.cli import main; main()"
EVENT_LOG = """
spark.eventLog.enabled true
spark.eventLog.compress false
spark.eventLog.dir file://{folder}
"""


class Tasks(NamedTuple):
    """Seconds of all tasks of one of Spark's stages; names as the event log has them."""

    tasks: int
    duration: float  # from launch to finish, seen from the scheduler
    run: float  # in the executor: our work and the talk with Python
    deserialize: float
    serialize: float

    @property
    def delay(self) -> float:
        """What the scheduler took to send a task and to hear of its end."""
        return self.duration - self.run - self.deserialize - self.serialize


def run(quick: bool) -> None:
    """Print a line a stage for both ways; the ratio is of the seconds that tasks took beside our work."""
    print(machine())
    files = corpus_files(QUICK_MB if quick else TEXT_MB)
    around, spent = {}, {}
    with workspace() as folder:
        recipe = write_recipe(files[0].parent, folder / "recipe.yaml")
        for name, alone in (("a Spark task each", True), ("small ones share one", False)):
            cost = _logged_run(recipe, folder, alone)
            spent[name] = cost.cpu_seconds
            print(f"{name}: {cost.cpu_seconds:.1f} CPU s, {cost.wall_seconds:.1f} s")
            around[name] = round(_print(folder), 2)
    alone_seconds, shared_seconds = around.values()
    print_result("spark_profile", alone_seconds / shared_seconds, around_our_work_seconds=around, cpu_seconds=spent)


def _logged_run(recipe: Path, folder: Path, alone: bool) -> Cost:
    for old in ("lake", "conf", "log"):
        shutil.rmtree(folder / old, ignore_errors=True)
    (folder / "log").mkdir()
    shutil.copytree(os.environ["SPARK_CONF_DIR"], folder / "conf")
    (folder / "conf" / "spark-defaults.conf").write_text(EVENT_LOG.format(folder=folder / "log"), encoding="utf-8")
    asked = command(recipe, folder / "lake", WORKERS)
    if alone:
        asked = [sys.executable, "-c", ALONE, *asked[1:]]
    return run_tree(asked, {"SPARK_CONF_DIR": str(folder / "conf")})


def _print(folder: Path) -> float:
    """A line a stage; the seconds of all tasks beside our work."""
    metrics = metrics_of(folder / "lake")
    around = 0.0
    for stage, tasks in zip(STAGES, _tasks(folder / "log"), strict=True):
        work = metrics[stage].workers.task_seconds
        around += tasks.duration - work
        print(
            f"  {stage:9} {tasks.tasks:4} Spark tasks {tasks.duration:7.2f} s: our work {work:7.2f}, "
            f"Python and its start {tasks.run - work:6.2f}, task sent and read {tasks.deserialize + tasks.delay:6.2f}, "
            f"result written {tasks.serialize:5.2f}",
            flush=True,
        )
    return around


def _tasks(log: Path) -> list[Tasks]:
    """Of every stage of Spark's, in order."""
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0] * 5)
    for event in _events(log):
        if event["Event"] == "SparkListenerTaskEnd":
            told, metrics = event["Task Info"], event["Task Metrics"]
            times = (
                told["Finish Time"] - told["Launch Time"],
                metrics["Executor Run Time"],
                metrics["Executor Deserialize Time"],
                metrics["Result Serialization Time"],
            )
            row = sums[event["Stage ID"]]
            for place, value in enumerate((1000, *times)):
                row[place] += value / 1e3
    return [Tasks(int(row[0]), *row[1:]) for _, row in sorted(sums.items())]


def _events(log: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(log.rglob("events_*")):
        yield from map(json.loads, path.open(encoding="utf-8"))

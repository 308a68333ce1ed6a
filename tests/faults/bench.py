"""What the faults happen to: a two-worker cluster, inputs, and the result of a run that nothing disturbed."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import job, lakes
from tests.faults.disk import Disk
from tests.faults.job import Job
from tests.faults.recipe import recipe, write_inputs
from tests.services.processes import wait_for
from tests.services.spark_cluster import Cluster, cluster


@dataclass
class Bench:
    """The cluster with its undisturbed run; every scenario gets a lake of its own."""

    folder: Path
    cluster: Cluster
    recipe: Path
    spark_disk: Disk  # where the executors keep shuffles
    expected: dict[str, str] = field(default_factory=dict)
    undisturbed_seconds: float = 0.0
    jobs: list[Job] = field(default_factory=list)

    @property
    def undisturbed(self) -> Path:
        """The lake of the undisturbed run."""
        return self.folder / "undisturbed"

    def lake(self, name: str, filled: bool = False) -> Path:
        """A lake's folder, not there yet or (`filled`) a copy of the undisturbed one."""
        lake = self.folder / "lakes" / name
        shutil.rmtree(lake, ignore_errors=True)
        if filled:
            shutil.copytree(self.undisturbed, lake)
        return lake

    def start(self, lake: Path | str, *arguments: str, **options: Any) -> Job:
        """Start the command over `lake`."""
        log = self.folder / "logs" / f"{len(self.jobs)}.log"
        log.parent.mkdir(exist_ok=True)
        given = ["--recipe", str(self.recipe), "--lake", str(lake), *arguments]
        self.jobs.append(job.start(log, self.cluster.master, given, **options))
        return self.jobs[-1]

    def finish(self, lake: Path | str, environment: Mapping[str, str] | None = None) -> None:
        """The same command (again); it must end well, with the bytes of the undisturbed run."""
        run = self.start(lake, environment=environment)
        assert run.wait() == 0, run.text()[-3000:]
        self.compare(lake)

    def compare(self, lake: Path | str) -> None:
        """AssertionError unless shards, parts and manifests are those of the undisturbed run."""
        found = lakes.contents(str(lake))
        assert found == self.expected, differences(found, self.expected)

    def nothing_wrong_is_visible(self, lake: Path | str) -> None:
        """AssertionError when a manifest, or a file beside one, is not as in the undisturbed run."""
        found = lakes.visible(str(lake))
        wrong = {path for path, digest in found.items() if self.expected.get(path) != digest}
        assert not wrong, f"published and wrong: {sorted(wrong)}"


def differences(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """What is too much, missing and other, in words."""
    other = sorted(path for path in found.keys() & expected.keys() if found[path] != expected[path])
    return (
        f"too much: {sorted(found.keys() - expected.keys())}; missing: {sorted(expected.keys() - found.keys())}; "
        f"other bytes: {other}"
    )


def until_running(run: Job, lake: Path | str, before: str, sources: int = 2) -> None:
    """Return when the stage `before` is published for all sources, so that the next one is at work."""
    wait_for(
        f"stage {before!r}",
        lambda: lakes.published(str(lake), before) >= sources or not run.is_running(),
        job.MOST_SECONDS,
    )
    assert run.is_running(), f"the run was over before it could be disturbed:\n{run.text()[-3000:]}"


def until_started(run: Job, lake: Path | str) -> None:
    """Return when ingest writes its first file."""
    wait_for(
        "the first part",
        lambda: any(lakes.files(str(lake), "stages/ingest")) or not run.is_running(),
        job.MOST_SECONDS,
    )
    assert run.is_running(), f"the run was over before it could be disturbed:\n{run.text()[-3000:]}"


@contextmanager
def bench(folder: Path, spark_disk: Disk) -> Iterator[Bench]:
    """A started cluster and the undisturbed run on it; jobs that still run are killed at the end."""
    write_inputs(folder / "inputs")
    made = recipe(folder / "inputs")
    with cluster(folder, environment=cluster_environment(spark_disk.path)) as started:
        here = Bench(folder, started, made, spark_disk)
        try:
            began = time.monotonic()
            run = here.start(here.undisturbed)
            assert run.wait() == 0, run.text()[-3000:]
            here.undisturbed_seconds = time.monotonic() - began
            here.expected = lakes.contents(str(here.undisturbed))
            assert list((folder / "work").glob("app-*/*/stderr")), "the cluster's executors did nothing"
            yield here
        finally:
            for one in here.jobs:
                if one.is_running():
                    one.kill()


def cluster_environment(spark_disk: Path) -> dict[str, str]:
    """The workers' environment."""
    return dict(os.environ) | {"SPARK_LOCAL_DIRS": str(spark_disk)}

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer import storage
from pipelines.context import TaskResult
from pipelines.lake import Books
from pipelines.metering.stage_metrics import METRICS_NAME, manifest_digest, read_metrics
from pipelines.metering.tempo import tempo
from pipelines.metering.usage import SLOWEST, MeasuredBatches, MeasuredTask, TaskUsage, UsageTotals, totals_of
from tests.pipelines.in_process import run, snapshot
from tests.pipelines.upkeep.lakes import recipe_of, write_inputs

usages = st.builds(
    TaskUsage,
    what=st.sampled_from(["a", "b"]),
    number=st.integers(0, 99),
    cpu_seconds=st.integers(0, 50).map(float),
    wall_seconds=st.integers(0, 50).map(float),
    bytes_read=st.integers(0, 10**9),
    bytes_written=st.integers(0, 10**9),
    peak_memory_bytes=st.integers(0, 10**9),
    documents=st.integers(0, 10**6),
)


@given(st.lists(usages), st.integers(0, 30))
def test_totals_do_not_depend_on_how_they_are_added(tasks: list[TaskUsage], cut: int) -> None:
    """As accumulators merge them: by worker, in any order."""
    whole = totals_of(tasks)
    assert totals_of(tasks[cut:]).merge(totals_of(tasks[:cut])) == whole
    assert whole.tasks == len(tasks)
    assert whole.bytes_read == sum(task.bytes_read for task in tasks)
    assert whole.peak_memory_bytes == max((task.peak_memory_bytes for task in tasks), default=0)
    slowest = sorted((task.wall_seconds for task in tasks), reverse=True)[:SLOWEST]
    assert [task.wall_seconds for task in whole.slowest] == slowest


class Heard:
    """An accumulator."""

    def __init__(self) -> None:
        self.totals = UsageTotals()

    def add(self, other: UsageTotals) -> None:
        self.totals.merge(other)


def burn(path: Path) -> TaskResult:
    """Read a file, use CPU here and in a child."""
    data = path.read_bytes()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    total = sum(range(1_000_000)) + len(data)
    assert total
    return TaskResult([storage.WrittenFile("x", 1, 77, "")], Books(records_in=5, kept=5))


def test_work_is_measured_with_its_children_and_its_result_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"x" * 1_000_000)
    heard = Heard()
    result, usage = MeasuredTask(burn, heard)(path)
    assert result.books.kept == 5
    assert usage.cpu_seconds > 0.02
    assert usage.wall_seconds > 0
    assert usage.bytes_read >= 1_000_000 or not Path("/proc/self/io").exists()
    assert (usage.bytes_written, usage.documents) == (77, 5)
    assert usage.peak_memory_bytes > 5 << 20
    assert heard.totals == UsageTotals().add(usage)


def test_a_broken_accumulator_breaks_no_task(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"")
    result, _ = MeasuredTask(burn, object())(tmp_path / "input")
    assert result.books.kept == 5


class Rows:
    def __init__(self, num_rows: int) -> None:
        self.num_rows = num_rows


@pytest.mark.parametrize(("gives_documents", "expected"), [(True, 7), (False, 0)])
def test_batches_pass_as_they_are_and_are_counted(gives_documents: bool, expected: int) -> None:
    heard = Heard()
    batches: list[Any] = [Rows(3), Rows(4)]
    measured = MeasuredBatches("step", lambda given: (batch for batch in given), heard, gives_documents)
    assert list(measured(iter(batches))) == batches
    assert (heard.totals.tasks, heard.totals.documents) == (1, expected)


def test_pace_and_time_left() -> None:
    assert tempo(37, 120, 1_234_567, 42_000_000_000, 500).line() == (
        "37/120 tasks  1.2 M documents  84.0 MB/s  about 19 min left"
    )
    assert tempo(0, 120, 0, 0, 5).line() == "0/120 tasks"
    assert tempo(120, 120, 9_999, 0, 7200).pace() == "9,999 documents  about 0 s left"
    assert tempo(1, 100, 10_000, 1, 3600).line().endswith("about 99.0 h left")
    assert tempo(1, 2, 0, 0, 0).megabytes_per_second() == 0
    json.dumps(tempo(3, 4, 5, 6, 7).fields())


def test_metrics_stand_beside_the_manifest_and_change_nothing(tmp_path: Path) -> None:
    recipe = recipe_of(write_inputs(tmp_path))
    context = run(recipe, tmp_path / "lake")
    manifests = sorted((tmp_path / "lake").rglob("manifest.json"))
    assert len(manifests) > 10
    for path in manifests:
        metrics = read_metrics(str(path.with_name(METRICS_NAME)))
        manifest = json.loads(path.read_bytes())
        assert metrics.manifest_sha256 == manifest_digest(path.read_bytes())
        assert metrics.fingerprint == manifest["fingerprint"]
        assert METRICS_NAME not in {file["path"] for file in manifest["files"]}
        path.with_name(METRICS_NAME).unlink()
    before = snapshot(tmp_path / "lake")
    again = run(recipe, tmp_path / "lake")
    assert (again.tasks_run, again.mixture_uri) == (0, context.mixture_uri)
    assert snapshot(tmp_path / "lake") == before


def test_a_stage_whose_metrics_cannot_be_written_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of(write_inputs(tmp_path))
    run(recipe, tmp_path / "whole")

    def full(uri: str, data: bytes) -> None:
        if uri.endswith(METRICS_NAME):
            raise OSError(28, "No space left on device")
        storage.write_bytes(uri, data)

    monkeypatch.setattr("pipelines.metering.stage_metrics.storage", type("Full", (), {"write_bytes": full}))
    run(recipe, tmp_path / "full")
    assert not list((tmp_path / "full").rglob(METRICS_NAME))
    assert snapshot(tmp_path / "full").keys() == snapshot(tmp_path / "whole").keys()


def test_a_manifest_that_is_written_anew_has_its_hash_noted(tmp_path: Path) -> None:
    """The same rows asked for in other words: the mixture stays, its manifest tells of the other recipe."""
    folder = write_inputs(tmp_path)
    first = run(recipe_of(folder), tmp_path / "lake")
    second = run(recipe_of(folder, rows_per_shard=20, max_epochs=501), tmp_path / "lake")
    assert second.mixture_uri == first.mixture_uri
    manifest = Path(first.mixture_uri) / "manifest.json"
    assert json.loads(manifest.read_bytes())["recipe"]["max_epochs"] == 501
    metrics = read_metrics(str(manifest.with_name(METRICS_NAME)))
    assert metrics.manifest_sha256 == manifest_digest(manifest.read_bytes())

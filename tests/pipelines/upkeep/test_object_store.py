"""Status, logs, cleaning and verifying of a lake in an object store: a real one, on loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.context import Context
from pipelines.lake import Lake
from pipelines.progress import Progress
from pipelines.runs.record import read_runs
from pipelines.runs.recording import recorded
from pipelines.stages import run_stages
from pipelines.upkeep import cleaning
from pipelines.upkeep.cleaning import Keeping, find_removals, remove
from pipelines.upkeep.status import lake_status
from pipelines.upkeep.verifying import verify_lake, verify_mixture
from tests.pipelines import in_process
from tests.pipelines.upkeep.lakes import recipe_of, write_inputs
from tests.services.seaweed import BUCKET, ObjectStore, seaweed


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as started, pytest.MonkeyPatch.context() as environment:
        for name, value in started.settings().items():
            environment.setenv(name, value)
        yield started


def build(recipe: Any, uri: str) -> Context:
    context = Context(recipe, Lake(uri), in_process.InProcess, Progress(quiet=True))
    with in_process._exact_duplicates_only(), recorded(context, "mix"):
        run_stages(context)
    return context


def keys(store: ObjectStore) -> set[str]:
    pages = store.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return {entry["Key"] for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/")}


def test_a_lake_in_an_object_store_is_listed_verified_and_cleaned(store: ObjectStore, tmp_path: Path) -> None:
    folder = write_inputs(tmp_path)
    uri = f"s3://{BUCKET}/some/lake"
    lake = Lake(uri)
    first = build(recipe_of(folder, name="first"), uri).mixture_uri
    second = build(recipe_of(folder, min_chars=40, name="second"), uri).mixture_uri

    runs = read_runs(lake)
    assert [run.outcome for run in runs] == ["done", "done"]
    log = store.client().get_object(Bucket=BUCKET, Key=f"some/lake/runs/{runs[0].id}/log.jsonl")["Body"].read()
    assert log.count(b"\n") > 20
    assert b"run done" in log
    status = lake_status(lake, 10)
    assert {line.name for line in status.mixtures if line.is_latest} == {"first", "second"}
    assert all(line.referenced_by and line.documents_out for line in status.stages)
    assert status.unfinished == []
    assert verify_mixture(first, quick=False).is_whole
    assert verify_lake(lake, quick=True).is_whole

    shard = next(
        key for key in keys(store) if key.startswith(second.removeprefix(f"s3://{BUCKET}/")) and "shard" in key
    )
    data = store.client().get_object(Bucket=BUCKET, Key=shard)["Body"].read()
    store.client().put_object(Bucket=BUCKET, Key=shard, Body=data[:-1] + bytes([data[-1] ^ 1]))
    (damage,) = verify_mixture(second, quick=False).damages
    assert f"some/lake/{damage.path}" == shard
    assert damage.remedy(uri).startswith(f"aws s3 rm --recursive {second}/ && ")

    later = datetime.now(UTC) + timedelta(hours=1)
    found = find_removals(lake, Keeping(days=0, newest_runs=0, mixtures=["first"]), later)
    paths = [removal.path for removal in found.removals]
    assert {path.split("/")[1] for path in paths} == {"decide", "dedup", "tokenize", "select"}
    list(remove(lake, found))
    left = keys(store)
    assert not [key for key in left if any(key.startswith(f"some/lake/{path}/") for path in paths)]
    assert verify_mixture(first, quick=False).is_whole
    before = {key for key in left if "/runs/" not in key}
    assert build(recipe_of(folder, name="first"), uri).tasks_run == 0
    assert {key for key in keys(store) if "/runs/" not in key} == before


def test_uploads_that_nobody_completes_are_aborted(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "LIVING_SECONDS", 0)
    client = store.client()
    client.put_object(Bucket=BUCKET, Key="other/lake/notes", Body=b"a person's own")
    client.create_multipart_upload(Bucket=BUCKET, Key="other/lake/stages/ingest/web/x/part-00000.parquet")
    client.create_multipart_upload(Bucket=BUCKET, Key="somebody/elses")
    lake = Lake(f"s3://{BUCKET}/other/lake")
    found = find_removals(lake, Keeping(days=0, newest_runs=0), datetime.now(UTC) + timedelta(hours=1))
    assert [(each.kind, each.path) for each in found.removals] == [("upload", "stages/ingest/web/x/part-00000.parquet")]
    list(remove(lake, found))
    left = [upload["Key"] for upload in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]
    assert left == ["somebody/elses"]

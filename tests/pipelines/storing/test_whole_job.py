"""The whole job with the lake and sources at `s3://`, as a person runs it, while the store fails now and then."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mixer.object_stores import Store, opened
from tests.pipelines.in_process import snapshot

pytestmark = pytest.mark.slow
PROSE = "the lamp on a harbour wall is lit each evening by its keeper and nobody in town thinks it odd of him"
CODE = "def lamp_{n}(wick: str) -> str:\n    return wick.strip() * {n}\n\n\n"


def lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def prose(seed: int) -> bytes:
    drawn = random.Random(seed)
    return lines([{"text": " ".join(drawn.choices(PROSE.split(), k=60)) + "."} for _ in range(150)])


def code(seed: int) -> bytes:
    drawn = random.Random(seed)
    return lines([{"text": "".join(CODE.format(n=drawn.randrange(10**6)) for _ in range(5))} for _ in range(120)])


def write_recipe(folder: Path, elsewhere: str) -> Path:
    """Prose from this disk, code from `elsewhere`."""
    recipe = {
        "name": "stored",
        "sources": [
            {"name": "pages", "kind": "jsonl", "uri": "pages/*.jsonl"},
            {"name": "code", "kind": "jsonl_code", "uri": f"{elsewhere}/*.jsonl"},
        ],
        "phases": [{"name": "main", "budget_tokens": 12_800, "weights": {"pages": 0.5, "code": 0.5}}],
        "sequence_length": 128,
        "rows_per_shard": 40,
        "validation": {"share": 0.1},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    return path


def mixdown(*arguments: str, code: int = 0) -> str:
    """What the command prints."""
    run = subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments],
        env=os.environ | {"MIXDOWN_S3_TIMEOUT_SECONDS": "5", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert run.returncode == code, run.stderr[-3000:] + run.stdout[-1000:]
    return run.stdout if code == 0 else run.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path, str]]:
    """The store behind its faulty proxy, a folder with a local lake of the same recipe, and the stored mixture."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "pages").mkdir()
    (folder / "raw code").mkdir()
    for number in range(2):
        (folder / "pages" / f"{number}.jsonl").write_bytes(prose(number))
        (folder / "raw code" / f"{number} + 100%.jsonl").write_bytes(code(number))
    with opened("seaweed, faulty", folder / "weed", seed=7) as store:
        store.prefix = "raw code"
        for path in (folder / "raw code").iterdir():
            store.client.put_object(Bucket=store.bucket, Key=f"raw code/{path.name}", Body=path.read_bytes())
        mixdown("build", str(write_recipe(folder, str(folder / "raw code"))), "--lake", str(folder / "lake"))
        mixdown("build", str(write_recipe(folder, store.uri)), "--lake", f"s3://{store.bucket}/a lake")
        fingerprint = store.client.get_object(Bucket=store.bucket, Key="a lake/mixtures/stored/latest")["Body"].read()
        yield store, folder, f"s3://{store.bucket}/a lake/mixtures/stored/{fingerprint.decode().strip()}"


def stored(store: Store, prefix: str) -> dict[str, bytes]:
    pages = store.client.get_paginator("list_objects_v2").paginate(Bucket=store.bucket, Prefix=prefix)
    return {
        entry["Key"].removeprefix(prefix): store.client.get_object(Bucket=store.bucket, Key=entry["Key"])["Body"].read()
        for page in pages
        for entry in page.get("Contents", [])
    }


def data_files(files: dict[str, bytes]) -> dict[str, bytes]:
    """Parquet files by stage, source and name: fingerprints hold the tags by which a store knows its inputs."""
    parts = {tuple(path.split("/")): data for path, data in files.items() if path.endswith(".parquet")}
    return {"/".join((*path[:-2], path[-1])): data for path, data in parts.items()}


def test_the_bytes_are_those_of_a_local_lake(built: tuple[Store, Path, str]) -> None:
    store, folder, _ = built
    in_store, local = stored(store, "a lake/"), snapshot(folder / "lake")
    assert data_files(in_store) == data_files(local)
    assert len(data_files(in_store)) > 15
    assert store.client.list_multipart_uploads(Bucket=store.bucket).get("Uploads", []) == []
    assert store.proxy.total_failures > 20


def lasting(store: Store) -> dict[str, bytes]:
    """The lake without the records of its runs."""
    return {key: data for key, data in stored(store, "a lake/").items() if not key.startswith("runs/")}


def test_a_second_run_does_nothing(built: tuple[Store, Path, str]) -> None:
    store, folder, mixture = built
    before = lasting(store)
    said = mixdown("build", str(write_recipe(folder, store.uri)), "--lake", f"s3://{store.bucket}/a lake")
    assert "nothing changed" in said
    assert mixture in said
    assert lasting(store) == before


def test_readers_read_it(built: tuple[Store, Path, str], tmp_path: Path) -> None:
    store, folder, mixture = built
    recipe, lake = str(write_recipe(folder, store.uri)), f"s3://{store.bucket}/a lake"
    assert "pages" in mixdown("preview", recipe, "--lake", lake)
    local = str(next((folder / "lake" / "mixtures" / "stored").glob("*/manifest.json")).parent)
    row = ("--row", "5", "--text", "200", "--json")
    assert json.loads(mixdown("explain", mixture, *row)) == json.loads(mixdown("explain", local, *row))
    mixdown("report", mixture)
    assert store.client.get_object(Bucket=store.bucket, Key=f"{mixture.split('/', 3)[3]}/report.html")["Body"].read()
    mixdown("train", mixture, "--preset", "tiny", "--steps", "2", "--output", str(tmp_path / "run"))
    target = f"s3://{store.bucket}/exported"
    mixdown("export", mixture, "--format", "megatron", "--output", target)
    mixdown("export", local, "--format", "megatron", "--output", str(tmp_path / "exported"))
    assert stored(store, "exported/") == snapshot(tmp_path / "exported")


def test_what_cannot_be_used_is_told_in_one_line(
    built: tuple[Store, Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, mixture = built
    said = mixdown("report", "s3://no-such-bucket/lake/mixtures/a/b", code=2)
    assert said.count("\n") == 1, said
    assert "there is no bucket 'no-such-bucket' at http://127.0.0.1" in said
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    said = mixdown("report", mixture, code=2)
    assert (said.count("\n"), "does not accept the credentials" in said) == (1, True), said

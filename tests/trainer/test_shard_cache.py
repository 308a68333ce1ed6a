"""Shards of an object store: fetched whole and checked, once, within a bound; the rows are those of local shards."""

import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mixer import storage
from mixer.manifest import ShardFile, read_manifest, shard_uri
from tests.trainer.mixtures import make_mixture
from trainer.errors import ShardError
from trainer.loader import TrainingLoader
from trainer.shard_cache import ShardCache

BUCKET = "shards"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def remote(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The same mixture in an object store and on disk: their manifests' uris."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    local = make_mixture(tmp_path / "mixture")
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    for path in Path(local).parent.iterdir():
        client.upload_file(str(path), BUCKET, f"mixture/{path.name}")
    return f"s3://{BUCKET}/mixture/manifest.json", local


def rows_of(uri: str, cache: ShardCache | None = None) -> list[list[int]]:
    with TrainingLoader(uri, 4, cache=cache) as loader:
        return [row for batch in loader for row in batch.input_ids.tolist()]


def test_rows_of_an_object_store_are_those_of_the_disk(remote: tuple[str, str], tmp_path: Path) -> None:
    uri, local = remote
    folder = tmp_path / "cache"
    assert rows_of(uri, ShardCache(folder)) == rows_of(local)
    kept = {path.stem for path in folder.glob("*.parquet")}
    assert kept == {file.sha256 for file in read_manifest(local).files}


def test_the_folder_stays_below_its_bound(remote: tuple[str, str], tmp_path: Path) -> None:
    uri, local = remote
    largest = max(file.bytes for file in read_manifest(local).files)
    folder = tmp_path / "cache"
    assert rows_of(uri, ShardCache(folder, 2 * largest)) == rows_of(local)
    assert sum(path.stat().st_size for path in folder.glob("*.parquet")) <= 2 * largest


def test_a_shard_that_is_not_the_manifests_is_refused(remote: tuple[str, str], tmp_path: Path) -> None:
    uri, _ = remote
    entry = read_manifest(uri).files[0]
    wrong = ShardFile(**(entry.model_dump() | {"sha256": "0" * 64}))
    with pytest.raises(ShardError, match="not what its manifest lists"):
        ShardCache(tmp_path).path_of(shard_uri(uri, entry), wrong)
    assert not list(tmp_path.glob("*.parquet"))
    assert not list(tmp_path.glob("*.tmp"))


def test_two_readers_fetch_once(remote: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri, _ = remote
    entry = read_manifest(uri).files[0]
    asked: list[str] = []
    original = storage.resolve

    def counting(where: str) -> object:
        asked.append(where)
        return original(where)

    monkeypatch.setattr(storage, "resolve", counting)
    readers = [
        threading.Thread(target=ShardCache(tmp_path).path_of, args=(shard_uri(uri, entry), entry)) for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(asked) == 1

"""A stage in an object store appears when all its files are there, and not before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mixer import storage
from mixer.storage import DamagedFile, WrittenFile
from pipelines.context import TaskResult, Unit
from pipelines.lake import Books, Lake
from tests.mixer.object_stores import Store, opened

UNIT = Unit("ingest", 1, "pages", {}, {})


@pytest.fixture(scope="module", params=["moto", "seaweed, faulty"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(request.param, tmp_path_factory.mktemp("store")) as store:
        yield store


def test_a_manifest_is_written_behind_files_that_are_there(store: Store) -> None:
    store.prefix = "publication"
    lake = Lake(store.uri)
    folder = lake.stage_uri("ingest", "pages", UNIT.fingerprint)
    storage.write_bytes(f"{folder}/part-00000.parquet", b"12345")
    missing = WrittenFile("part-00001.parquet", 1, 7, "0" * 64)
    results = [TaskResult([WrittenFile("part-00000.parquet", 1, 5, "0" * 64), missing], Books())]
    for there in (None, b"123456"):
        if there is not None:
            storage.write_bytes(f"{folder}/{missing.path}", there)
        with pytest.raises(DamagedFile, match=r"part-00001.parquet (is missing|has 6 bytes instead of 7)"):
            lake.publish(UNIT.manifest(results))
        assert lake.find("ingest", "pages", UNIT.fingerprint) is None
    storage.write_bytes(f"{folder}/{missing.path}", b"1234567")
    first = lake.publish(UNIT.manifest(results))
    before = storage.read_bytes(f"{folder}/manifest.json")
    again = lake.publish(UNIT.manifest(results))  # by another run of the same, which was as far
    assert (again, storage.read_bytes(f"{folder}/manifest.json")) == (first, before)
    assert lake.find("ingest", "pages", UNIT.fingerprint) == first


def test_a_listing_that_lags_behind_is_not_believed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenStack Swift's do; what is asked of the object itself counts."""
    store.prefix = "lagging"
    storage.write_bytes(f"{store.uri}/part", b"12345")
    monkeypatch.setattr(storage, "sizes_in", lambda folder: {})
    storage.check_files(store.uri, {"part": 5})
    with pytest.raises(DamagedFile, match="part has 5 bytes instead of 6"):
        storage.check_files(store.uri, {"part": 6})


def test_a_folder_on_a_disk_is_published_as_before(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    manifest = lake.publish(UNIT.manifest([TaskResult()]))
    assert lake.find("ingest", "pages", UNIT.fingerprint) == manifest

"""What holds in every object store, and while it fails now and then."""

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.fs
import pytest

from mixer import storage
from mixer.object_store import client as store_client
from mixer.object_store.upload import PART_BYTES
from tests.mixer.object_stores import STORES, Store, opened

ODD_KEYS = ["a b.json", "100%25.json", "c+d&e=f.json", "ü/ß 字.json", "[x]{y}~!'().json", "q?x=.json", "d/e/f.json"]
SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])


@pytest.fixture(scope="module", params=STORES)
def opened_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(request.param, tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def store(opened_store: Store, request: pytest.FixtureRequest) -> Store:
    opened_store.prefix = re.sub("[^a-z0-9]+", "-", request.node.name)  # moto's servers share their memory
    return opened_store


def unfinished(store: Store) -> list[str]:
    """Uploads left behind; where the answer to a beginning was lost, nobody knows of that one, and it is collected."""
    return [] if store.proxy.total_failures else store.uploads()


def test_bytes_come_back_under_any_key(store: Store) -> None:
    for key in ODD_KEYS:
        uri = f"{store.uri}/{key}"
        assert not storage.exists(uri)
        for data in (key.encode(), b""):  # the second time in place of the first
            storage.write_bytes(uri, data)
            assert storage.read_bytes(uri) == data
            assert storage.sha256_of(uri) == hashlib.sha256(data).hexdigest()
        assert storage.exists(uri)
    assert set(store.keys()) == set(ODD_KEYS)
    assert storage.sizes_in(f"{store.uri}/d/e") == {"f.json": 0}
    assert set(storage.sizes_in(store.uri)) == {key for key in ODD_KEYS if "/" not in key}
    assert storage.sizes_in(f"{store.uri}/nowhere") == {}
    with pytest.raises(FileNotFoundError, match="no file at s3://"):
        storage.read_bytes(f"{store.uri}/none")
    filesystem, path = storage.resolve(f"{store.uri}/d")
    assert filesystem.get_file_info(path).type == pyarrow.fs.FileType.Directory


def test_a_large_object_is_sent_in_parts_and_read_in_ranges(store: Store) -> None:
    data = np.random.default_rng(1).bytes(2 * PART_BYTES + 12345)
    uri = f"{store.uri}/large"
    store.proxy.forget()
    with storage.AtomicSink(uri) as sink:
        for start in range(0, len(data), 1_000_003):
            sink.write(data[start : start + 1_000_003])
    assert store.proxy.requests["UploadPart"] >= 3
    assert (sink.size_bytes, sink.sha256.hexdigest()) == (len(data), hashlib.sha256(data).hexdigest())
    assert storage.sha256_of(uri) == sink.sha256.hexdigest()
    assert (store.keys(), unfinished(store)) == (["large"], [])
    filesystem, path = storage.resolve(uri)
    random = np.random.default_rng(2)
    with filesystem.open_input_file(path) as file:
        assert file.size() == len(data)
        for start in random.integers(0, len(data), 20):
            size = int(random.integers(0, 3_000_000))
            file.seek(start)
            assert file.read(size) == data[start : start + size]
        assert file.read_at(100, len(data) - 50) == data[-50:]


def test_row_groups_of_a_parquet_file(store: Store) -> None:
    tables = [
        pa.table({"n": range(at, at + 5000), "text": [f"{n * n}" * 9 for n in range(at, at + 5000)]}, schema=SCHEMA)
        for at in range(0, 50_000, 5000)
    ]
    uri = f"{store.uri}/part.parquet"
    written = storage.write_parquet(uri, SCHEMA, tables)
    assert written.sha256 == storage.sha256_of(uri)
    assert storage.read_table(uri).equals(pa.concat_tables(tables))
    groups = list(storage.row_groups(uri, ["text"]))
    assert [group.column("text").to_pylist() for group in groups] == [t.column("text").to_pylist() for t in tables]
    store.client.put_object(Bucket=store.bucket, Key=f"{store.prefix}/cut.parquet", Body=storage.read_bytes(uri)[:-9])
    with pytest.raises(storage.DamagedFile, match=r"cut\.parquet is no whole Parquet file"):
        storage.open_parquet(f"{store.uri}/cut.parquet")


@pytest.mark.parametrize("size_bytes", [10, 2 * PART_BYTES + 1])
def test_an_abandoned_write_is_visible_at_no_moment(store: Store, size_bytes: int) -> None:
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.update(store.keys())

    def write_and_fail() -> None:
        with storage.AtomicSink(f"{store.uri}/half") as sink:
            for _ in range(10):
                sink.write(bytes(size_bytes // 10 + 1))
            raise RuntimeError("the source broke")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with pytest.raises(RuntimeError, match="the source broke"):
            write_and_fail()
    finally:
        done.set()
        watcher.join()
    assert (seen, store.keys(), unfinished(store)) == (set(), [], [])


def test_a_listing_of_many_pages_is_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 1_050
    if "faulty" in store.name:  # more pages, each of which may fail
        count = 105
        monkeypatch.setattr(store_client, "PAGE_KEYS", 10)
    names = [f"part-{number:05d}" for number in range(count)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.client.put_object(Bucket=store.bucket, Key=f"{store.prefix}/{name}"), names))
    store.proxy.forget()
    assert list(storage.sizes_in(store.uri)) == names
    assert store.proxy.requests["ListObjects"] >= 2
    storage.check_files(store.uri, dict.fromkeys(names, 0))
    with pytest.raises(storage.DamagedFile, match="part-99999 is missing"):
        storage.check_files(store.uri, {"part-99999": 0})


def test_two_writers_of_the_same_bytes_harm_nobody(store: Store) -> None:
    data = np.random.default_rng(3).bytes(PART_BYTES + 1000)
    files = {"part": data, "manifest.json": json.dumps({"part": len(data)}).encode()}
    wrong: list[object] = []
    done = threading.Event()

    def write() -> None:
        for _ in range(2):
            for name, content in files.items():
                storage.write_bytes(f"{store.uri}/{name}", content)

    def read() -> None:
        while not done.is_set():
            if storage.exists(f"{store.uri}/manifest.json"):  # so the part is there, whole
                wrong.extend(
                    name for name, content in files.items() if storage.read_bytes(f"{store.uri}/{name}") != content
                )

    with ThreadPoolExecutor(3) as pool:
        reader = pool.submit(read)
        try:
            for writer in [pool.submit(write) for _ in range(2)]:
                writer.result()
        finally:
            done.set()
        reader.result()
    assert wrong == []
    assert (sorted(store.keys()), unfinished(store)) == (["manifest.json", "part"], [])


def test_a_forked_process_has_a_client_of_its_own(store: Store, tmp_path: Path) -> None:
    storage.write_bytes(f"{store.uri}/parents", b"seen")
    child = os.fork()
    if not child:  # pragma: no cover - another process
        try:
            storage.write_bytes(f"{store.uri}/childs", storage.read_bytes(f"{store.uri}/parents"))
        finally:
            os._exit(0)
    assert storage.read_bytes(f"{store.uri}/parents") == b"seen"
    os.waitpid(child, 0)
    assert storage.read_bytes(f"{store.uri}/childs") == b"seen"


def test_some_requests_failed(store: Store) -> None:
    """The last test of each store: nothing above says anything about failures unless there were some."""
    storage.sizes_in(store.uri)
    assert bool(store.proxy.total_failures) == ("faulty" in store.name)

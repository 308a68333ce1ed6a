"""Killed writers, killed stores, outages, stalls and refusals."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixer import storage
from mixer.object_store import client as store_client
from mixer.object_store import retries
from mixer.object_store.abandoned_uploads import abandoned_uploads, abort_uploads
from mixer.object_store.errors import StoreDeniedError, StoreError
from mixer.object_store.upload import PART_BYTES
from tests.mixer.object_stores import Store, be_quick, opened
from tests.services.faulty_proxy import Fault, faulty_proxy
from tests.services.processes import kill_group, wait_for
from tests.services.seaweed import BUCKET, seaweed


@pytest.fixture(scope="module", params=["moto", "seaweed"])
def opened_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened(request.param, tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def store(opened_store: Store, request: pytest.FixtureRequest) -> Store:
    opened_store.prefix = request.node.name.split("[")[0]
    opened_store.proxy.forget()
    return opened_store


WRITER = """
import sys, time
from mixer import storage
from mixer.object_store.upload import PART_BYTES
with storage.AtomicSink(sys.argv[1]) as sink:
    for _ in range(3):
        sink.write(bytes(PART_BYTES))
    print("sent", flush=True)
    time.sleep(600)
"""


def test_a_killed_writer_leaves_nothing_visible(store: Store) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, f"{store.uri}/part"], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "sent\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert (store.keys(), store.uploads()) == ([], [f"{store.prefix}/part"])
    if store.name == "seaweed":  # moto says of every upload that it was begun in 2010
        assert abandoned_uploads(store.uri, older_than_seconds=3600) == []
    assert abandoned_uploads(f"{store.uri}-other", older_than_seconds=0) == []
    (left,) = abandoned_uploads(store.uri, older_than_seconds=0)
    assert left.uri == f"{store.uri}/part"
    storage.write_bytes(left.uri, b"the next attempt's")
    abort_uploads([left])
    abort_uploads([left])  # gone already
    assert (abandoned_uploads(store.uri, older_than_seconds=0), store.uploads()) == ([], [])
    assert storage.read_bytes(left.uri) == b"the next attempt's"


WRITES = ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "HeadObject", "PutObject")
READS = ("GetObject", "ListObjects")
# Of answers without a body nothing can be cut.
FAULTS: list[tuple[Fault, tuple[str, ...]]] = [
    *((fault, (*WRITES, *READS)) for fault in ("slow_down", "error", "refused", "lost")),
    ("cut", (*READS, "CreateMultipartUpload")),
    ("stall", READS),
]


@pytest.mark.parametrize(("fault", "operations"), FAULTS)
def test_each_request_survives_each_fault(store: Store, fault: Fault, operations: tuple[str, ...]) -> None:
    data = os.urandom(PART_BYTES + 999_999)
    for operation in operations:
        store.proxy.fail_next(operation, fault, fault)
    with storage.AtomicSink(f"{store.uri}/{fault}") as sink:
        sink.write(data)
    assert storage.read_bytes(f"{store.uri}/{fault}") == data
    assert storage.sizes_in(store.uri)[fault] == len(data)
    storage.write_bytes(f"{store.uri}/small", data[:1000])
    assert storage.sha256_of(f"{store.uri}/small") == hashlib.sha256(data[:1000]).hexdigest()
    assert store.proxy.failures == {fault: 2 * len(operations)}


def test_an_outage_costs_time_and_nothing_else(store: Store) -> None:
    data = os.urandom(PART_BYTES + 10)
    store.proxy.out(seconds=1.5)
    with storage.AtomicSink(f"{store.uri}/x") as sink:
        sink.write(data)
        store.proxy.out(seconds=1.5)  # while a part is on its way
    filesystem, path = storage.resolve(f"{store.uri}/x")
    with filesystem.open_input_stream(path, compression=None) as stream:
        start = stream.read(1000)
        store.proxy.out(seconds=1.5)
        assert start + stream.read() == data


def test_a_file_that_is_replaced_while_it_is_read_is_no_mixture_of_both(store: Store) -> None:
    uri = f"{store.uri}/replaced"
    storage.write_bytes(uri, bytes(PART_BYTES))
    filesystem, path = storage.resolve(uri)
    with filesystem.open_input_stream(path, compression=None) as stream:
        stream.read(10)
        storage.write_bytes(uri, b"\1" * PART_BYTES)
        with pytest.raises(StoreError, match="replaced was replaced while it was read"):
            stream.read()


def test_patience_ends_with_what_was_asked_and_tried(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write_bytes(f"{store.uri}/x", b"x")
    monkeypatch.setenv("MIXDOWN_S3_RETRY_SECONDS", "0.3")
    store.proxy.fail_next("GetObject", *["slow_down"] * 1000)
    with pytest.raises(StoreError, match=rf"{store.uri}/x: 503 SlowDown, after \d+ tries in \d+ s") as caught:
        storage.read_bytes(f"{store.uri}/x")
    assert "MIXDOWN_S3_RETRY_SECONDS" in str(caught.value)
    store.proxy._next.clear()
    # What the store refuses for good is not asked for again.
    store.proxy.forget()
    with pytest.raises(FileNotFoundError):
        storage.read_bytes(f"{store.uri}/none")
    assert store.proxy.requests["GetObject"] == 1


def test_an_abandoned_write_does_not_wait_for_a_store_that_is_gone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_client, "ABORT_SECONDS", 0.2)

    def write_and_fail() -> None:
        with storage.AtomicSink(f"{store.uri}/x") as sink:
            sink.write(bytes(PART_BYTES + 1))
            sink.write(bytes(PART_BYTES))
            wait_for("the part", lambda: store.proxy.requests["UploadPart"] > 0)
            store.proxy.fail_next("AbortMultipartUpload", *["slow_down"] * 1000)
            raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        write_and_fail()
    store.proxy._next.clear()
    assert store.keys() == []
    abort_uploads(abandoned_uploads(store.uri, older_than_seconds=0))
    assert store.uploads() == []


def test_refusals_say_what_to_change(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for use in (storage.read_bytes, storage.exists, storage.sizes_in, lambda uri: storage.write_bytes(uri, b"")):
        with pytest.raises(StoreError, match="there is no bucket 'no-such-bucket' at http://127"):
            use("s3://no-such-bucket/x")
    with pytest.raises(StoreError, match="is a bucket: the key of a file"):
        storage.read_bytes(f"s3://{store.bucket}")
    with pytest.raises(StoreError, match=r"credentials have no place in it") as caught:
        storage.exists("s3://key:word@lake/x")
    assert "word" not in str(caught.value)
    with pytest.raises(StoreError, match="names no bucket"):
        storage.exists("s3://")
    with monkeypatch.context() as patch:
        patch.setenv("MIXDOWN_S3_RETRY_SECONDS", "long")
        with pytest.raises(StoreError, match="MIXDOWN_S3_RETRY_SECONDS is 'long'"):
            storage.exists(f"{store.uri}/x")
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://not an address")
        with pytest.raises(StoreError, match="correct AWS_ENDPOINT_URL"):
            storage.exists(f"{store.uri}/x")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(StoreDeniedError, match="no credentials for http://127"):
        storage.read_bytes(f"{store.uri}/x")


def test_wrong_credentials_are_told_apart_from_a_missing_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if store.name == "moto":
        pytest.skip("moto checks no signature")
    storage.write_bytes(f"{store.uri}/x", b"x")
    for name, code in (("AWS_SECRET_ACCESS_KEY", "SignatureDoesNotMatch"), ("AWS_ACCESS_KEY_ID", "InvalidAccessKeyId")):
        with monkeypatch.context() as patch:
            patch.setenv(name, "wrong")
            with pytest.raises(StoreDeniedError, match=f"does not accept the credentials .{code}"):
                storage.read_bytes(f"{store.uri}/x")
            with pytest.raises(PermissionError, match="denies access"):
                storage.exists(f"{store.uri}/x")
            with pytest.raises(PermissionError):
                storage.write_bytes(f"{store.uri}/y", b"y")
    assert store.keys() == ["x"]


def test_a_store_that_is_killed_and_started_again_has_all_that_it_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, bytes] = {}
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            name, data = f"{len(written):05d}", os.urandom(20_000 + 137 * len(written))
            storage.write_bytes(f"s3://{BUCKET}/lake/{name}", data)
            written[name] = data

    with seaweed(tmp_path) as first, faulty_proxy(first.endpoint, faults={}) as proxy:
        for variable, value in first.settings(proxy.endpoint).items():
            monkeypatch.setenv(variable, value)
        be_quick(monkeypatch)
        monkeypatch.setenv("MIXDOWN_S3_RETRY_SECONDS", "180")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            wait_for("objects", lambda: len(written) > 50)
            kill_group(first.process)
            before = len(written)
            with seaweed(tmp_path) as second:
                proxy.upstream = second.endpoint
                wait_for("objects after the restart", lambda: len(written) > before + 50)
                stop.set()
                writer.join()
                found = storage.sizes_in(f"s3://{BUCKET}/lake")
                assert found == {name: len(data) for name, data in written.items()}
                for name, data in written.items():
                    assert storage.read_bytes(f"s3://{BUCKET}/lake/{name}") == data
        finally:
            stop.set()
            writer.join()


def test_waits_are_bounded_and_apart() -> None:
    """Full jitter: between nothing and twice as much as the time before."""
    waits: list[float] = []

    def fail() -> None:
        raise ConnectionResetError("reset")

    with pytest.MonkeyPatch.context() as patch:
        now = [0.0]
        patch.setattr(time, "sleep", lambda seconds: (waits.append(seconds), now.__setitem__(0, now[0] + seconds)))
        patch.setattr(time, "monotonic", lambda: now[0])
        with pytest.raises(StoreError, match=r"x: reset, after \d+ tries in 100 s"):
            retries.patiently("x", 100.0, fail)
    assert max(waits) <= retries.MAX_WAIT_SECONDS
    assert sum(waits) == pytest.approx(100.0)
    assert len(set(waits)) == len(waits) > 10

import http.server
import io
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.readers import resuming, web_file
from pipelines.readers.inputs import inputs_at, open_input
from tests.pipelines.sources.object_store import BUCKET, object_store, put
from tests.pipelines.sources.web_server import Served, serving

SUFFIXES = (".jsonl", ".json")


def names(uri: str | Path) -> list[str]:
    return [file.name for file in inputs_at(str(uri), SUFFIXES, "lines")]


def make(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode())


ODD = ["a b.jsonl", "[1].jsonl", "größe.jsonl", "x*y.jsonl", "50%20.jsonl", "q?.jsonl", "line\nfeed.jsonl", "#.jsonl"]


@pytest.mark.parametrize("name", ODD)
def test_a_file_with_an_odd_name_is_that_file(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, "1.jsonl", "xzy.jsonl", "qa.jsonl")
    (found,) = inputs_at(str(tmp_path / name), SUFFIXES, "lines")
    assert found.name == name
    with open_input(found.uri) as file:
        assert file.read() == name.encode()


def test_a_folder_is_searched_with_its_subfolders_and_without_hidden_ones(tmp_path: Path) -> None:
    make(
        tmp_path, *ODD, "sub/b.json", "sub/deep/c.jsonl", ".hidden.jsonl", ".git/x.jsonl", "sub/.cache/y.json", "n.txt"
    )
    assert names(tmp_path) == sorted([*ODD, "sub/b.json", "sub/deep/c.jsonl"])
    assert names(f"{tmp_path}/") == names(tmp_path)


def test_a_relative_uri_is_taken_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.jsonl", "sub/b.jsonl")
    monkeypatch.chdir(tmp_path)
    assert (names("."), names("sub"), names("*.jsonl")) == (["a.jsonl", "sub/b.jsonl"], ["b.jsonl"], ["a.jsonl"])
    assert Path(inputs_at("a.jsonl", SUFFIXES, "lines")[0].uri).is_absolute()


PATTERNS = [
    ("*.jsonl", ["a.jsonl", "b.jsonl", "é.jsonl"]),
    ("?.jsonl", ["a.jsonl", "b.jsonl", "é.jsonl"]),
    ("[ab].jsonl", ["a.jsonl", "b.jsonl"]),
    ("[!a].jsonl", ["b.jsonl", "é.jsonl"]),
    ("[b-a].jsonl", []),
    ("[[]1].jsonl", ["[1].jsonl"]),
    ("**", ["[1].jsonl", "a.jsonl", "b.jsonl", "s/c.jsonl", "s/t/d.jsonl", "s/t/e.txt", "é.jsonl"]),
    ("**/*.jsonl", ["[1].jsonl", "a.jsonl", "b.jsonl", "s/c.jsonl", "s/t/d.jsonl", "é.jsonl"]),
    ("**/t/**/*", ["s/t/d.jsonl", "s/t/e.txt"]),
    ("**/**/d.jsonl", ["s/t/d.jsonl"]),
    ("*/c.jsonl", ["s/c.jsonl"]),
    ("s/**/c.jsonl", ["c.jsonl"]),
    (".*.jsonl", [".h.jsonl"]),
    ("*.JSONL", []),
]
TREE = [
    "a.jsonl",
    "b.jsonl",
    "é.jsonl",
    "[1].jsonl",
    "s/c.jsonl",
    "s/t/d.jsonl",
    "s/t/e.txt",
    ".h.jsonl",
    "s/.h/f.jsonl",
]


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS)
def test_patterns(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    if pattern in ("*.jsonl",):
        expected = [*expected, "[1].jsonl"]
    make(tmp_path, *TREE)
    if not expected:
        with pytest.raises(FileNotFoundError, match=r"no lines at .*give a file"):
            names(tmp_path / pattern)
    else:
        assert names(tmp_path / pattern) == sorted(expected)


def test_links_to_files_are_followed_and_folders_that_lead_in_circles_end(tmp_path: Path) -> None:
    make(tmp_path, "blobs/1f", "set/a.jsonl", "other/b.jsonl")
    (tmp_path / "set" / "linked.jsonl").symlink_to(tmp_path / "blobs" / "1f")
    (tmp_path / "set" / "loop").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "out").symlink_to(tmp_path / "other")
    assert names(tmp_path / "set") == ["a.jsonl", "linked.jsonl"]
    assert names(tmp_path / "set" / "**" / "*.jsonl") == ["a.jsonl", "linked.jsonl"]
    assert names(tmp_path / "set" / "o*" / "*.jsonl") == ["out/b.jsonl"]  # a level that the pattern names
    assert names(tmp_path / "set" / "out") == ["b.jsonl"]
    assert inputs_at(str(tmp_path / "set" / "linked.jsonl"), SUFFIXES, "lines")[0].size_bytes == len("blobs/1f")


@pytest.mark.parametrize("target", ["gone", "broken.jsonl"])
def test_a_link_that_leads_nowhere_is_an_error_and_no_silent_gap(tmp_path: Path, target: str) -> None:
    make(tmp_path, "a.jsonl")
    (tmp_path / "broken.jsonl").symlink_to(target)
    (tmp_path / ".#lock.jsonl").symlink_to("nowhere")
    for uri in (tmp_path, tmp_path / "*.jsonl"):
        with pytest.raises(FileNotFoundError, match=r"broken\.jsonl is a link that leads nowhere"):
            names(uri)
    assert names(tmp_path / "a*") == ["a.jsonl"]


def test_pipes_and_unreadable_names_are_no_input(tmp_path: Path) -> None:
    make(tmp_path, "a.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert names(tmp_path) == ["a.jsonl"]
    with pytest.raises(FileNotFoundError):
        names(tmp_path / "pipe.jsonl")
    with open(os.fsencode(tmp_path) + b"/\xff.jsonl", "wb"):
        pass
    with pytest.raises(ValueError, match=r"is no UTF-8: rename"):
        names(tmp_path)


def test_the_identity_changes_with_content_size_and_time_and_not_with_the_folder(tmp_path: Path) -> None:
    def identity(folder: str, data: bytes, time_ns: int) -> str:
        path = tmp_path / folder / "a.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(time_ns, time_ns))
        return inputs_at(str(path), SUFFIXES, "lines")[0].identity

    assert identity("one", b"{}", 1) == identity("two", b"{}", 1)
    assert len({identity("one", *edit) for edit in ((b"{}", 1), (b"{} ", 1), (b"{}", 2))}) == 3


# --- object stores


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, object_store(patch) as client:
        yield client


def test_an_object_store_is_searched_as_a_disk_is(store: Any, tmp_path: Path) -> None:
    tree = [*TREE, *(name for name in ODD if "\n" not in name and name not in TREE)]
    make(tmp_path, *tree)
    put(store, {f"tree/{path}": path.encode() for path in tree})
    for uri in ("", *(pattern for pattern, _ in PATTERNS), "a.jsonl", "s/", *tree):
        try:
            expected = names(f"{tmp_path}/{uri}")
        except FileNotFoundError:
            with pytest.raises(FileNotFoundError):
                names(f"s3://{BUCKET}/tree/{uri}")
            continue
        assert names(f"s3://{BUCKET}/tree/{uri}") == expected, uri
    for file in inputs_at(f"s3://{BUCKET}/tree/", SUFFIXES, "lines"):
        with open_input(file.uri) as opened:
            assert opened.read() == file.name.encode()


def test_an_objects_identity_is_of_its_content(store: Any) -> None:
    def identity(data: bytes) -> str:
        put(store, {"identity/a.jsonl": data})
        return inputs_at(f"s3://{BUCKET}/identity/a.jsonl", SUFFIXES, "lines")[0].identity

    assert identity(b"{}") == identity(b"{}")
    assert identity(b"{}") != identity(b"[]")  # the same size in the same second


def test_settings_of_the_store_stay_on_the_uri(store: Any) -> None:
    put(store, {"settings/a?.jsonl": b"{}"})
    (found,) = inputs_at(f"s3://{BUCKET}/settings/a?.jsonl?region=us-east-1", SUFFIXES, "lines")
    assert (found.name, found.uri) == ("a?.jsonl", f"s3://{BUCKET}/settings/a?.jsonl?region=us-east-1")
    with open_input(found.uri) as file:
        assert file.read() == b"{}"


def test_the_endpoint_for_s3_alone_comes_first(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, {"endpoint/a.jsonl": b"{}"})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert names(f"s3://{BUCKET}/endpoint") == ["a.jsonl"]


def test_what_is_not_there_is_told(store: Any) -> None:
    for uri in (f"s3://{BUCKET}/none", f"s3://{BUCKET}/none/*.jsonl", "s3://no-such-bucket/a.jsonl"):
        with pytest.raises(FileNotFoundError, match="no lines at"):
            names(uri)
    with pytest.raises(FileNotFoundError):
        open_input(f"s3://{BUCKET}/none.jsonl")


FAILURES = 4  # in a row


class Flaky(http.server.BaseHTTPRequestHandler):
    """Passes requests on to the store, but the first FAILURES reads."""

    upstream = ""
    count = 0

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_GET(self) -> None:
        type(self).count += 1
        if type(self).count <= FAILURES:
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        connection = http.client.HTTPConnection(self.upstream)
        connection.request(self.command, self.path, headers=dict(self.headers.items()))
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_store_that_fails_for_a_while_costs_time_and_nothing_else(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(300_000)
    put(store, {"flaky/a.jsonl": data})
    monkeypatch.setattr(resuming, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(Flaky, "upstream", os.environ["AWS_ENDPOINT_URL"].removeprefix("http://"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Flaky)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    try:
        with open_input(f"s3://{BUCKET}/flaky/a.jsonl") as file:
            assert file.read() == data
        assert Flaky.count == FAILURES + 1
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Tired:
    """A file elsewhere that gives a byte or ten at a time, and fails before each of them as often as it is told."""

    name = "tired"

    def __init__(self, data: bytes, failures: int) -> None:
        self.data, self.size_bytes, self.failures, self.failed = data, len(data), failures, 0

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        self.failed += 1
        if self.failed <= self.failures:
            raise resuming.Interrupted("so tired")
        self.failed = 0
        return self.data[offset : offset + min(size_bytes, 1 + offset % 10)]

    def close(self) -> None:
        pass


def test_reading_goes_on_where_it_was_interrupted() -> None:
    data = os.urandom(100)
    file = resuming.ResumingFile(Tired(data, resuming.ATTEMPTS - 1))
    assert file.read(50) + file.read() == data
    with pytest.raises(OSError, match="tired at byte 0: so tired, 6 times"):
        resuming.ResumingFile(Tired(data, resuming.ATTEMPTS)).read(100)


# --- the web


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "FIRST_WAIT_SECONDS", 0.001)


DATA = bytes(range(256)) * 1000


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_on_the_web_is_read_from_any_byte(ranges: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "BUFFER_BYTES", 1000)
    with serving(Served({"/set/a%20b.jsonl": DATA}, ranges=ranges)) as served:
        (found,) = inputs_at(f"{served.address}/set/a b.jsonl", SUFFIXES, "lines")
        assert (found.name, found.size_bytes, found.has_ranges) == ("a b.jsonl", len(DATA), ranges)
        with open_input(found.uri) as file:
            assert file.read() == DATA
            assert file.seek(-5, io.SEEK_END) == len(DATA) - 5
            assert file.read(100) == DATA[-5:]
            file.seek(7777)
            assert file.read(10_000) == DATA[7777:17_777]
            assert file.seek(len(DATA) + 10) == len(DATA) + 10
            assert file.read(1) == b""


@pytest.mark.parametrize("ranges", [True, False])
def test_interruptions_are_gone_through_without_a_byte_lost(ranges: bool) -> None:
    with serving(Served({"/a": DATA}, ranges=ranges)) as served:
        served.statuses = [503, 429, 500]
        served.cuts = [0, 1, 100_000, 70_000, 3]
        with open_input(f"{served.address}/a") as file:
            assert file.read() == DATA
        assert not served.statuses
        assert not served.cuts
        resumed = [asked for _, asked in served.requests[4:]]
        assert any(asked not in ("bytes=0-", "") for asked in resumed) == ranges


def test_a_server_that_stays_down_is_an_error_that_names_the_place() -> None:
    with serving(Served({"/a": DATA})) as served:
        served.cuts = [1000]
        with open_input(f"{served.address}/a") as file:
            served.statuses = [503] * 100
            with pytest.raises(OSError, match=r"/a at byte 1000: status 503, 6 times"):
                file.read()
        with pytest.raises(FileNotFoundError, match=r"cannot be fetched: .*status 503"):
            names(f"{served.address}/a")


def test_a_file_that_changes_under_the_reader_is_never_spliced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "BUFFER_BYTES", 1000)
    with serving(Served({"/a": DATA}, cuts=[5000])) as served, open_input(f"{served.address}/a") as file:
        assert file.read(1000) == DATA[:1000]
        served.files["/a"] = DATA[::-1]
        with pytest.raises(OSError, match="changed while it was read"):
            file.read()


@pytest.mark.parametrize("status", [404, 403, 410, 401])
def test_a_missing_file_is_told_at_once(status: int) -> None:
    with serving(Served({})) as served:
        served.statuses = [status] if status != 404 else []
        with pytest.raises(FileNotFoundError, match=f"status {status}"):
            names(f"{served.address}/a")
        assert len(served.requests) == 1


def test_the_identity_on_the_web_is_the_tag_the_date_or_a_digest() -> None:
    with serving(Served({"/a": b"{}"})) as served:

        def identity() -> str:
            return inputs_at(f"{served.address}/a", SUFFIXES, "lines")[0].identity

        tagged = identity()
        served.files["/a"] = b"[]"
        assert identity() != tagged
        served.etags = False
        digest = identity()
        served.files["/a"] = b"{}"
        assert identity() != digest
        served.dates = True
        assert "2015" in identity()


def test_an_empty_file_on_the_web_is_empty() -> None:
    for ranges in (True, False):
        with serving(Served({"/a": b""}, ranges=ranges)) as served:
            assert inputs_at(f"{served.address}/a", SUFFIXES, "lines")[0].size_bytes == 0
            with open_input(f"{served.address}/a") as file:
                assert file.read() == b""


def test_compression_for_the_way_is_refused_unless_the_name_says_that_the_file_is_compressed() -> None:
    with serving(Served({"/a.jsonl": DATA, "/a.jsonl.gz": DATA}, encoding="gzip")) as served:
        with pytest.raises(ValueError, match=r"comes compressed for the way \(gzip\)"):
            names(f"{served.address}/a.jsonl")
        with open_input(f"{served.address}/a.jsonl.gz") as file:  # Apache labels stored archives so
            assert file.read() == DATA


def test_a_file_of_unknown_size_is_refused() -> None:
    with (
        serving(Served({"/a": DATA}, ranges=False, sized=False)) as served,
        pytest.raises(ValueError, match="tells no size"),
    ):
        names(f"{served.address}/a")


def test_redirects_lead_only_to_safe_places() -> None:
    places = {"/here": "/a", "/out": "http://example.org/a", "/file": "file:///etc/passwd", "/round": "/round"}
    with serving(Served({"/a": DATA}, redirects=places)) as served:
        with open_input(f"{served.address}/here") as file:
            assert file.read() == DATA
        with pytest.raises(ValueError, match="not https"):
            names(f"{served.address}/out")
        with pytest.raises((ValueError, FileNotFoundError)):
            names(f"{served.address}/file")
        with pytest.raises(FileNotFoundError):
            names(f"{served.address}/round")


def test_a_secure_address_is_never_left_for_an_open_one() -> None:
    request = web_file.urllib.request.Request("https://lamp.example/a")
    handler = web_file._CheckedRedirects()
    with pytest.raises(ValueError, match="leads to"):
        handler.redirect_request(request, None, 302, "", {}, "http://127.0.0.1/a")
    assert handler.redirect_request(request, None, 302, "", {}, "https://other.example/a") is not None


@pytest.mark.parametrize("address", ["http://lamp.example/a", "http://10.0.0.1/a", "http://169.254.169.254/latest"])
def test_plain_http_is_for_this_machine(address: str) -> None:
    with pytest.raises(ValueError, match="not https, and not on this machine"):
        names(address)


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_file, "SECONDS_WITHOUT_DATA", 0.05)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(FileNotFoundError, match=r"cannot be fetched: .*timed out"),
    ):
        names(f"http://127.0.0.1:{silent.getsockname()[1]}/a")


def test_a_trickle_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_file, "SLOW_SECONDS", -1)
    monkeypatch.setattr(web_file, "MIN_BYTES_PER_SECOND", 1 << 60)
    with serving(Served({"/a": DATA})) as served, open_input(f"{served.address}/a") as file:
        with pytest.raises(OSError, match="too slow, 6 times"):
            file.read()
        monkeypatch.undo()
        assert file.read() == DATA

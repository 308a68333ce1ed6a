import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mixer.object_store import retries
from mixer.object_store.errors import StoreError
from pipelines.readers.inputs import inputs_at, open_input
from tests.pipelines.sources.object_store import BUCKET, object_store, put

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
    for uri in (f"s3://{BUCKET}/none", f"s3://{BUCKET}/none/*.jsonl"):
        with pytest.raises(FileNotFoundError, match="no lines at"):
            names(uri)
    with pytest.raises(StoreError, match="no bucket 'no-such-bucket' at http://127"):
        names("s3://no-such-bucket/a.jsonl")
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
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.001)
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

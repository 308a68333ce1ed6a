import io
import os
import socket
from pathlib import Path

import pytest

from pipelines.readers import resuming, web_file
from pipelines.readers.inputs import inputs_at, open_input
from tests.pipelines.sources.web_server import Served, serving

SUFFIXES = (".jsonl", ".json")


def names(uri: str | Path) -> list[str]:
    return [file.name for file in inputs_at(str(uri), SUFFIXES, "lines")]


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

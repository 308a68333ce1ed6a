"""Bodies to text: encodings, character sets, extraction under limits."""

import gzip
import os
import signal
import zlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.readers.web.charset import Undecodable, decoded_text
from pipelines.readers.web.html import nesting
from pipelines.readers.web.html_process import ExtractionFailed, HtmlProcess
from pipelines.readers.web.http_responses import UnreadableBody, decoded_body, parse_response

BODY = b"\x01\x02 some payload that is long enough to be worth compressing " * 20
LIMIT = 1 << 20


def body_of(headers: str, body: bytes, limit: int = LIMIT) -> bytes:
    response = parse_response(f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode() + body)
    assert response is not None
    return decoded_body(response, limit)


def brotli(data: bytes) -> bytes:
    return bytes(pa.compress(data, "brotli", asbytes=True))


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


ENCODERS = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli),
    ("zstd", zstd),
]


@pytest.mark.parametrize(("name", "encode"), ENCODERS)
def test_content_encodings_are_undone(name: str, encode) -> None:
    headers = f"Content-Encoding: {name}"
    assert body_of(headers, encode(BODY)) == BODY
    assert body_of(headers, b"<p>stored decoded</p>") == b"<p>stored decoded</p>"
    with pytest.raises(UnreadableBody, match=name.removeprefix("x-") + "|cut off") as caught:
        body_of(headers, encode(BODY)[:-9])
    assert caught.value.reason == "content_encoding"


@pytest.mark.parametrize(("name", "encode"), ENCODERS)
def test_a_bomb_is_refused(name: str, encode) -> None:
    with pytest.raises(UnreadableBody) as caught:
        body_of(f"Content-Encoding: {name}", encode(bytes(3 << 20)))
    assert caught.value.reason == "payload_too_large"


def test_stacked_encodings_and_chunks() -> None:
    encoded = gzip.compress(gzip.compress(BODY))
    chunks = b"".join(
        b"%x;name=value\r\n%s\r\n" % (len(encoded[i : i + 7]), encoded[i : i + 7]) for i in range(0, len(encoded), 7)
    )
    headers = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip, gzip"
    assert body_of(headers, chunks + b"0\r\n\r\n") == BODY
    with pytest.raises(UnreadableBody) as caught:
        body_of(headers, chunks)
    assert caught.value.reason == "chunked"
    with pytest.raises(UnreadableBody, match="4 encodings"):
        body_of("Content-Encoding: gzip, gzip, gzip, gzip", encoded)


@pytest.mark.parametrize("body", [b"<html>not chunked</html>", b"beef\nis what the text begins with", b""])
def test_a_body_stored_without_its_chunks_is_taken_as_it_is(body: bytes) -> None:
    if body:
        assert body_of("Transfer-Encoding: chunked", body) == body


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "zstd", "", "nonsense"]), st.booleans())
@hypothesis_settings(max_examples=200, deadline=None)
def test_hostile_bodies_are_read_or_refused(body: bytes, encoding: str, is_chunked: bool) -> None:
    headers = f"Content-Encoding: {encoding}" + ("\r\nTransfer-Encoding: chunked" if is_chunked else "")
    try:
        size, reason = len(body_of(headers, body, limit=1000)), ""
    except UnreadableBody as error:
        size, reason = 0, error.reason
    assert size <= 1000
    assert reason in ("", "content_encoding", "chunked", "payload_too_large")


RUSSIAN = "Смотритель маяка каждый вечер записывал погоду в толстую тетрадь."
GERMAN = "Über den Dächern läuft die Sonne müde und grüßt die Türme der Stadt. " * 4


@pytest.mark.parametrize(
    ("data", "declared", "encoding"),
    [
        (RUSSIAN.encode("cp1251"), "windows-1251", "cp1251"),
        (RUSSIAN.encode("cp1251") * 4, None, "cp1251"),
        (b'<meta charset="koi8-r">' + RUSSIAN.encode("koi8-r"), None, "koi8-r"),
        (b"\xef\xbb\xbf" + RUSSIAN.encode(), "windows-1251", "utf-8"),
        (b"\xff\xfe" + RUSSIAN.encode("utf-16-le"), None, "utf-16-le"),
        (GERMAN.encode("cp1252"), "utf-8", "cp1252"),
        ("日本語のテキスト①".encode("cp932"), "Shift_JIS", "cp932"),
        (RUSSIAN.encode(), "zlib", "utf-8"),
        (RUSSIAN.encode(), "utf-8", "utf-8"),
    ],
)
def test_charsets(data: bytes, declared: str | None, encoding: str) -> None:
    text, found, _ = decoded_text(data, declared, is_html=True)
    assert found == encoding
    assert any(sample in text for sample in (RUSSIAN, GERMAN[:60], "テキスト①"))


def test_one_bad_byte_does_not_change_the_charset() -> None:
    text, encoding, _ = decoded_text((RUSSIAN * 3).encode() + b"\xd0", "utf-8")
    assert encoding == "utf-8"
    assert text == RUSSIAN * 3 + "\ufffd"


def test_binary_is_no_text() -> None:
    with pytest.raises(Undecodable, match="of 4000 characters"):
        decoded_text(bytes(range(32)) * 125, "utf-8")


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=12)), st.booleans())
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_bytes_decode_or_are_refused(data: bytes, declared: str | None, is_html: bool) -> None:
    try:
        text, _, _ = decoded_text(data, declared, is_html)
    except Undecodable:
        return
    assert not set(text) & {chr(code) for code in (*range(9), *range(11, 32), 127)}
    text.encode("utf-8")


def test_nesting_counts_open_blocks() -> None:
    assert nesting("<div><article><p></div><div>") == 2
    assert nesting("</div>" * 5 + "<DIV>" * 3) == 3
    assert nesting("<divider>" * 9) == 0


@pytest.mark.parametrize("tag", ["b", "section", "table", "ul", "a"])
def test_deep_markup_neither_crashes_nor_hangs(tag: str) -> None:
    process = HtmlProcess(max_cpu_seconds=5)
    try:
        assert process.main_text(f"<p>{'some text ' * 30}</p>" + f"<{tag}>" * 3000).startswith("some text")
        with pytest.raises(ExtractionFailed) as caught:
            process.main_text("<div>" * 100_000)
        assert caught.value.reason == "nesting_too_deep"
    finally:
        process.close()


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    process = HtmlProcess(max_cpu_seconds=0.5)
    slow = "<div " + " ".join(f"a{number}=1" for number in range(200_000)) + ">x</div>"
    try:
        with pytest.raises(ExtractionFailed) as caught:
            process.main_text(slow)
        assert caught.value.reason == "extraction_timeout"
        assert process.main_text("<p>after</p>") == "after"
    finally:
        process.close()


def test_a_killed_parser_is_started_again() -> None:
    process = HtmlProcess()
    try:
        assert process.main_text("<p>before</p>") == "before"
        child = process._process._child
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with pytest.raises(ExtractionFailed) as caught:
            process.main_text("<p>lost</p>")
        assert caught.value.reason == "extraction_crashed"
        assert process.main_text("<p>after</p>") == "after"
    finally:
        process.close()


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "koi8-r"])
def test_valid_utf8_wins_over_a_wrong_single_byte_declaration(declared: str) -> None:
    text = "Raphaël — “Archive’s” naïve façade"
    assert decoded_text(text.encode(), declared)[:2] == (text, "utf-8")
    latin = "façade naïve".encode("latin-1")
    assert decoded_text(latin, "iso-8859-1")[0] == "façade naïve"


@pytest.mark.parametrize(
    ("data", "declared", "told_by"),
    [
        (RUSSIAN.encode("cp1251"), "windows-1251", "header"),
        (b'<meta charset="koi8-r">' + RUSSIAN.encode("koi8-r"), None, "meta"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">' + RUSSIAN.encode("koi8-r"),
            None,
            "meta",
        ),
        (b"\xef\xbb\xbf" + RUSSIAN.encode(), "windows-1251", "bom"),
        (RUSSIAN.encode("cp1251") * 4, None, "content"),
        (RUSSIAN.encode(), "windows-1252", "content"),
    ],
)
def test_what_told_the_charset(data: bytes, declared: str | None, told_by: str) -> None:
    assert decoded_text(data, declared, is_html=True).told_by == told_by

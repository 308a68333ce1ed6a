"""Web archives, HTTP responses and HTML to be fuzzed."""

import gzip
import io
import itertools
import zlib

import pyarrow as pa

from pipelines.document import Record
from pipelines.readers.web.archives import Damage, read_archive
from pipelines.sources.web import SOURCE
from tests.pipelines.sources.fuzzing.cases import Fuzzed, file_reader
from tests.pipelines.sources.web_samples import PAGE, PARAGRAPH, arc_file, http, members, response, warc_record

LIMITS = {"max_payload_bytes": 20_000}
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)
RICH_PAGE = (
    f'<!DOCTYPE html><html lang="en"><head><meta charset="windows-1251"><title>T</title></head><body><nav>x</nav>'
    f'<article class="post"><h1>Log</h1><p>{PARAGRAPH}<br>&amp;&eacute;&#x1f600;</p><ul><li>a<ol start="3"><li>b</ol></ul>'
    f"<table><tr><td>1<td>2</table><pre>x\n  y</pre><svg><p>{PARAGRAPH}</p></svg><!-- c --><script>'<p>'</script>"
    f"<template><p>t</p></template></article></body></html>"
).encode()
TOO_DEEP = b"<div>" * 600 + PAGE
RECORDS = [
    warc_record("warcinfo", b"software: x"),
    response(),
    response(status="404 Gone"),
    warc_record("conversion", PARAGRAPH.encode(), extra="WARC-Block-Digest: md5:d41d8cd98f00b204e9800998ecf8427e\r\n"),
    warc_record("response", http(CHUNKED, headers="Content-Type: text/html\r\nTransfer-Encoding: chunked")),
    response(RICH_PAGE),
]


def archives() -> list[bytes]:
    """A file of gzip members, one gzip stream, plain, zstd, lz4 and ARC."""
    plain = b"".join(RECORDS)
    framed = [bytes(pa.compress(plain, codec, asbytes=True)) for codec in ("zstd", "lz4")]
    return [members(*RECORDS), gzip.compress(plain, mtime=0), plain, *framed, arc_file(("http://a.example/", http()))]


def responses() -> list[bytes]:
    """Responses in every content encoding."""
    encoded = {
        "gzip": gzip.compress(PAGE, mtime=0),
        "deflate": zlib.compress(PAGE),
        "br": bytes(pa.compress(PAGE, "brotli", asbytes=True)),
        "zstd": bytes(pa.compress(PAGE, "zstd", asbytes=True)),
        "identity": PAGE,
    }
    chunked = http(CHUNKED, headers="Content-Type: text/html; charset=koi8-r\r\nTransfer-Encoding: chunked")
    return [
        chunked,
        *(http(body, headers=f"Content-Type: text/html\r\nContent-Encoding: {name}") for name, body in encoded.items()),
    ]


_read_file = file_reader(SOURCE, "a.warc", LIMITS)


def _read_response(data: bytes) -> list[Record]:
    return _read_file(warc_record("response", data))


def _read_page(data: bytes) -> list[Record]:
    return _read_file(response(data))


def _read_splits(data: bytes) -> list[Record]:
    """The records of the file in three ranges; they must be those of the whole."""
    cuts = [0, *sorted({len(data) // 3, 2 * len(data) // 3} - {0}), None]
    is_gzip = data.startswith(b"\x1f\x8b")
    ranges = list(itertools.pairwise(cuts)) if is_gzip else [(0, None)]
    found = [found for start, stop in ranges for found in read_archive(io.BytesIO(data), 1 << 20, start or 0, stop)]
    whole = list(read_archive(io.BytesIO(data), 1 << 20))
    if found != whole:
        raise AssertionError(f"{len(found)} records in splits, {len(whole)} in the whole file")
    records = _read_file(data)
    if len(records) != len(whole) or sum(isinstance(record, Damage) for record in whole) > len(records):
        raise AssertionError(f"{len(records)} outcomes of {len(whole)} records")
    return records


CASES = {
    "web_archives": Fuzzed("web_archives", archives, _read_file),
    "web_splits": Fuzzed("web_splits", lambda: [members(*RECORDS), members(*RECORDS[3:], *RECORDS)], _read_splits),
    "web_responses": Fuzzed("web_responses", responses, _read_response),
    "web_html": Fuzzed("web_html", lambda: [RICH_PAGE, PAGE, TOO_DEEP], _read_page),
}

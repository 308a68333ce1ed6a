"""Small web archives built in memory."""

import gzip
from pathlib import Path

from pipelines.document import Record
from pipelines.source import Split
from pipelines.sources.web import SOURCE, WebOptions

PARAGRAPH = "The lighthouse keeper wrote down the weather every evening, and nobody read it for years."
PAGE = f"<html><body><main><h1>Log</h1><p>{PARAGRAPH}</p></main></body></html>".encode()
DATE = "2024-05-06T07:08:09Z"


def warc_record(kind: str, block: bytes, url: str = "http://a.example/", extra: str = "") -> bytes:
    content_type = "application/http; msgtype=response" if kind == "response" else "text/plain"
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: {DATE}\r\n"
        f"WARC-Record-ID: <urn:uuid:1>\r\nContent-Type: {content_type}\r\n{extra}"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def http(body: bytes = PAGE, status: str = "200 OK", headers: str = "Content-Type: text/html; charset=utf-8") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n".encode() + body


def response(body: bytes = PAGE, status: str = "200 OK", headers: str = "Content-Type: text/html") -> bytes:
    return warc_record("response", http(body, status, headers))


def arc_file(*records: tuple[str, bytes]) -> bytes:
    version = b"1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n"
    parts = [f"filedesc://t.arc 0.0.0.0 20080430204825 text/plain {len(version)}\n".encode(), version, b"\n"]
    for url, block in records:
        parts += [f"{url} 127.0.0.1 20080430204826 text/html {len(block)}\n".encode(), block, b"\n"]
    return b"".join(parts)


def members(*records: bytes) -> bytes:
    """A .warc.gz: one gzip member a record."""
    return b"".join(gzip.compress(record, mtime=0) for record in records)


def outcomes(path: Path, data: bytes, **options: object) -> list[Record]:
    """What the source makes of an archive with content `data`, written to `path`."""
    path.write_bytes(data)
    settings = WebOptions.model_validate(options)
    (split,) = SOURCE.splits(str(path), settings)
    return list(SOURCE.read(split, settings))


def part(path: Path, start: int, stop: int | None) -> list[Record]:
    """The outcomes of the records of the archive at `path` that begin in [start, stop)."""
    split = Split(uri=str(path), identity="", size_bytes=0, start=start, stop=stop)
    return list(SOURCE.read(split, WebOptions()))

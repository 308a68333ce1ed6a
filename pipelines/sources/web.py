"""Web pages from WARC, ARC and WET archives.

Every record of an archive gives one outcome. Pages (HTTP responses with an accepted status and content type)
become documents of their main text, plain-text responses and WET conversions documents as they are. Rejected
are records of other types (`record_request`, `record_revisit`, ...), `http_status`, `content_type` and
`no_text`. Quarantined are `not_http`, `payload_too_large`, `chunked`, `content_encoding`, `undecodable`,
`nesting_too_deep`, `extraction_failed`, `extraction_timeout`, `extraction_crashed`, and `corrupt_archive` for
each damaged stretch.
"""

import glob
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.web.archives import ArchiveRecord, Damage, read_archive
from pipelines.readers.web.charset import Undecodable, decoded_text
from pipelines.readers.web.html_process import ExtractionFailed, main_text
from pipelines.readers.web.http_responses import (
    MAX_HEADER_BYTES,
    HttpResponse,
    UnreadableBody,
    decoded_body,
    parse_response,
)
from pipelines.source import SourceKind, SourceOptions, Split

ARCHIVE_SUFFIXES = tuple(
    f".{kind}{compression}" for kind in ("warc", "arc", "wet") for compression in ("", ".gz", ".lz4", ".zst")
)
PLAIN_TEXT = "text/plain"
DEFAULT_CONTENT_TYPES = ("text/html", "application/xhtml+xml", PLAIN_TEXT)


class WebOptions(SourceOptions):
    """What a recipe may set for web archives."""

    max_payload_bytes: int = Field(16 << 20, ge=1, description="Longer payloads, decoded, are quarantined.")
    statuses: tuple[int, ...] = Field((200,), description="HTTP statuses whose responses are pages.")
    content_types: tuple[str, ...] = Field(
        DEFAULT_CONTENT_TYPES,
        description="Content types that are read: text/plain as it is, all others as HTML.",
    )


def splits(uri: str, options: WebOptions) -> list[Split]:  # noqa: ARG001 (every kind's signature)
    """One split a file: `uri` is an archive, a folder (searched with its subfolders) or a glob pattern."""
    paths = _archive_paths(uri)
    if not paths:
        raise FileNotFoundError(
            f"no web archive at {uri!r}: give a file, a glob pattern that matches files, or a folder "
            f"with files named {', '.join('*' + suffix for suffix in ARCHIVE_SUFFIXES)}"
        )
    result = []
    for path in paths:
        status = path.stat()
        identity = f"{path.name}:{status.st_size}:{status.st_mtime_ns}"
        result.append(Split(uri=str(path), identity=identity, size_bytes=status.st_size))
    return result


def read(split: Split, options: WebOptions) -> Iterator[Record]:
    """One outcome for every record of the archive that begins in the split."""
    with open(split.uri, "rb") as file:
        max_block_bytes = options.max_payload_bytes + MAX_HEADER_BYTES
        for record in read_archive(file, max_block_bytes, split.start, split.stop):
            yield _outcome(record, split.uri, options)


def _archive_paths(uri: str) -> list[Path]:
    path = Path(uri)
    if path.is_file():
        return [path]
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.name.endswith(ARCHIVE_SUFFIXES) and file.is_file())
    return sorted(file for file in map(Path, glob.glob(uri, recursive=True)) if file.is_file())


def _outcome(record: ArchiveRecord | Damage, archive: str, options: WebOptions) -> Record:
    reference = f"{archive}@{record.offset}"
    if isinstance(record, Damage):
        return Quarantined(reference, "corrupt_archive", record.detail)
    reference = f"{reference} {record.url or ''}".rstrip()
    try:
        if record.kind == "conversion":
            return _plain_document(record, reference, archive, options)
        if record.kind == "response":
            return _response_outcome(record, reference, archive, options)
    except UnreadableBody as error:
        return Quarantined(reference, error.reason, error.detail)
    except ExtractionFailed as error:
        return Quarantined(reference, error.reason, error.detail)
    except Undecodable as error:
        return Quarantined(reference, "undecodable", str(error))
    return Rejected(reference, f"record_{_kind_name(record.kind)}")


def _kind_name(kind: str) -> str:
    """A record type as part of a reason: what a hostile file may name its records must not flood the
    counts."""
    known = ("warcinfo", "request", "resource", "metadata", "revisit", "continuation")
    return kind if kind in known else "unknown"


def _plain_document(record: ArchiveRecord, reference: str, archive: str, options: WebOptions) -> Record:
    if record.length_bytes > options.max_payload_bytes:
        raise _too_large(options)
    text, charset = decoded_text(record.block, "utf-8")
    return _document(record, reference, archive, text, PLAIN_TEXT, charset)


def _response_outcome(record: ArchiveRecord, reference: str, archive: str, options: WebOptions) -> Record:
    response = parse_response(record.block)
    if response is None:
        if record.content_type.startswith("application/http"):
            return Quarantined(reference, "not_http", f"no status line, found {record.block[:60]!r}")
        return Rejected(reference, "content_type")
    if response.status not in options.statuses:
        return Rejected(reference, "http_status")
    if response.media_type not in options.content_types:
        return Rejected(reference, "content_type")
    if not record.is_whole:
        raise _too_large(options)
    body = decoded_body(response, options.max_payload_bytes)
    text, charset = _body_text(response, body)
    return _document(record, reference, archive, text, response.media_type, charset)


def _body_text(response: HttpResponse, body: bytes) -> tuple[str, str]:
    """The body's text and charset, the main text if it is HTML."""
    if response.media_type == PLAIN_TEXT:
        return decoded_text(body, response.charset)
    html, charset = decoded_text(body, response.charset, is_html=True)
    return main_text(html) if html.strip() else "", charset


def _document(
    record: ArchiveRecord, reference: str, archive: str, text: str, content_type: str, charset: str
) -> Record:
    if not text.strip():
        return Rejected(reference, "no_text")
    metadata: dict[str, object] = {
        "archive": Path(archive).name,
        "offset": record.offset,
        "record_id": record.record_id,
        "content_type": content_type,
        "charset": charset,
    }
    if record.truncated:
        metadata["truncated"] = record.truncated
    return Document(text=text.strip("\n"), format="page", url=record.url, date=record.date, metadata=metadata)


def _too_large(options: WebOptions) -> UnreadableBody:
    return UnreadableBody("payload_too_large", f"over max_payload_bytes = {options.max_payload_bytes}")


SOURCE = SourceKind(name="web", group="text", options=WebOptions, splits=splits, read=read)

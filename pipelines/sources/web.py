"""Web pages from WARC, ARC and WET archives.

Every record of an archive gives one outcome. Pages (HTTP responses with an accepted status and content type)
become documents of their main text, plain-text responses and WET conversions documents as they are. Rejected
are records of other types (`record_request`, `record_revisit`, ...), `http_status`, `content_type` and
`no_text`. Quarantined are `bad_digest`, `not_http`, `payload_too_large`, `chunked`, `content_encoding`, `undecodable`,
`nesting_too_deep`, `extraction_failed`, `extraction_timeout`, `extraction_crashed`, and `corrupt_archive` for
each damaged stretch.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.inputs import InputPath, inputs_at, open_input
from pipelines.readers.web.archives import ArchiveRecord, Damage, read_archive, split_starts
from pipelines.readers.web.charset import DecodedText, Undecodable, decoded_text
from pipelines.readers.web.digests import is_wrong_digest
from pipelines.readers.web.html import declared_language
from pipelines.readers.web.html_process import ExtractionFailed, main_text
from pipelines.readers.web.http_responses import (
    MAX_HEADER_BYTES,
    HttpResponse,
    UnreadableBody,
    decoded_body,
    joined_chunks,
    parse_response,
)
from pipelines.source import SourceKind, SourceOptions, Split

ARCHIVE_SUFFIXES = tuple(
    f".{kind}{compression}" for kind in ("warc", "arc", "wet", "wat") for compression in ("", ".gz", ".lz4", ".zst")
)
SPLIT_BYTES = 128 << 20  # of a compressed archive; about a minute's work
PLAIN_TEXT = "text/plain"
DEFAULT_CONTENT_TYPES = ("text/html", "application/xhtml+xml", PLAIN_TEXT)


class WebOptions(SourceOptions):
    """What a recipe may set for web archives."""

    max_payload_bytes: int = Field(16 << 20, ge=1, description="Longer payloads, decoded, are quarantined.")
    statuses: tuple[int, ...] = Field((200,), description="HTTP statuses whose responses are pages.")
    check_digests: bool = Field(True, description="Quarantine responses that do not fit the record's digests.")
    content_types: tuple[str, ...] = Field(
        DEFAULT_CONTENT_TYPES,
        description="Content types that are read: text/plain as it is, all others as HTML.",
    )


def splits(uri: str, options: WebOptions) -> list[Split]:  # noqa: ARG001 (every kind's signature)
    """Pieces of SPLIT_BYTES of every archive that `uri` names; archives that cannot be entered in the middle are one
    split."""
    return [split for file in inputs_at(uri, ARCHIVE_SUFFIXES, "web archive") for split in _pieces_of(file)]


def read(split: Split, options: WebOptions) -> Iterator[Record]:
    """One outcome for every record of the archive that begins in the split."""
    with open_input(split.uri) as file:
        max_block_bytes = options.max_payload_bytes + MAX_HEADER_BYTES
        for record in read_archive(file, max_block_bytes, split.start, split.stop):
            yield _outcome(record, split.uri, options)


def _pieces_of(file: InputPath) -> list[Split]:
    starts = [0]
    if file.size_bytes > SPLIT_BYTES:
        with open_input(file.uri) as archive:
            starts = split_starts(archive, file.size_bytes, SPLIT_BYTES)
    stops = [*starts[1:], None]
    return [
        Split(
            uri=file.uri,
            identity=file.identity,
            size_bytes=(file.size_bytes if stop is None else stop) - start,
            start=start,
            stop=stop,
        )
        for start, stop in zip(starts, stops, strict=True)
    ]


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
    # Its digests are not checked: published WET files are often rewritten behind them (all 63 of a sample of OSCAR's).
    decoded = decoded_text(record.block, "utf-8")
    return _document(record, reference, archive, decoded, decoded.text, PLAIN_TEXT)


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
    if options.check_digests and not record.truncated:
        _check_digests(record, _payloads(record, response, options.max_payload_bytes))
    body = decoded_body(response, options.max_payload_bytes)
    is_plain = response.media_type == PLAIN_TEXT
    decoded = decoded_text(body, response.charset, is_html=not is_plain)
    if is_plain:
        return _document(record, reference, archive, decoded, decoded.text, PLAIN_TEXT)
    text = main_text(decoded.text) if decoded.text.strip() else ""
    return _document(record, reference, archive, decoded, text, response.media_type, declared_language(decoded.text))


def _check_digests(record: ArchiveRecord, payloads: Iterable[bytes]) -> None:
    """Raises UnreadableBody `bad_digest` when the content is not what the crawler wrote."""
    if is_wrong_digest(record.block_digest, [record.block]):
        raise UnreadableBody("bad_digest", f"WARC-Block-Digest is {record.block_digest!r:.100}")
    if is_wrong_digest(record.payload_digest, payloads):
        raise UnreadableBody("bad_digest", f"WARC-Payload-Digest is {record.payload_digest!r:.100}")


def _payloads(record: ArchiveRecord, response: HttpResponse, max_bytes: int) -> Iterator[bytes]:
    """What crawlers take for a response's payload: the body as sent, without chunks, decoded, or the whole block."""
    yield response.body
    yield record.block
    with suppress(UnreadableBody):
        yield joined_chunks(response.body)
        yield decoded_body(response, max_bytes)


def _document(
    record: ArchiveRecord,
    reference: str,
    archive: str,
    decoded: DecodedText,
    text: str,
    content_type: str,
    language: str | None = None,
) -> Record:
    if not text.strip():
        return Rejected(reference, "no_text")
    metadata: dict[str, object] = {
        "archive": Path(archive).name,
        "offset": record.offset,
        "record_id": record.record_id,
        "content_type": content_type,
        "charset": decoded.encoding,
        "charset_from": decoded.told_by,
    }
    if record.truncated:
        metadata["truncated"] = record.truncated
    if language:
        metadata["html_lang"] = language
    return Document(text=text.strip("\n"), format="page", url=record.url, date=record.date, metadata=metadata)


def _too_large(options: WebOptions) -> UnreadableBody:
    return UnreadableBody("payload_too_large", f"over max_payload_bytes = {options.max_payload_bytes}")


SOURCE = SourceKind(name="web", group="text", options=WebOptions, splits=splits, read=read, lists_files=True)

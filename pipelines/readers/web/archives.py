"""Records of web archives: WARC (ISO 28500, WET files too) and the older ARC.

Own framing rather than fastwarc's ArchiveIterator: in strict mode that one reads a file with bare line feeds
as a single record, in tolerant mode it passes over damaged records without a word. Here every record and
every damaged stretch comes out, so that the books balance.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO

from pipelines.readers.web.forward_reader import GZIP_MAGIC, LZ4_MAGIC, ZSTD_MAGIC, DamagedStream, ForwardReader
from pipelines.readers.web.member_starts import next_member

MAX_LINE_BYTES = 1 << 16
MAX_HEADER_LINES = 1000
LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
WARC_DATE_PARTS = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)  # ISO 28500 allows a shorter date
ARC_DATE_PARTS = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?", re.ASCII)
ARC_VERSION_BYTES = 1  # how the description of an ARC file begins
ARC_FIELDS = {b"1": 5, b"2": 10}  # fields of a record's first line by version of the ARC format


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """One record: `block` is its content, or the beginning of it when it is longer than the reader's
    limit."""

    kind: str  # WARC-Type; of ARC records: response, or warcinfo for the file's own description
    offset: int
    length_bytes: int
    block: bytes
    url: str | None = None
    date: datetime | None = None
    record_id: str | None = None
    content_type: str = ""
    truncated: str | None = None  # WARC-Truncated: why the crawler cut the record
    block_digest: str | None = None
    payload_digest: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether `block` holds all of the content."""
        return len(self.block) == self.length_bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of the file from `offset` on that is no readable record."""

    offset: int
    detail: str


def read_archive(
    file: BinaryIO, max_block_bytes: int, start: int = 0, stop: int | None = None
) -> Iterator[ArchiveRecord | Damage]:
    """The records that begin at `start` or later and before `stop` (offsets as ForwardReader counts them).

    In a file of gzip members both may be any bytes: the range begins and ends at the first sure member from there on
    (`member_starts`). In other files `start` must be the offset of a record. Damage inside uncompressed content is
    passed over up to the next WARC record, a damaged gzip member up to the next sure one; another stream that cannot
    be decompressed further ends with one Damage.
    """
    is_gzip = _begins_with(file, GZIP_MAGIC)
    arc_fields = _arc_field_count(file, start)
    begin = next_member(file, start, stop) if is_gzip and start else start
    end = None if is_gzip else stop
    while begin is not None:
        try:
            for record in _records_from(file, begin, arc_fields, max_block_bytes):
                if is_gzip and end is None and stop is not None and record.offset >= stop:
                    end = next_member(file, stop)
                    stop = None if end is None else stop
                if end is not None and record.offset >= end:
                    return
                yield record
            return
        except DamagedStream as damaged:
            if end is not None and damaged.offset >= end:
                return
            yield Damage(damaged.offset, damaged.detail)
            begin = next_member(file, max(damaged.offset, begin) + 1) if is_gzip else None


def split_starts(file: BinaryIO, size_bytes: int, split_bytes: int) -> list[int]:
    """Where the splits of an archive begin: at any byte of gzip members, at a record of a plain file.

    The records of a plain file are told by their lengths alone, as one can hold a whole archive: all their headers
    are read, their content is passed over. A file of one gzip member, lz4 or zstd is one split.
    """
    wanted = range(split_bytes, size_bytes, split_bytes)
    if _begins_with(file, GZIP_MAGIC):
        is_one_member = next_member(file, 1, split_bytes) is None
        return [0] if is_one_member else [0, *wanted]
    if _begins_with(file, LZ4_MAGIC) or _begins_with(file, ZSTD_MAGIC):
        return [0]
    starts = [0]
    for record in read_archive(file, max_block_bytes=ARC_VERSION_BYTES):
        if isinstance(record, ArchiveRecord) and record.offset >= starts[-1] + split_bytes:
            starts.append(record.offset)
    return starts


def _begins_with(file: BinaryIO, magic: bytes) -> bool:
    file.seek(0)
    return file.read(len(magic)) == magic


def _arc_field_count(file: BinaryIO, start: int) -> int:
    """The number of fields of an ARC file's lines, told by its first record; 0 for a WARC file."""
    if not start:
        return 0
    first = next(read_archive(file, ARC_VERSION_BYTES), None)
    if not isinstance(first, ArchiveRecord) or not (first.url or "").startswith("filedesc:"):
        return 0
    return ARC_FIELDS.get(first.block[:1], ARC_FIELDS[b"1"])


def _records_from(
    file: BinaryIO, start: int, arc_fields: int, max_block_bytes: int
) -> Iterator[ArchiveRecord | Damage]:
    reader = ForwardReader(file, start)
    first_line = _next_line(reader)
    if arc_fields or first_line[1].startswith(b"filedesc:"):
        yield from _arc_records(reader, first_line, arc_fields or ARC_FIELDS[b"1"], max_block_bytes)
    else:
        yield from _warc_records(reader, first_line, max_block_bytes)


def _next_line(reader: ForwardReader) -> tuple[int, bytes]:
    """The offset and content of the next line that is not blank; an empty line at the end of the input."""
    reader.skip_whitespace()
    return reader.offset(), reader.readline(MAX_LINE_BYTES)


def _warc_records(
    reader: ForwardReader, first_line: tuple[int, bytes], max_block_bytes: int
) -> Iterator[ArchiveRecord | Damage]:
    offset, line = first_line
    while line:
        if not line.startswith(b"WARC/"):
            yield Damage(offset, f"a WARC record was expected, found {line[:60]!r}")
            reader.skip_to_line(b"WARC/", last_read=line)
            offset, line = _next_line(reader)
            continue
        headers = _warc_headers(reader)
        length = headers.get("content-length", "")
        if LENGTH.fullmatch(length) is None:
            yield Damage(offset, f"Content-Length of a WARC record must be a number, found {length[:60]!r}")
        else:
            yield from _with_block(reader, _warc_record(offset, headers, int(length)), max_block_bytes)
        offset, line = _next_line(reader)


def _warc_headers(reader: ForwardReader) -> dict[str, str]:
    """Named fields up to the blank line, names in lower case; of a repeated name the first counts."""
    headers: dict[str, str] = {}
    name = ""
    for _ in range(MAX_HEADER_LINES):
        line = reader.readline(MAX_LINE_BYTES).decode("utf-8", "replace")
        if not line.strip():
            break
        if line[0] in " \t" and name:
            headers[name] += " " + line.strip()
            continue
        raw_name, _, value = line.partition(":")
        name = raw_name.strip().lower()
        headers.setdefault(name, value.strip())
    return headers


def _warc_record(offset: int, headers: dict[str, str], length_bytes: int) -> ArchiveRecord:
    return ArchiveRecord(
        kind=headers.get("warc-type", "unknown").lower(),
        offset=offset,
        length_bytes=length_bytes,
        block=b"",
        url=headers.get("warc-target-uri", "").strip("<>") or None,
        date=_warc_date(headers.get("warc-date", "")),
        record_id=headers.get("warc-record-id"),
        content_type=headers.get("content-type", "").lower(),
        truncated=headers.get("warc-truncated"),
        block_digest=headers.get("warc-block-digest"),
        payload_digest=headers.get("warc-payload-digest"),
    )


def _arc_records(
    reader: ForwardReader, first_line: tuple[int, bytes], field_count: int, max_block_bytes: int
) -> Iterator[ArchiveRecord | Damage]:
    """Records of an ARC file; without a mark at a record's start there is no going on after damage."""
    offset, line = first_line
    while line:
        record = _arc_record(offset, line, field_count)
        if record is None:
            yield Damage(offset, f"an ARC record's line was expected, found {line[:60]!r}")
            return
        for outcome in _with_block(reader, record, max_block_bytes):
            if isinstance(outcome, ArchiveRecord) and outcome.kind == "warcinfo":
                field_count = ARC_FIELDS.get(outcome.block[:1], field_count)
            yield outcome
        offset, line = _next_line(reader)


def _arc_record(offset: int, line: bytes, field_count: int) -> ArchiveRecord | None:
    """The record that `line` announces; its fields count from the right, as some URLs hold spaces."""
    fields = line.decode("utf-8", "replace").strip().rsplit(" ", field_count - 1)
    is_description = line.startswith(b"filedesc:")
    if is_description:
        fields = line.decode("utf-8", "replace").split()
    if len(fields) < ARC_FIELDS[b"1"] or LENGTH.fullmatch(fields[-1]) is None:
        return None
    return ArchiveRecord(
        kind="warcinfo" if is_description else "response",
        offset=offset,
        length_bytes=int(fields[-1]),
        block=b"",
        url=fields[0],
        date=_date_of(ARC_DATE_PARTS, fields[2]),
        content_type="application/http" if fields[0].startswith(("http:", "https:")) else fields[3].lower(),
    )


def _with_block(reader: ForwardReader, record: ArchiveRecord, max_block_bytes: int) -> Iterator[ArchiveRecord | Damage]:
    """The record with its content read, or the damage if the input ends or breaks inside it."""
    try:
        block = reader.read(min(record.length_bytes, max_block_bytes))
        read_bytes = len(block) + reader.skip(record.length_bytes - len(block))
    except DamagedStream as damaged:
        detail = f"record of {record.length_bytes} bytes: {damaged.detail}"
        raise DamagedStream(record.offset, detail) from damaged
    if read_bytes < record.length_bytes:
        yield Damage(record.offset, f"record of {record.length_bytes} bytes is cut off after {read_bytes}")
    else:
        yield replace(record, block=block)


def _warc_date(text: str) -> datetime | None:
    """An ISO 8601 date, also one cut after year, month or day; None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return _date_of(WARC_DATE_PARTS, text)


def _date_of(parts: re.Pattern[str], text: str) -> datetime | None:
    found = parts.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, *_ = [int(part or 0) for part in found.groups("0")] + [0, 0, 0]
    try:
        return datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None

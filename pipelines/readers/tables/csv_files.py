"""CSV and its relatives (RFC 4180): rows of a file as mappings from the header's names, each row in bounded memory.

A row that cannot be read is quarantined with its number and the next is read. An opened quote that is not closed takes
what follows with it, up to the limit of a row: where it would end nobody can know.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from pipelines.document import Quarantined
from pipelines.readers.compressed import forward_reader
from pipelines.readers.jsonl import BYTE_ORDER_MARK, skip_line
from pipelines.readers.tables.values import TableRow
from pipelines.readers.web.forward_reader import DamagedStream, ForwardReader

BLOCK_BYTES = 1 << 14  # what of a damaged file is lost at most before the damage
csv.field_size_limit(1 << 30)  # Python's own limit of a field; that of a row is told to each reading


class Dialect(NamedTuple):
    """How rows are written; `names` are the columns' where the file has no header."""

    delimiter: str
    quote: str | None
    escape: str | None
    names: Sequence[str] | None
    max_row_bytes: int


class _RowTooLong(Exception):
    pass


class _Lines:
    """The lines that csv asks for, counted: `row_bytes` is of the row's lines so far, which have a limit."""

    def __init__(self, reader: ForwardReader, max_row_bytes: int) -> None:
        self._reader = reader
        self._max_row_bytes = max_row_bytes
        self._lines = self._split()
        self.row_bytes = 0
        self.is_at_end = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            self.is_at_end = True
            raise StopIteration
        self.row_bytes += len(line)
        if self.row_bytes > self._max_row_bytes:
            raise _RowTooLong
        return line.decode("utf-8", "surrogateescape")

    def _split(self) -> Iterator[bytes]:
        """The lines with their line feeds; one that is over the limit cut."""
        parts: list[bytes] = []
        held_bytes = 0
        block = self._reader.read(BLOCK_BYTES).removeprefix(BYTE_ORDER_MARK)
        while block:
            *lines, rest = block.split(b"\n")
            for line in lines:
                yield b"".join((*parts, line, b"\n")) if parts else line + b"\n"
                parts, held_bytes = [], 0
            if rest:
                parts.append(rest)
                held_bytes += len(rest)
            if held_bytes > self._max_row_bytes:
                skip_line(self._reader)
                yield b"".join(parts)
                parts, held_bytes = [], 0
            block = self._reader.read(BLOCK_BYTES)
        if parts:
            yield b"".join(parts)


def csv_rows(file: BinaryIO, uri: str, dialect: Dialect) -> Iterator[TableRow | Quarantined]:
    """The rows below the header; references are `file:row`, from 1; blank lines are no rows."""
    names = None if dialect.names is None else list(dialect.names)
    number = 0
    try:
        for row in _rows(forward_reader(file), dialect):
            if names is None:
                if not isinstance(row, list) or len(set(row)) < len(row):
                    detail = "the first row is no header" if isinstance(row, list) else row
                    yield Quarantined(uri, "bad_header", f"{detail}: give column_names"[:300])
                    return
                names = [name.strip() for name in row]
                continue
            number += 1
            yield _row(f"{uri}:{number}", row, names)
    except DamagedStream as damaged:
        yield Quarantined(f"{uri}:{number + 1}", "broken_compression", damaged.detail)


def _row(reference: str, row: list[str] | str, names: list[str]) -> TableRow | Quarantined:
    if isinstance(row, str):
        return Quarantined(reference, "row_too_long" if row.startswith("over max_row_bytes") else "bad_row", row[:300])
    if len(row) != len(names):
        return Quarantined(reference, "wrong_field_count", f"{len(row)} fields instead of {len(names)}")
    values: dict[str, Any] = {name: _value(value) for name, value in zip(names, row, strict=True) if value}
    return TableRow(reference, values)


def _value(text: str) -> str | bytes:
    """The field; what is no UTF-8 as the bytes that it is."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
    return text


def _rows(reader: ForwardReader, dialect: Dialect) -> Iterator[list[str] | str]:
    """The fields of each row that is not blank, or what is wrong with it."""
    lines = _Lines(reader, dialect.max_row_bytes)
    rows = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_NONE if dialect.quote is None else csv.QUOTE_MINIMAL,
        escapechar=dialect.escape,
        doublequote=True,
        strict=True,
    )
    while True:
        lines.row_bytes = 0
        try:
            row = next(rows)
        except StopIteration:
            return
        except _RowTooLong:
            yield f"over max_row_bytes = {dialect.max_row_bytes}"
        except csv.Error as error:
            yield str(error)
            if lines.is_at_end:
                return
        else:
            if row:
                yield row

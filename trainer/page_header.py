"""Headers of Parquet pages: the few fields of Thrift's compact protocol that say what a data page holds.

Formats: apache/parquet-format `parquet.thrift` (PageHeader, DataPageHeader), Thrift's compact protocol specification.
"""

from typing import NamedTuple

DATA_PAGE = 0  # PageType
PLAIN, RLE = 0, 3  # Encoding
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12  # Thrift's compact types
_INTEGERS = (4, 5, 6)
MAX_DEPTH = 16


class UnreadableHeader(ValueError):
    """Bytes that are no page header."""


class PageHeader(NamedTuple):
    """One page; lengths in bytes, of what follows the header."""

    kind: int  # PageType; 0 is a data page of version 1
    uncompressed_bytes: int
    compressed_bytes: int
    crc: int | None  # CRC-32 of what follows, as it is stored
    values: int
    encoding: int
    definition_encoding: int
    repetition_encoding: int
    end: int  # where the header ends and what it describes begins


def read_page_header(data: memoryview, start: int) -> PageHeader:
    """The header at `start`; UnreadableHeader when there is none."""
    try:
        fields, end = _struct(data, start, 0)
        page = fields.get(5, {})
        if not isinstance(page, dict):
            raise UnreadableHeader("a page's own header is no struct")
        numbers = [fields[1], fields[2], fields[3], *(page.get(field, -1) for field in (1, 2, 3, 4))]
        crc = fields.get(4)
    except (IndexError, KeyError) as error:
        raise UnreadableHeader(f"no page header at byte {start}") from error
    if not all(isinstance(number, int) for number in numbers):
        raise UnreadableHeader(f"a page header at byte {start} has other fields than a page header has")
    kind, uncompressed, compressed, values, encoding, definition, repetition = numbers
    return PageHeader(
        kind,
        uncompressed,
        compressed,
        crc & 0xFFFFFFFF if isinstance(crc, int) else None,
        values,
        encoding,
        definition,
        repetition,
        end,
    )


def _struct(data: memoryview, at: int, depth: int) -> tuple[dict[int, object], int]:
    """Field number -> value of a struct (integers and structs; all else is passed over), and where it ends."""
    if depth > MAX_DEPTH:
        raise UnreadableHeader("structs inside each other without an end")
    fields: dict[int, object] = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return fields, at
        kind, step = head & 15, head >> 4
        if step:
            number += step
        else:
            zigzag, at = _varint(data, at)
            number = _signed(zigzag)
        fields[number], at = _value(data, at, kind, depth)


def _value(data: memoryview, at: int, kind: int, depth: int) -> tuple[object, int]:
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind == _BYTE:
        return data[at], at + 1
    if kind in _INTEGERS:
        zigzag, at = _varint(data, at)
        return _signed(zigzag), at
    if kind == _DOUBLE:
        return None, at + 8
    if kind == _BINARY:
        size, at = _varint(data, at)
        return None, at + size
    if kind == _STRUCT:
        return _struct(data, at, depth + 1)
    raise UnreadableHeader(f"a field of type {kind}, which page headers do not have")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise UnreadableHeader("a number longer than 64 bits")


def _signed(zigzag: int) -> int:
    return (zigzag >> 1) ^ -(zigzag & 1)

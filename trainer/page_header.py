"""Headers of Parquet pages: the few fields that say what a data page holds.

Format: apache/parquet-format `parquet.thrift` (PageHeader, DataPageHeader).
"""

from typing import NamedTuple

from mixer.thrift import CompactReader

DATA_PAGE = 0  # PageType
PLAIN, RLE = 0, 3  # Encoding


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
    reader = CompactReader(data, start)
    try:
        fields = reader.struct()
    except (LookupError, ValueError) as error:
        raise UnreadableHeader(f"no page header at byte {start}") from error
    page = fields.get(5, {})
    if not isinstance(page, dict):
        raise UnreadableHeader("a page's own header is no struct")
    numbers = [*(fields.get(field) for field in (1, 2, 3)), *(page.get(field, -1) for field in (1, 2, 3, 4))]
    crc = fields.get(4)
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
        reader.at,
    )

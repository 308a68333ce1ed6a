"""Token lists of equal length straight from a Parquet column's bytes: as fast as a memory map where pages are plain.

Parquet readers rebuild each list from its levels. A mixture's rows all have the same length and no nulls, so the
values of a page, one behind the other, are the rows; the levels are only looked at to see that this is so. Anything
else (a dictionary, other encodings, nulls, other lengths) is left to pyarrow: `read_lists` then gives None.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainer.level_runs import is_constant, starts_every
from trainer.page_header import DATA_PAGE, PLAIN, RLE, PageHeader, UnreadableHeader, read_page_header

VALUE_BYTES = 4  # integers of up to 32 bits are INT32 in Parquet
MAX_DEFINITION = 3  # an optional list of optional elements, none of them null
DEFINITION_BITS = 2
CODECS = {"UNCOMPRESSED": None, "ZSTD": "zstd", "SNAPPY": "snappy", "LZ4": "lz4_raw", "GZIP": "gzip"}


class DamagedPage(ValueError):
    """A page whose checksum does not fit."""


def read_lists(chunk: memoryview, codec: str, values: int, length: int) -> NDArray[np.int32] | None:
    """The `values` of a column chunk whose lists are all `length` long, int32 [values / length, length].

    `chunk` holds the chunk's pages, `codec` and `values` are what the file's footer says. One plain page without
    compression is not copied. None for a chunk of another form; DamagedPage when a checksum does not fit.
    """
    if codec not in CODECS or not length or values % length:
        return None
    chunk = chunk.cast("B")  # of an Arrow buffer: signed bytes otherwise
    found: list[NDArray[np.int32]] = []
    first = 0
    try:
        for header, body in _pages(chunk):
            page = _plain_values(header, body, CODECS[codec], first, length)
            if page is None:
                return None
            found.append(page)
            first += len(page)
    except (UnreadableHeader, pa.ArrowException):
        return None  # pyarrow says what is wrong with it
    if first != values:
        return None
    return (found[0] if len(found) == 1 else np.concatenate(found)).reshape(-1, length)


def _pages(chunk: memoryview) -> Iterator[tuple[PageHeader, memoryview]]:
    at = 0
    while at < len(chunk):
        header = read_page_header(chunk, at)
        body = chunk[header.end : header.end + header.compressed_bytes]
        if header.compressed_bytes < 0 or len(body) < header.compressed_bytes:
            raise UnreadableHeader("a page is cut off")
        if header.crc is not None and zlib.crc32(body) != header.crc:
            raise DamagedPage(f"a page of {len(body)} bytes fails its checksum")
        yield header, body
        at = header.end + header.compressed_bytes


def _plain_values(
    header: PageHeader, body: memoryview, codec: str | None, first: int, length: int
) -> NDArray[np.int32] | None:
    """The values of a data page; None where it is none of plain values in whole lists."""
    encodings = (header.definition_encoding, header.repetition_encoding)
    if header.kind != DATA_PAGE or header.encoding != PLAIN or encodings != (RLE, RLE):
        return None
    data = body if codec is None else memoryview(pa.Codec(codec).decompress(body, header.uncompressed_bytes)).cast("B")
    repetition, at = _levels(data, 0)
    definition, at = _levels(data, at)
    if repetition is None or definition is None or len(data) - at != header.values * VALUE_BYTES:
        return None
    if not is_constant(definition, DEFINITION_BITS, MAX_DEFINITION, header.values):
        return None
    if not starts_every(repetition, length, first % length, header.values):
        return None
    values: NDArray[np.int32] = np.frombuffer(data, "<i4", header.values, at)
    return values


def _levels(data: memoryview, at: int) -> tuple[bytes | None, int]:
    """Encoded levels, which stand behind their length, and where they end."""
    size = int.from_bytes(data[at : at + 4], "little")
    end = at + 4 + size
    return (bytes(data[at + 4 : end]), end) if end <= len(data) else (None, end)


def as_tokens(values: NDArray[np.int32]) -> NDArray[Any]:
    """The same bits as unsigned: token ids have no sign."""
    return values.view(np.uint32)

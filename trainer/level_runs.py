"""Levels of list columns: whether a page's lists all have the same length and no nulls, as a mixture's rows have.

Levels are runs of Parquet's RLE / bit-packing hybrid (apache/parquet-format, Encodings.md).
"""

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=4096)  # pages of one column repeat a handful of patterns
def is_constant(levels: bytes, bit_width: int, level: int, count: int) -> bool:
    """Whether `levels` are `count` times `level`."""
    decoded = decoded_levels(levels, bit_width, count)
    return decoded is not None and bool((decoded == level).all())


@lru_cache(maxsize=4096)
def starts_every(levels: bytes, length: int, first: int, count: int) -> bool:
    """Whether one-bit repetition levels start a list at each p in [0, count) where (first + p) % length is 0.

    `first` is how many values of the column come before the page.
    """
    decoded = decoded_levels(levels, 1, count)
    if decoded is None:
        return False
    return bool(np.array_equal(decoded == 0, (np.arange(first, first + count) % length) == 0))


def decoded_levels(levels: bytes, bit_width: int, count: int) -> "np.ndarray[tuple[int], np.dtype[np.uint8]] | None":
    """The first `count` levels of at most 8 bits, uint8 [count]; None where the bytes hold no such run."""
    pieces = []
    at = found = 0
    while found < count:
        head, at = _varint(levels, at)
        if head is None:
            return None
        if head & 1:  # groups of eight, bit-packed, the lowest bits first
            size = (head >> 1) * bit_width
            packed = np.frombuffer(levels, np.uint8, min(size, len(levels) - at), at)
            if len(packed) < size:
                return None
            bits = np.unpackbits(packed, bitorder="little").reshape(-1, bit_width)
            piece = np.packbits(bits, axis=1, bitorder="little")[:, 0]
            at += size
        else:
            if at >= len(levels):
                return None
            piece = np.full(min(head >> 1, count - found), levels[at], np.uint8)
            at += (bit_width + 7) // 8
        if not len(piece):
            return None
        pieces.append(piece[: count - found])
        found += len(pieces[-1])
    return np.concatenate(pieces) if pieces else np.empty(0, np.uint8)


def _varint(data: bytes, at: int) -> tuple[int | None, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    return None, at

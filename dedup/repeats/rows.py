"""The rows that go through Spark's shuffle: columns of numbers packed into bytes, a row for each place to meet at.

A row a batch and bucket, instead of a row a line or window, costs the JVM next to nothing.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ROW_SQL = "partition int, bucket long, part long, kind string, payload binary"
ROW_NAMES = [column.split()[0] for column in ROW_SQL.split(", ")]

_MASK = 0xFFFFFFFF


class Row(NamedTuple):
    """A payload on its way: to a bucket of hashes, or to a part (of the input), which is then its bucket."""

    partition: int
    bucket: int
    part: int
    kind: str
    payload: bytes


def batch_of(rows: Sequence[Row]) -> pa.RecordBatch:
    """The rows as Spark takes them."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in ROW_NAMES)
    types = (pa.int32(), pa.int64(), pa.int64(), pa.string(), pa.binary())
    arrays = [pa.array(list(column), type_) for column, type_ in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=ROW_NAMES)


def by_bucket(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, Iterator[Row]]]:
    """(bucket, its rows) of rows sorted by bucket; a bucket's rows are read before the next bucket."""
    return groupby(_rows(batches), key=itemgetter(1))


def _rows(batches: Iterator[pa.RecordBatch]) -> Iterator[Row]:
    for batch in batches:
        columns = [batch.column(name).to_pylist() for name in ROW_NAMES]
        yield from map(Row._make, zip(*columns, strict=True))


def packed(columns: Sequence[NDArray[Any]]) -> bytes:
    """Columns of equal length behind each other, little-endian; what repeats in a column compresses well."""
    return b"".join(column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes() for column in columns)


def unpacked(payload: bytes, types: Sequence[Any]) -> list[NDArray[Any]]:
    """The columns that `packed` packed, whose types are `types`."""
    dtypes = [np.dtype(type_).newbyteorder("<") for type_ in types]
    count = len(payload) // sum(dtype.itemsize for dtype in dtypes)
    columns = []
    at = 0
    for dtype in dtypes:
        columns.append(np.frombuffer(payload, dtype, count, at))
        at += count * dtype.itemsize
    return columns


def split(buckets: NDArray[np.int64], columns: Any) -> Iterator[tuple[int, Any]]:
    """(bucket, the columns' rows of that bucket), by bucket; rows keep their order."""
    if not len(buckets):
        return
    sort = np.argsort(buckets, kind="stable")
    buckets = buckets[sort]
    columns = [column[sort] for column in columns]
    ends = [*(np.flatnonzero(np.diff(buckets)) + 1).tolist(), len(buckets)]
    start = 0
    for end in ends:
        yield int(buckets[start]), [column[start:end] for column in columns]
        start = end


@lru_cache(maxsize=16)
def partition_numbers(partitions: int) -> NDArray[np.int32]:
    """int32[partitions], a number for each partition that Spark's `repartition(partitions, column)` sends there.

    Spark takes Murmur3's hash of the number modulo the partitions. Numbers counted up would leave a third of the
    partitions empty and give others several times their share; if Spark hashed otherwise, that would be all.
    """
    found = np.full(partitions, -1, np.int32)
    missing = partitions
    candidate = 0
    while missing:
        partition = _murmur3(candidate) % partitions
        if found[partition] < 0:
            found[partition] = candidate
            missing -= 1
        candidate += 1
    return found


def _murmur3(number: int) -> int:
    """Murmur3_x86_32 (Appleby) of one int, as Spark's `hash` with its seed of 42; signed."""
    key = number * 0xCC9E2D51 & _MASK
    key = ((key << 15 | key >> 17) & _MASK) * 0x1B873593 & _MASK
    value = 42 ^ key
    value = ((value << 13 | value >> 19) & _MASK) * 5 + 0xE6546B64 & _MASK
    value ^= 4
    value = (value ^ value >> 16) * 0x85EBCA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & _MASK
    value ^= value >> 16
    return value - (1 << 32) if value >> 31 else value

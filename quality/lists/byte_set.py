"""A set of byte strings that kernels look up: exact, compact, millions of entries."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.arrow_text import text_buffers
from quality.kernel import kernel

ABSENT = -1

# FNV-1a (Fowler, Noll, Vo), 64 bits.
FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)


class ByteSet(NamedTuple):
    """Entry i is data[offsets[i]:offsets[i + 1]]; `slots` is an open-addressing table of their numbers."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]  # a power of two, at least twice the entries; ABSENT: free


def byte_set(entries: pa.LargeBinaryArray) -> ByteSet:
    """The set of `entries`, none of them null; of equal ones the first is found."""
    data, offsets = text_buffers(as_text(entries))
    slots = np.full(1 << max(1, (2 * len(entries)).bit_length()), ABSENT, np.int32)
    found = ByteSet(data, offsets, slots)
    _fill(found)
    return found


def as_text(values: pa.Array) -> pa.LargeStringArray:
    """Large binary as text, with no look at whether it is UTF-8: for kernels alone."""
    validity, offsets, data = values.buffers()
    return pa.LargeStringArray.from_buffers(len(values), offsets, data, validity, -1, values.offset)


@kernel
def _fill(entries: Any) -> None:
    for i in range(len(entries.offsets) - 1):
        start, end = entries.offsets[i], entries.offsets[i + 1]
        slot = _slot_of(_hash(entries.data, start, end), entries.data, start, end, entries)
        if entries.slots[slot] == ABSENT:
            entries.slots[slot] = i


@kernel
def find(data: Any, start: int, end: int, entries: Any) -> int:
    """The number of the entry that equals data[start:end]; ABSENT when there is none."""
    return find_hashed(_hash(data, start, end), data, start, end, entries)


@kernel
def find_hashed(hashed: Any, data: Any, start: int, end: int, entries: Any) -> int:
    """`find` where the hash of data[start:end] is known: FNV_OFFSET after `hash_on` of every byte."""
    return int(entries.slots[_slot_of(hashed, data, start, end, entries)])


@kernel
def hash_on(hashed: Any, byte: int) -> Any:
    """The hash (uint64) of what was hashed and one more byte."""
    return (hashed ^ np.uint64(byte)) * FNV_PRIME


@kernel
def _hash(data: Any, start: int, end: int) -> Any:
    hashed = FNV_OFFSET
    for at in range(start, end):
        hashed = hash_on(hashed, data[at])
    return hashed


@kernel
def _slot_of(hashed: Any, data: Any, start: int, end: int, entries: Any) -> int:
    """The slot where data[start:end] is, or would be put."""
    last = len(entries.slots) - 1
    slot = np.int64((hashed ^ (hashed >> np.uint64(32))) & np.uint64(last))
    while entries.slots[slot] != ABSENT and not _is_entry(data, start, end, entries, entries.slots[slot]):
        slot = (slot + 1) & last
    return int(slot)


@kernel
def _is_entry(data: Any, start: int, end: int, entries: Any, number: int) -> bool:
    entry = entries.offsets[number]
    if entries.offsets[number + 1] - entry != end - start:
        return False
    for i in range(end - start):  # noqa: SIM110 (numba has no generators)
        if data[start + i] != entries.data[entry + i]:
            return False
    return True

"""The top-level domains that exist, as a table that kernels look up; `make_top_level_domains.py` makes the list."""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import lower

TABLE_SLOTS = 4096  # a power of two, more than twice the number of domains
FNV_OFFSET, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
MAX_BYTES = 64


@cache
def top_level_domains() -> npt.NDArray[np.uint64]:
    """A hash table of TABLE_SLOTS slots: hashes of all top-level domains, 0 where a slot is free."""
    table = np.zeros(TABLE_SLOTS, np.uint64)
    for name in files("quality.pii").joinpath("top_level_domains.txt").read_text("utf-8").split():
        encoded = np.frombuffer(name.encode(), np.uint8)
        _insert(table, encoded)
    return table


@called_kernel
def is_top_level_domain(data: Any, start: int, end: int, table: Any) -> bool:
    """data[start:end], ASCII letters in any case, is a top-level domain."""
    if end - start < 2 or end - start > MAX_BYTES:
        return False
    hashed = _hash(data, start, end)
    return bool(table[_slot(table, hashed)] == hashed)


@kernel
def _insert(table: Any, name: Any) -> None:
    hashed = _hash(name, 0, len(name))
    table[_slot(table, hashed)] = hashed


@kernel
def _slot(table: Any, hashed: Any) -> Any:
    """The slot that holds the hash, or the free one where it would be."""
    slot = np.int64(hashed & np.uint64(TABLE_SLOTS - 1))
    while table[slot] != np.uint64(0) and table[slot] != hashed:
        slot = (slot + 1) & (TABLE_SLOTS - 1)
    return slot


@kernel
def _hash(data: Any, start: int, end: int) -> Any:
    """FNV-1a of 64 bits."""
    hashed = FNV_OFFSET
    for i in range(start, end):
        hashed = (hashed ^ np.uint64(lower(data[i]))) * FNV_PRIME
    return hashed

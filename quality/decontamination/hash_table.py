"""A hash table of n-grams in NumPy arrays: open addressing, with a bit filter in front that fits the cache."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.kernel import kernel

FILTER_BITS_PER_KEY = 16  # with two bits set for a key, about 2 % of the keys that are not in the table pass
EMPTY = -1
BIT_MASK = np.uint64(63)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)

Hashes = npt.NDArray[np.uint64]


class HashTable(NamedTuple):
    """Keys with ids 0, 1, ... A key is found by two hashes: `key` is compared, `check` says where it lies.

    A gram that is not in the table is taken for one that is when all 64 bits of `key` agree with one of the about 1.5
    keys around the place where its `check` leads: a chance of about 10^-19 a look-up, 10^-7 in a trillion words.
    """

    filter: Hashes  # 64 bits a word; a key sets two bits of one of them
    filter_shift: np.uint64
    keys: Hashes
    ids: npt.NDArray[np.int32]
    slot_shift: np.uint64

    @property
    def n_bytes(self) -> int:
        """Memory of the arrays."""
        return self.filter.nbytes + self.keys.nbytes + self.ids.nbytes


def hash_table(
    keys: Hashes, checks: Hashes, filter_bits_per_key: int = FILTER_BITS_PER_KEY
) -> tuple[HashTable, npt.NDArray[np.int32]]:
    """The table of all keys, and the id of each; equal keys share one, and ids follow first appearance."""
    slot_bits = max(4, (2 * len(keys)).bit_length())
    n_filter_bits = max(10, (filter_bits_per_key * len(keys)).bit_length() - 1)
    table = HashTable(
        np.zeros(1 << (n_filter_bits - 6), np.uint64),
        np.uint64(64 - n_filter_bits + 6),
        np.zeros(1 << slot_bits, np.uint64),
        np.full(1 << slot_bits, EMPTY, np.int32),
        np.uint64(64 - slot_bits),
    )
    ids = np.empty(len(keys), np.int32)
    _insert(table, keys, checks, ids)
    return table, ids


@kernel
def filter_word(key: Any, filter_shift: Any) -> Any:
    """Which word of the filter speaks of `key` (uint64)."""
    return (key * GOLDEN) >> filter_shift


@kernel
def filter_bits(key: Any) -> Any:
    """The bits that are set there for `key`: where one is clear, the key isn't in the table."""
    spread = key * GOLDEN
    one = np.uint64(1)
    return (one << ((spread >> np.uint64(8)) & BIT_MASK)) | (one << ((spread >> np.uint64(20)) & BIT_MASK))


@kernel
def find(table: Any, key: Any, check: Any) -> Any:
    """The id of a key; EMPTY when it is not in the table."""
    return table.ids[_slot(table, key, check)]


@kernel
def _slot(table: Any, key: Any, check: Any) -> Any:
    """Where the key lies, or the empty place where it would."""
    slot = np.int64((check * GOLDEN) >> table.slot_shift)
    while table.ids[slot] != EMPTY and table.keys[slot] != key:
        slot = (slot + 1) & (len(table.ids) - 1)
    return slot


@kernel
def _insert(table: Any, keys: Any, checks: Any, ids: Any) -> None:
    n_distinct = 0
    for i in range(len(keys)):
        slot = _slot(table, keys[i], checks[i])
        if table.ids[slot] == EMPTY:
            table.ids[slot] = n_distinct
            table.keys[slot] = keys[i]
            table.filter[filter_word(keys[i], table.filter_shift)] |= filter_bits(keys[i])
            n_distinct += 1
        ids[i] = table.ids[slot]

"""The hash by which chunks and special cases are looked up. Nothing rests on it: what is found is compared."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from quality.kernel import kernel

SLOT_BITS = 14
SPECIAL_SLOTS = 1 << SLOT_BITS

SEED = np.uint64(0x9E3779B97F4A7C15)
FACTOR = np.uint64(0x9FB21C651E98DF25)


@kernel
def mixed(hash_: Any, code_point: int) -> Any:
    """The hash of a string that goes on with `code_point` (uint64)."""
    return (hash_ ^ np.uint64(code_point)) * FACTOR


@kernel
def first_bits(hash_: Any, n_bits: int) -> int:
    """The upper bits of a hash, which depend on all of its characters."""
    return np.int64(hash_ >> np.uint64(64 - n_bits))  # type: ignore[return-value]


def hash_of(code_points: Iterable[int]) -> int:
    """The same in Python, for the script that makes the tables."""
    hash_ = int(SEED)
    for code_point in code_points:
        hash_ = ((hash_ ^ code_point) * int(FACTOR)) & 0xFFFFFFFFFFFFFFFF
    return hash_


@kernel
def pair_slot(before: int, after: int) -> int:
    """Where a table of SPECIAL_SLOTS keeps whether a special case has words that meet in these characters."""
    return int(before * 31 + after) & (SPECIAL_SLOTS - 1)

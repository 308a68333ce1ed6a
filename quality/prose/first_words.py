"""The open table in which equal runs of words meet: each place holds the first word of the first of them.

The key of a run is kept beside, by its first word; what is not the key of a place's word belongs to another one. Most
places stay empty, so that few searches go on to a second one: a processor cannot guess which will.
"""

from typing import Any

import numpy as np

from quality.kernel import lean_kernel
from quality.prose.hashing import BASE, MAX_PROBES

NO_WORD = -1


@lean_kernel
def cleared_slots(slots: Any, n_keys: int) -> int:
    """Empty a table (int32) for at most `n_keys` keys, of four places each; how far to shift a key to find its place.

    `slots` has at least as many places, or is a power of two above twice as many.
    """
    n_bits = 4
    while (1 << n_bits) < 4 * n_keys and (2 << n_bits) <= len(slots):
        n_bits += 1
    for slot in range(1 << n_bits):
        slots[slot] = NO_WORD
    return 64 - n_bits


@lean_kernel
def slot_of(slots: Any, shift: int, keys: Any, key: np.uint64) -> int:
    """Where the first word of the run with this key is, or the empty place where it belongs.

    -1 when too many others stand before it: such a run counts as new.
    """
    slot = int(np.int64((key * BASE) >> np.uint64(shift)))
    first = slots[slot]
    if first >= 0 and keys[first] != key:
        return _next_slot(slots, slot, (1 << (64 - shift)) - 1, keys, key)
    return slot


@lean_kernel
def _next_slot(slots: Any, slot: int, mask: int, keys: Any, key: np.uint64) -> int:
    for _ in range(MAX_PROBES):
        slot = (slot + 1) & mask
        first = slots[slot]
        if first < 0 or keys[first] == key:
            return slot
    return -1

"""The least values of datatrove's permutations: (a * x + b) mod (2^61 - 1) in uint64, which wraps before the mod."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import lean_kernel

PRIME = (1 << 61) - 1

# A lane is lowered as (its value - PRIME) in uint64. x mod PRIME is high + low of x = high * 2^61 + low, less PRIME
# where that is as much: in this shape the largest of low need no branch, since they come out as 0 to 7, below all else.
UNTOUCHED = np.uint64(2**64 - 1)
LARGEST_REDUCED = np.uint64(7)


@lru_cache(maxsize=8)
def parameters(lanes: int, seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """a and b of each lane, as datatrove draws them; its generator is the one that NumPy has promised not to change."""
    generator = np.random.RandomState(seed)
    multipliers = generator.randint(1, PRIME, dtype=np.uint64, size=lanes)
    addends = generator.randint(0, PRIME, dtype=np.uint64, size=lanes)
    multipliers.flags.writeable = False
    addends.flags.writeable = False
    return multipliers, addends


@lean_kernel
def lower_lanes(shingles: Any, count: int, multipliers: Any, addends: Any, lanes: Any) -> None:
    """Lower each of `lanes` over shingles[:count], all uint64; the inner loop becomes SIMD."""
    low_bits = np.uint64(PRIME)
    for lane in range(len(lanes)):
        multiplier, addend, least = multipliers[lane], addends[lane], lanes[lane]
        for at in range(count):
            value = shingles[at] * multiplier + addend
            least = min(least, np.uint64((value >> np.uint64(61)) - (~value & low_bits)))
        lanes[lane] = least


@lean_kernel
def finish_lanes(lanes: Any) -> None:
    """Turn lowered lanes into the least values themselves, below PRIME."""
    for lane in range(len(lanes)):
        if lanes[lane] > LARGEST_REDUCED:
            lanes[lane] += np.uint64(PRIME)

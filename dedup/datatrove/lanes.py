"""The least values of datatrove's permutations: (a * x + b) mod (2^61 - 1) in uint64, which wraps before the mod."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import lean_kernel

PRIME = (1 << 61) - 1

UNTOUCHED = np.uint64(2**64 - 1)  # above every remainder
MOST_CARRIED = np.uint64(7)  # the upper three bits of a uint64


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
    """Lower each of `lanes` to the least remainder over shingles[:count], all uint64.

    x = high * 2^61 + low has the remainder high + low, less PRIME where that is PRIME or more: about once in 2^58. The
    inner loop, which becomes SIMD, leaves that out and finds the least high + low - PRIME. That is from 0 to 7 where it
    happened, and wraps to far above otherwise.
    """
    low_bits = np.uint64(PRIME)
    for lane in range(len(lanes)):
        multiplier, addend, least = multipliers[lane], addends[lane], UNTOUCHED
        for at in range(count):
            value = shingles[at] * multiplier + addend
            least = min(least, np.uint64((value >> np.uint64(61)) - (~value & low_bits)))
        if least > MOST_CARRIED:
            least += low_bits
        else:
            least = _least_remainder(shingles, count, multiplier, addend)
        lanes[lane] = min(lanes[lane], least)


@lean_kernel
def _least_remainder(shingles: Any, count: int, multiplier: Any, addend: Any) -> Any:
    least = UNTOUCHED
    for at in range(count):
        least = min(least, np.uint64((shingles[at] * multiplier + addend) % np.uint64(PRIME)))
    return least

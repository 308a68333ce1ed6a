"""XXH64 (Collet 2012) with seed 0: the hash that datatrove gives a shingle."""

from typing import Any

import numpy as np

from dedup.datatrove.unaligned import loaded_4, loaded_8
from dedup.kernel import lean_kernel

# The five primes of the algorithm's specification.
PRIME_1 = np.uint64(0x9E3779B185EBCA87)
PRIME_2 = np.uint64(0xC2B2AE3D27D4EB4F)
PRIME_3 = np.uint64(0x165667B19E3779F9)
PRIME_4 = np.uint64(0x85EBCA77C2B2AE63)
PRIME_5 = np.uint64(0x27D4EB2F165667C5)
STRIPE_BYTES = 32


@lean_kernel
def xxh64(data: Any, start: int, end: int) -> Any:
    """The hash (uint64) of the bytes data[start:end]."""
    at = start
    if end - start >= STRIPE_BYTES:
        hash_, at = _stripes(data, start, end)
    else:
        hash_ = PRIME_5
    hash_ += np.uint64(end - start)
    while at + 8 <= end:
        hash_ = _rotated(hash_ ^ _round(np.uint64(0), _eight(data, at)), 27) * PRIME_1 + PRIME_4
        at += 8
    if at + 4 <= end:
        hash_ = _rotated(hash_ ^ (_four(data, at) * PRIME_1), 23) * PRIME_2 + PRIME_3
        at += 4
    while at < end:
        hash_ = _rotated(hash_ ^ (np.uint64(data[at]) * PRIME_5), 11) * PRIME_1
        at += 1
    hash_ = (hash_ ^ (hash_ >> np.uint64(33))) * PRIME_2
    hash_ = (hash_ ^ (hash_ >> np.uint64(29))) * PRIME_3
    return hash_ ^ (hash_ >> np.uint64(32))


@lean_kernel
def _stripes(data: Any, start: int, end: int) -> tuple[Any, int]:
    """The hash after the whole stripes of 32 bytes, and where the rest begins."""
    first, second, third, fourth = PRIME_1 + PRIME_2, PRIME_2, np.uint64(0), np.uint64(0) - PRIME_1
    at = start
    while at + STRIPE_BYTES <= end:
        first = _round(first, _eight(data, at))
        second = _round(second, _eight(data, at + 8))
        third = _round(third, _eight(data, at + 16))
        fourth = _round(fourth, _eight(data, at + 24))
        at += STRIPE_BYTES
    hash_ = _rotated(first, 1) + _rotated(second, 7) + _rotated(third, 12) + _rotated(fourth, 18)
    for lane in (first, second, third, fourth):
        hash_ = (hash_ ^ _round(np.uint64(0), lane)) * PRIME_1 + PRIME_4
    return hash_, at


@lean_kernel
def _round(lane: Any, value: Any) -> Any:
    return _rotated(lane + value * PRIME_2, 31) * PRIME_1


@lean_kernel
def _rotated(value: Any, bits: int) -> Any:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@lean_kernel
def _eight(data: Any, at: int) -> Any:
    """Eight bytes, the lowest first."""
    _ = data[at + 7]  # where bounds are checked, these are
    return loaded_8(data, at)


@lean_kernel
def _four(data: Any, at: int) -> Any:
    _ = data[at + 3]
    return np.uint64(loaded_4(data, at))

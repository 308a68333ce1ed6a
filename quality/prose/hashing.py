"""Hashes of runs of characters and of words, and the open table in which equal ones meet.

Two runs count as equal when their 64-bit hashes are. Tables hold at most half of their places, and a search looks at
MAX_PROBES of them at most, so that text made to collide costs no more time than other text: what finds no place is
then counted as new.
"""

from typing import Any

import numpy as np

from quality.kernel import lean_kernel

BASE = np.uint64(0x9E3779B97F4A7C15)  # of the polynomial; odd, so that its powers keep all bits
SPREAD = np.uint64(0xD6E8FEB86659FD93)  # another factor: of the polynomial whose coefficients are words
ONE = np.uint64(1)
N_POWERS = 4096

MAX_PROBES = 256  # a table that is half full needs about 80 among ten million random keys


def powers_of_base() -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """BASE to the power i modulo 2^64, shape (N_POWERS,)."""
    powers = np.ones(N_POWERS, np.uint64)
    for i in range(1, N_POWERS):
        powers[i] = int(powers[i - 1]) * int(BASE) % 2**64
    return powers


@lean_kernel
def power(n: int, powers: Any) -> np.uint64:
    """BASE to the power n modulo 2^64."""
    if n < N_POWERS:
        return np.uint64(powers[n])
    result = ONE
    square = BASE
    while n:
        if n & 1:
            result *= square
        square *= square
        n >>= 1
    return result


@lean_kernel
def appended(text_hash: np.uint64, code_point: int) -> np.uint64:
    """The polynomial hash of a text after one more character; that of the empty text is 0."""
    return text_hash * BASE + (np.uint64(code_point) + ONE)


@lean_kernel
def mixed(key: np.uint64) -> np.uint64:
    """All bits of `key` spread over all bits; never 0, which marks an empty place. (MurmurHash3's finalizer)."""
    key ^= key >> np.uint64(33)
    key *= np.uint64(0xFF51AFD7ED558CCD)
    key ^= key >> np.uint64(33)
    key *= np.uint64(0xC4CEB9FE1A85EC53)
    return (key ^ (key >> np.uint64(33))) | ONE


@lean_kernel
def text_key(code_points: Any, start: int, end: int) -> np.uint64:
    """A key of code_points[start:end]: its polynomial hash, mixed."""
    text_hash = np.uint64(0)
    for at in range(start, end):
        text_hash = appended(text_hash, code_points[at])
    return mixed(text_hash)


@lean_kernel
def segment_hash(code_points: Any, start: int, end: int) -> np.uint64:
    """A hash of code_points[start:end], six characters at a time, in two sums that need not wait for each other."""
    total = np.uint64(end - start)
    other = np.uint64(0)
    at = start
    while at + 6 <= end:
        total = (total ^ _three(code_points, at)) * BASE
        other = (other ^ _three(code_points, at + 3)) * SPREAD
        total ^= total >> np.uint64(32)
        other ^= other >> np.uint64(32)
        at += 6
    total += other * BASE
    while at < end:
        total = (total ^ np.uint64(code_points[at])) * BASE
        at += 1
    return mixed(total)


@lean_kernel
def _three(code_points: Any, at: int) -> np.uint64:
    """Three characters, of 21 bits each."""
    return (
        np.uint64(code_points[at])
        | (np.uint64(code_points[at + 1]) << np.uint64(21))
        | (np.uint64(code_points[at + 2]) << np.uint64(42))
    )


@lean_kernel
def cleared(keys: Any, n_keys: int) -> int:
    """Empty a table for at most `n_keys` keys; the mask of its places: the next power of two above twice as many.

    `keys` (uint64) has at least as many places, or at least 16 and more than `n_keys` and is a power of two itself.
    """
    n_places = 16
    while n_places < 2 * n_keys and 2 * n_places <= len(keys):
        n_places *= 2
    for place in range(n_places):
        keys[place] = 0
    return n_places - 1


@lean_kernel
def place_of(keys: Any, mask: int, key: np.uint64) -> int:
    """Where `key` is, or the empty place where it belongs; -1 when too many others stand before it."""
    place = int(key >> ONE) & mask
    for _ in range(MAX_PROBES):
        if keys[place] == key or keys[place] == 0:
            return place
        place = (place + 1) & mask
    return -1


@lean_kernel
def is_repeated(keys: Any, mask: int, key: np.uint64) -> bool:
    """Whether `key` (never 0) was added before; adds it."""
    place = place_of(keys, mask, key)
    if place < 0:
        return False
    repeated = keys[place] == key
    keys[place] = key
    return bool(repeated)


@lean_kernel
def cleared_sightings(seen: Any, n_keys: int) -> int:
    """Empty a table without keys (uint8), of eight places a key or more; how far to shift a key to find its place."""
    n_bits = 4
    while (1 << n_bits) < 8 * n_keys and (2 << n_bits) <= len(seen):
        n_bits += 1
    for place in range(1 << n_bits):
        seen[place] = 0
    return 64 - n_bits


@lean_kernel
def sight(seen: Any, shift: int, key: np.uint64) -> int:
    """Note that `key` was met; its place, which only other keys that are seldom equal to it share.

    What a place holds afterwards: 1, its key was met once; 2, it may have been met twice.
    """
    place = int((key * BASE) >> np.uint64(shift))
    seen[place] += seen[place] < 2
    return place

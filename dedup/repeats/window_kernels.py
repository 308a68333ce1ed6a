"""The compiled kernels that find repeated windows of bytes; beside them their constants, as numba's cache asks for.

A *window* is `window_bytes` bytes of a document, one beginning at every byte. A *gram* is `gram_bytes` of them, which
are fewer. A window's *anchor* is the least hash of its grams (winnowing: Schleimer, Wilkerson & Aiken 2003), so equal
windows have equal anchors, and neighbouring windows mostly the same one.
"""

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import kernel
from dedup.kernels import mix64

# Rolling hashes are polynomials of the bytes (Karp & Rabin 1987): modulo 2^64, for speed, and modulo the prime
# 2^61 - 1, for no two texts can be made up that collide under both as the Thue-Morse words do under the first.
MULTIPLIER = 0x9FB21C651E98DF25
PRIME = (1 << 61) - 1
PRIME_BASE = 0xC2B2AE35  # below 2^32, see `times_base`
GREATEST = (1 << 64) - 1
FEWEST_SLOTS = 1 << 12
LOW_HALF = (1 << 32) - 1


@kernel
def power(exponent: int) -> np.uint64:
    """MULTIPLIER ** exponent modulo 2^64."""
    result = np.uint64(1)
    for _ in range(exponent):
        result *= np.uint64(MULTIPLIER)
    return result


@kernel
def times_base(value: np.uint64) -> np.uint64:
    """value * PRIME_BASE modulo PRIME, for a value below 2^61: 2^61 is 1, so what stands above it is added below."""
    high = (value >> np.uint64(32)) * np.uint64(PRIME_BASE)
    low = (value & np.uint64(0xFFFFFFFF)) * np.uint64(PRIME_BASE)
    result = (high >> np.uint64(29)) + ((high & np.uint64((1 << 29) - 1)) << np.uint64(32))
    result += (low & np.uint64(PRIME)) + (low >> np.uint64(61))
    result = (result & np.uint64(PRIME)) + (result >> np.uint64(61))
    return result - np.uint64(PRIME) if result >= np.uint64(PRIME) else result


@kernel
def leaving_bytes(window_bytes: int) -> NDArray[np.uint64]:
    """What each byte, less than 256 and plus one, adds to the second hash when it leaves the window: uint64[256]."""
    result = np.empty(256, np.uint64)
    for byte in range(256):
        value = np.uint64(byte + 1)
        for _ in range(window_bytes):
            value = times_base(value)
        result[byte] = np.uint64(PRIME) - value
    return result


@kernel
def close_block(held: NDArray[np.uint64]) -> None:
    """Each of a block's values becomes the least of it and those behind it; the last element stays the greatest.

    With the running least of the block that follows, a window's least is that of two numbers, without a branch (van
    Herk 1992; Gil & Werman 1993).
    """
    for at in range(len(held) - 2, -1, -1):
        held[at] = min(held[at], held[at + 1])


@kernel
def gram_value(rolled: np.uint64) -> np.uint64:
    """The gram's hash, odd, for 0 marks an empty slot of a table."""
    return mix64(rolled) | np.uint64(1)


@kernel
def select_anchors(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    gram_bytes: int,
    window_bytes: int,
    anchors: NDArray[np.uint64],
) -> int:
    """Anchors of all windows, each once for a run of windows that have it; returns how many.

    A gram is in `n_grams` windows: a longer run has the anchor at two places, and counts twice. So two windows that do
    not overlap, or stand in different documents, count twice.
    """
    n_grams = window_bytes - gram_bytes + 1
    held = np.full(n_grams + 1, np.uint64(GREATEST))
    leaving = power(gram_bytes)
    count = 0
    for document in range(len(offsets) - 1):
        begin, end = offsets[document], offsets[document + 1]
        if end - begin < window_bytes:
            continue
        rolled, least, anchor = np.uint64(0), np.uint64(0), np.uint64(0)
        held[:] = np.uint64(GREATEST)
        in_block = run = 0
        for at in range(end - begin):
            rolled = rolled * np.uint64(MULTIPLIER) + (np.uint64(data[begin + at]) + np.uint64(1))
            if at >= gram_bytes:
                rolled -= (np.uint64(data[begin + at - gram_bytes]) + np.uint64(1)) * leaving
            elif at < gram_bytes - 1:
                continue
            value = gram_value(rolled)
            held[in_block] = value
            least = value if in_block == 0 else min(least, value)
            in_block += 1
            if at >= window_bytes - 1:
                found = min(least, held[in_block])
                run = run + 1 if found == anchor else 0
                if run == 0 or run == n_grams:
                    anchor = found
                    anchors[count] = anchor
                    count += 1
            if in_block == n_grams:
                close_block(held)
                in_block = 0
    return count


@kernel
def fill_set(table: NDArray[np.uint64], members: NDArray[np.uint64]) -> None:
    """Put members (none 0) into an all-zero table of a power of two of slots, more than there are members."""
    mask = np.uint64(len(table) - 1)
    for member in members:
        slot = mix64(member) & mask
        while table[slot] != np.uint64(0) and table[slot] != member:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = member


@kernel
def is_member(table: NDArray[np.uint64], value: np.uint64) -> bool:
    """Whether `fill_set` put it there."""
    mask = np.uint64(len(table) - 1)
    slot = mix64(value) & mask
    while table[slot] != np.uint64(0):
        if table[slot] == value:
            return True
        slot = (slot + np.uint64(1)) & mask
    return False


@kernel
def slot_of(
    slots: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    checks: NDArray[np.uint64],
    one: np.uint64,
    two: np.uint64,
) -> np.uint64:
    """The slot that has the window's first occurrence, or is free for it (0).

    A slot holds the high half of the hash and, below, the occurrence plus one: others are seen without a look at them.
    """
    mask = np.uint64(len(slots) - 1)
    slot = one & mask
    while slots[slot] != np.uint64(0):
        if (slots[slot] ^ one) < np.uint64(1 << 32):
            first = np.int64(slots[slot] & np.uint64(LOW_HALF)) - 1
            if hashes[first] == one and checks[first] == two:
                break
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def doubled(slots: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The table's entries in one twice as large."""
    result = np.zeros(2 * len(slots), np.uint64)
    mask = np.uint64(len(result) - 1)
    for entry in slots:
        if entry != np.uint64(0):
            slot = hashes[np.int64(entry & np.uint64(LOW_HALF)) - 1] & mask
            while result[slot] != np.uint64(0):
                slot = (slot + np.uint64(1)) & mask
            result[slot] = entry
    return result


@kernel
def scan_windows(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    visits: NDArray[np.int64],
    gram_bytes: int,
    window_bytes: int,
    repeated: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    checks: NDArray[np.uint64],
    documents: NDArray[np.int32],
    starts: NDArray[np.int32],
    cut_documents: NDArray[np.int32],
    cut_starts: NDArray[np.int32],
    cut_ends: NDArray[np.int32],
) -> tuple[int, int]:
    """Windows whose anchor is in the set `repeated`, of the documents in the order of `visits`.

    Those that stand in these documents before go into the cuts, joined where they touch. The others, which may stand
    in other documents before, are listed with their hashes. Returns how many windows and how many cuts.
    """
    n_grams = window_bytes - gram_bytes + 1
    held = np.full(n_grams + 1, np.uint64(GREATEST))
    leaving_gram, leaving_window = power(gram_bytes), power(window_bytes)
    leaving_check = leaving_bytes(window_bytes)
    count = cuts = firsts = 0
    slots = np.zeros(FEWEST_SLOTS, np.uint64)
    for visit in range(len(visits)):
        document = visits[visit]
        begin, end = offsets[document], offsets[document + 1]
        if end - begin < window_bytes:
            continue
        rolled, least, anchor = np.uint64(0), np.uint64(0), np.uint64(0)
        one, two = np.uint64(0), np.uint64(0)
        origin = hashed = begin  # `one` and `two` have read from here up to here
        held[:] = np.uint64(GREATEST)
        in_block = 0
        is_repeated = False
        reached = -1  # end of the document's last cut
        for at in range(end - begin):
            rolled = rolled * np.uint64(MULTIPLIER) + (np.uint64(data[begin + at]) + np.uint64(1))
            if at >= gram_bytes:
                rolled -= (np.uint64(data[begin + at - gram_bytes]) + np.uint64(1)) * leaving_gram
            elif at < gram_bytes - 1:
                continue
            value = gram_value(rolled)
            held[in_block] = value
            least = value if in_block == 0 else min(least, value)
            in_block += 1
            found = min(least, held[in_block])
            if in_block == n_grams:
                close_block(held)
                in_block = 0
            window = at - window_bytes + 1
            if window < 0:
                continue
            if found != anchor:
                anchor = found
                is_repeated = is_member(repeated, anchor)
            if not is_repeated:
                continue
            if hashed <= begin + window:  # nothing of it was read: begin anew
                origin = hashed = begin + window
                one, two = np.uint64(0), np.uint64(0)
            for place in range(hashed, begin + at + 1):
                byte = np.uint64(data[place]) + np.uint64(1)
                one = one * np.uint64(MULTIPLIER) + byte
                two = times_base(two) + byte
                if place >= origin + window_bytes:
                    gone = data[place - window_bytes]
                    one -= (np.uint64(gone) + np.uint64(1)) * leaving_window
                    two += leaving_check[gone]
                two = (two & np.uint64(PRIME)) + (two >> np.uint64(61))
                if two >= np.uint64(PRIME):
                    two -= np.uint64(PRIME)
            hashed = begin + at + 1
            mixed = mix64(one)
            slot = slot_of(slots, hashes, checks, mixed, two)
            first = np.int64(slots[slot] & np.uint64(LOW_HALF)) - 1
            if first >= 0 and (documents[first] != document or starts[first] + window_bytes <= window):
                if window > reached:
                    cut_documents[cuts], cut_starts[cuts] = document, window
                    cuts += 1
                reached = window + window_bytes
                cut_ends[cuts - 1] = reached
                continue
            if first < 0:
                slots[slot] = (mixed & ~np.uint64(LOW_HALF)) | np.uint64(count + 1)
                firsts += 1
            hashes[count], checks[count] = mixed, two
            documents[count], starts[count] = document, window
            count += 1
            if 2 * firsts > len(slots):
                slots = doubled(slots, hashes)
    return count, cuts

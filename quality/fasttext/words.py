"""The words of a text: what whitespace separates, as fastText's `Dictionary::readWord` reads it."""

from typing import Any

import numpy as np

from quality.fasttext.dictionary import FNV_OFFSET, hash_byte
from quality.kernel import lean_kernel

PART_BYTES = 8  # how much of a word is looked at in one step

HIGH_BITS = np.uint64(0x8080808080808080)
LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
INDEX_OF_BIT = np.uint64(0x0001020304050607)  # times 1 << 8 * i it has i in its highest byte


def _in_every_byte(value: int) -> np.uint64:
    return np.uint64(value * 0x0101010101010101)


# Added to a byte below 128 they set its high bit where it is at least that much.
TO_REACH_1, TO_REACH_9, TO_REACH_14 = _in_every_byte(127), _in_every_byte(119), _in_every_byte(114)
WITHOUT_32 = _in_every_byte(127 - 32)


@lean_kernel
def is_space(byte: int) -> bool:
    """What separates words."""
    return byte <= 32 and (byte == 32 or 9 <= byte <= 13 or byte == 0)


@lean_kernel
def read_word(data: Any, at: int, end: int) -> tuple[int, np.uint32]:
    """Where the word that begins at byte `at` ends, and its hash."""
    word_hash = np.uint32(FNV_OFFSET)
    while at < end and not is_space(data[at]):
        word_hash = hash_byte(word_hash, data[at])
        at += 1
    return at, word_hash


@lean_kernel
def read_part(data: Any, at: int, end: int) -> tuple[Any, Any]:
    """The word's next bytes from `at` on, up to eight, first byte lowest, with zeros after them; how many they are.

    Fewer than eight: the word ends there, by a space or at `end`.
    """
    part = _eight_bytes(data, at, end)
    spaces = _space_bits(part)
    if spaces == np.uint64(0):
        return part, PART_BYTES
    first = (spaces & (~spaces + np.uint64(1))) >> np.uint64(7)  # the lowest bit of the first space
    return part & (first - np.uint64(1)), np.int64((INDEX_OF_BIT * first) >> np.uint64(56))


@lean_kernel
def _eight_bytes(data: Any, at: int, end: int) -> np.uint64:
    """data[at:at + 8), zeros (which are spaces) from `end` on. The first loop is compiled to one load."""
    value = np.uint64(0)
    if at + PART_BYTES <= end:
        for k in range(PART_BYTES):
            value |= np.uint64(data[np.uint64(at + k)]) << np.uint64(8 * k)
    else:
        for k in range(end - at):
            value |= np.uint64(data[np.uint64(at + k)]) << np.uint64(8 * k)
    return value


@lean_kernel
def _space_bits(part: np.uint64) -> np.uint64:
    """The high bit of each of the eight bytes that is_space holds of, which are 0, 9 to 13 and 32."""
    low = part & LOW_BITS
    is_9_to_13 = (low + TO_REACH_9) & ~(low + TO_REACH_14)
    is_0_or_32 = ~((low & WITHOUT_32) + TO_REACH_1)
    return (is_9_to_13 | is_0_or_32) & ~part & HIGH_BITS

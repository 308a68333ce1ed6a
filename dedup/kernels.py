"""The compiled kernels of MinHash: bytes -> words or characters -> shingles -> lanes.

Memory is bounded however long a document is: `hash_words` or `hash_characters` fills a buffer with the hashes of the
next words or characters, `hash_shingles` turns them into those of n-grams, and the last n - 1 are carried over.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import kernel, lean_kernel

LETTER, SEPARATOR, ALONE = 0, 1, 2  # what a character is, see characters.py

# Start value and odd multiplier of the running word hash: FNV-1a's shape over characters (Fowler, Noll, Vo),
# with the multiplier of rrxmrrxmsx_0 (Evensen 2018), which spreads further than FNV's sparse prime.
WORD_START = 0xCBF29CE484222325
WORD_MULTIPLIER = 0x9FB21C651E98DF25
# 2^64 / golden ratio, odd: makes the hash of an n-gram depend on the order of its words.
ORDER_MULTIPLIER = 0x9E3779B97F4A7C15
# Malformed UTF-8 reads as letters outside Unicode, one a byte.
NOT_UNICODE = 0x110000
SPACE = 0x20
# Hashed before the permutations run over their shingles: 8 KiB of shingles stay in the first-level cache.
UNITS_AT_ONCE = 2048


@lean_kernel
def mix64(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer (Appleby): a permutation of uint64 that spreads every input bit."""
    value = np.uint64(value)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    value ^= value >> np.uint64(33)
    return value


@lean_kernel
def decode(data: NDArray[np.uint8], position: int, end: int) -> tuple[int, int]:
    """Codepoint and width in bytes of the non-ASCII character at `position`; never reads at or past `end`."""
    lead = int(data[position])
    if 0xC2 <= lead < 0xE0 and position + 1 < end:
        return ((lead & 0x1F) << 6) | (data[position + 1] & 0x3F), 2
    if 0xE0 <= lead < 0xF0 and position + 2 < end:
        return ((lead & 0x0F) << 12) | ((data[position + 1] & 0x3F) << 6) | (data[position + 2] & 0x3F), 3
    if 0xF0 <= lead <= 0xF4 and position + 3 < end:
        high = ((lead & 0x07) << 18) | ((data[position + 1] & 0x3F) << 12)
        return high | ((data[position + 2] & 0x3F) << 6) | (data[position + 3] & 0x3F), 4
    return NOT_UNICODE + lead, 1


@lean_kernel
def hash_words(
    data: NDArray[np.uint8],
    position: int,
    end: int,
    kinds: NDArray[np.uint8],
    words: NDArray[np.uint64],
    carried: int,
) -> tuple[int, int]:
    """Hash the lower-cased (ASCII) words of data[position:end] into words[carried:] until either ends.

    Returns the position to go on from and the number of words in the buffer, the carried ones included.
    """
    count = carried
    word = np.uint64(WORD_START)
    in_word = False
    while position < end and count < len(words):
        character, width = int(data[position]), 1
        if character >= 0x80:
            character, width = decode(data, position, end)
        elif 0x41 <= character <= 0x5A:
            character += 0x20
        kind = kinds[character] if character < NOT_UNICODE else LETTER
        if kind == LETTER:
            word = (word ^ np.uint64(character)) * np.uint64(WORD_MULTIPLIER)
            in_word = True
            position += width
        elif in_word:  # the character is looked at again: it may be a word of its own, and the buffer full
            words[count] = mix64(word)
            count += 1
            word = np.uint64(WORD_START)
            in_word = False
        else:
            if kind == ALONE:
                words[count] = mix64((word ^ np.uint64(character)) * np.uint64(WORD_MULTIPLIER))
                count += 1
            position += width
    if in_word:
        words[count] = mix64(word)
        count += 1
    return position, count


@lean_kernel
def hash_characters(
    data: NDArray[np.uint8],
    start: int,
    position: int,
    end: int,
    lowered: NDArray[np.uint32],
    characters: NDArray[np.uint64],
    carried: int,
) -> tuple[int, int]:
    """Hash the lower-cased characters of data[position:end] into characters[carried:] until either ends.

    A run of whitespace is one space between others, and nothing at the ends of the document, which begins at `start`.
    Returns the position to go on from and the number of characters in the buffer, the carried ones included.
    """
    count = carried
    while position < end and count < len(characters) - 1:  # room for a space, too
        first = position
        character, width = _lowered(data, position, end, lowered)
        while character == SPACE and position + width < end:
            position += width
            character, width = _lowered(data, position, end, lowered)
        position += width
        if character != SPACE:
            if start < first < position - width:
                characters[count] = mix64((np.uint64(WORD_START) ^ np.uint64(SPACE)) * np.uint64(WORD_MULTIPLIER))
                count += 1
            characters[count] = mix64((np.uint64(WORD_START) ^ np.uint64(character)) * np.uint64(WORD_MULTIPLIER))
            count += 1
    return position, count


@lean_kernel
def _lowered(data: NDArray[np.uint8], position: int, end: int, lowered: NDArray[np.uint32]) -> tuple[int, int]:
    character, width = int(data[position]), 1
    if character >= 0x80:
        character, width = decode(data, position, end)
    return int(lowered[character]) if character < NOT_UNICODE else character, width


@lean_kernel
def hash_shingles(units: NDArray[np.uint64], count: int, ngram: int, shingles: NDArray[np.uint64]) -> int:
    """Hash every run of `ngram` words or characters of units[:count] into `shingles`; returns how many there are.

    The hash of a run is a polynomial of its units' hashes, which rolls on from one run to the next.
    """
    if count < ngram:
        return 0
    rolling = np.uint64(0)
    leaving = np.uint64(1)  # the factor of the unit that leaves
    for at in range(ngram):
        rolling = rolling * np.uint64(ORDER_MULTIPLIER) + units[at]
        leaving *= np.uint64(ORDER_MULTIPLIER)
    shingles[0] = mix64(rolling)
    for start in range(1, count - ngram + 1):
        rolling = rolling * np.uint64(ORDER_MULTIPLIER) + units[start + ngram - 1] - leaving * units[start - 1]
        shingles[start] = mix64(rolling)
    return count - ngram + 1


@kernel
def next_shingles(
    data: NDArray[np.uint8],
    start: int,
    position: int,
    end: int,
    tables: Any,
    ngram: int,
    units: NDArray[np.uint64],
    carried: int,
    shingles: NDArray[np.uint64],
) -> tuple[int, int, int]:
    """Hash the next shingles of the document data[start:end], from `position` on, into `shingles`.

    `tables` is (kinds of characters, lower-case characters): the second, where it is not empty, asks for shingles of
    characters. Returns the position to go on from, how many units are carried over there, and how many shingles.
    """
    if len(tables[1]) > 0:
        position, count = hash_characters(data, start, position, end, tables[1], units, carried)
    else:
        position, count = hash_words(data, position, end, tables[0], units, carried)
    shingle_count = hash_shingles(units, count, ngram, shingles)
    carried = min(count, ngram - 1)
    for at in range(carried):
        units[at] = units[count - carried + at]
    return position, carried, shingle_count


@kernel
def collect_shingles(
    data: NDArray[np.uint8], start: int, end: int, tables: Any, ngram: int, collected: NDArray[np.uint64]
) -> int:
    """All shingles of one document in order, repeated ones too; how many. `collected` has room for end - start."""
    units = np.empty(UNITS_AT_ONCE + ngram, np.uint64)
    shingles = np.empty(UNITS_AT_ONCE + ngram, np.uint64)
    position, carried, total = start, 0, 0
    while position < end:
        position, carried, count = next_shingles(data, start, position, end, tables, ngram, units, carried, shingles)
        collected[total : total + count] = shingles[:count]
        total += count
    return total


@lean_kernel
def lower_lanes(
    shingles: NDArray[np.uint32],
    count: int,
    multipliers: NDArray[np.uint32],
    addends: NDArray[np.uint32],
    lanes: NDArray[np.uint32],
) -> None:
    """Lower each of `lanes` to the least permuted value of shingles[:count]; the inner loop becomes SIMD."""
    for lane in range(len(lanes)):
        multiplier, addend, least = multipliers[lane], addends[lane], lanes[lane]
        for at in range(count):
            least = min(least, np.uint32(shingles[at] * multiplier + addend))
        lanes[lane] = least


@kernel
def sign_documents(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    tables: Any,
    ngram: int,
    multipliers: NDArray[np.uint32],
    addends: NDArray[np.uint32],
    signatures: NDArray[np.uint32],
    has_shingles: NDArray[np.bool_],
) -> None:
    """Lower row d of `signatures` over the shingles of document d; `has_shingles[d]` becomes True if any."""
    units = np.empty(UNITS_AT_ONCE + ngram, np.uint64)
    shingles = np.empty(UNITS_AT_ONCE + ngram, np.uint64)
    halves = np.empty(UNITS_AT_ONCE + ngram, np.uint32)
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        position, carried = start, 0
        while position < end:
            position, carried, count = next_shingles(
                data, start, position, end, tables, ngram, units, carried, shingles
            )
            if count > 0:
                for at in range(count):
                    halves[at] = np.uint32(shingles[at] >> np.uint64(32))
                lower_lanes(halves, count, multipliers, addends, signatures[document])
                has_shingles[document] = True

"""The compiled kernels of MinHash: bytes -> words -> shingles -> lanes -> band hashes.

They stand in one file, with the constants that are compiled into them, because numba's cache notices a change
in the file of the kernel that is called, and in no other.

Memory is bounded however long a document is: `hash_words` fills a buffer with the next words' hashes,
`hash_shingles` turns them into 32-bit n-gram hashes, and the last n - 1 words are carried over.
"""

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import kernel

LETTER, SEPARATOR, ALONE = 0, 1, 2  # what a character is, see characters.py

# Start value and odd multiplier of the running word hash: FNV-1a's shape over characters (Fowler, Noll, Vo),
# with the multiplier of rrxmrrxmsx_0 (Evensen 2018), which spreads further than FNV's sparse prime.
WORD_START = 0xCBF29CE484222325
WORD_MULTIPLIER = 0x9FB21C651E98DF25
# 2^64 / golden ratio, odd: makes the hash of an n-gram depend on the order of its words.
ORDER_MULTIPLIER = 0x9E3779B97F4A7C15
# Malformed UTF-8 reads as letters outside Unicode, one a byte.
NOT_UNICODE = 0x110000
# Words hashed before the permutations run over their shingles: 8 KiB of shingles stay in the first-level
# cache.
WORDS_AT_ONCE = 2048


@kernel
def mix64(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer (Appleby): a permutation of uint64 that spreads every input bit."""
    value = np.uint64(value)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    value ^= value >> np.uint64(33)
    return value


@kernel
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


@kernel
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


@kernel
def hash_shingles(words: NDArray[np.uint64], count: int, ngram_words: int, shingles: NDArray[np.uint32]) -> int:
    """Hash every run of `ngram_words` words of words[:count] into `shingles`; returns how many there are."""
    shingle_count = max(0, count - ngram_words + 1)
    for start in range(shingle_count):
        shingle = np.uint64(0)
        for at in range(start, start + ngram_words):
            shingle = shingle * np.uint64(ORDER_MULTIPLIER) + words[at]
        shingles[start] = np.uint32(mix64(shingle) >> np.uint64(32))
    return shingle_count


@kernel
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
    kinds: NDArray[np.uint8],
    ngram_words: int,
    multipliers: NDArray[np.uint32],
    addends: NDArray[np.uint32],
    signatures: NDArray[np.uint32],
    has_shingles: NDArray[np.bool_],
) -> None:
    """Lower row d of `signatures` over the shingles of document d; `has_shingles[d]` becomes True if any."""
    words = np.empty(WORDS_AT_ONCE + ngram_words, np.uint64)
    shingles = np.empty(WORDS_AT_ONCE + ngram_words, np.uint32)
    for document in range(len(offsets) - 1):
        position, end = offsets[document], offsets[document + 1]
        carried = 0
        while position < end:
            position, count = hash_words(data, position, end, kinds, words, carried)
            shingle_count = hash_shingles(words, count, ngram_words, shingles)
            if shingle_count > 0:
                lower_lanes(shingles, shingle_count, multipliers, addends, signatures[document])
                has_shingles[document] = True
            carried = min(count, ngram_words - 1)
            for at in range(carried):
                words[at] = words[count - carried + at]


@kernel
def hash_bands(signatures: NDArray[np.uint32], rows: int, hashes: NDArray[np.uint64]) -> None:
    """Hash each run of `rows` lanes, and the number of its band, into `hashes`."""
    for document in range(hashes.shape[0]):
        for band in range(hashes.shape[1]):
            value = mix64(np.uint64(band + 1))
            for row in range(rows):
                value = mix64(value ^ np.uint64(signatures[document, band * rows + row]))
            hashes[document, band] = value

"""The kernels of datatrove's signatures: texts -> normalised texts, and their words -> shingles -> lanes."""

from typing import Any

import numpy as np

from dedup.datatrove.ascii import copy_values, is_ascii
from dedup.datatrove.lanes import lower_lanes
from dedup.datatrove.simplify import SPACE, decode, simplify
from dedup.datatrove.xxh64 import xxh64
from dedup.kernel import kernel, lean_kernel

RUN_WORDS = 32  # copied together where they are ASCII
SHINGLES_AT_ONCE = 1024  # hashed before the permutations run over them: they stay in the first-level cache


@kernel
def simplify_texts(
    data: Any, offsets: Any, tables: Any, scratch: Any, simplified: Any, simplified_offsets: Any
) -> None:
    """Normalise every text into `simplified`; text i ends at simplified_offsets[i + 1]."""
    for i in range(len(offsets) - 1):
        n_chars = decode(data, offsets[i], offsets[i + 1], scratch)
        simplified_offsets[i + 1] = simplify(scratch, n_chars, tables, simplified, simplified_offsets[i])


@kernel
def sign_words(
    code_points: Any,
    offsets: Any,
    starts: Any,
    ends: Any,
    counts: Any,
    ngram: int,
    multipliers: Any,
    addends: Any,
    lanes: Any,
    has_shingles: Any,
) -> None:
    """Lower row i of `lanes` over the shingles of text i; has_shingles[i] becomes True if any."""
    shingles = np.empty(SHINGLES_AT_ONCE, np.uint64)
    for i in range(len(offsets) - 1):
        n_words = counts[i + 1] - counts[i]
        if n_words < ngram:
            continue
        joined, places = join_words(code_points, offsets, starts, ends, counts, i)
        n_shingles = n_words - ngram + 1
        for first in range(0, n_shingles, SHINGLES_AT_ONCE):
            count = min(SHINGLES_AT_ONCE, n_shingles - first)
            hash_shingles(joined, places, ngram, first, count, shingles)
            lower_lanes(shingles, count, multipliers, addends, lanes[i])
        has_shingles[i] = True


@lean_kernel
def hash_shingles(joined: Any, places: Any, ngram: int, first: int, count: int, shingles: Any) -> None:
    """Hash the runs of `ngram` words that begin at words first to first + count into `shingles` (uint64)."""
    for i in range(count):
        word = first + i
        shingles[i] = xxh64(joined, places[word], places[word + ngram] - 1)


@kernel
def text_shingles(code_points: Any, offsets: Any, starts: Any, ends: Any, counts: Any, ngram: int, i: int) -> Any:
    """The hashes of all shingles of text i, uint64."""
    count = max(0, counts[i + 1] - counts[i] - ngram + 1)
    shingles = np.empty(count, np.uint64)
    if count > 0:
        joined, places = join_words(code_points, offsets, starts, ends, counts, i)
        hash_shingles(joined, places, ngram, 0, count, shingles)
    return shingles


@kernel
def join_words(code_points: Any, offsets: Any, starts: Any, ends: Any, counts: Any, i: int) -> tuple[Any, Any]:
    """The words of text i as UTF-8 with a space behind each, and where each begins; the last place is the end."""
    text = code_points[offsets[i] : offsets[i + 1]]
    first, n_words = counts[i], counts[i + 1] - counts[i]
    places = np.empty(n_words + 1, np.int64)
    joined = np.empty(_utf8_bytes(text) + n_words, np.uint8)
    at = 0
    word = 0
    while word < n_words:
        behind = _run_end(text, starts[first : first + n_words], ends[first : first + n_words], word)
        start, end = starts[first + word], ends[first + behind - 1]
        if is_ascii(text[start:end]):  # one copy, with the spaces between the words
            for of_run in range(word, behind):
                places[of_run] = at + starts[first + of_run] - start
            copy_values(text[start:end], joined[at : at + end - start])
            at += end - start
            joined[at] = SPACE
            at += 1
        else:
            for of_run in range(word, behind):
                places[of_run] = at
                for place in range(starts[first + of_run], ends[first + of_run]):
                    at = _encode(text[place], joined, at)
                joined[at] = SPACE
                at += 1
        word = behind
    places[n_words] = at
    return joined, places


@lean_kernel
def _run_end(text: Any, starts: Any, ends: Any, word: int) -> int:
    """The word behind those that follow `word` with one space between them, itself included; RUN_WORDS at most."""
    stop = min(word + RUN_WORDS, len(starts))
    word += 1
    while word < stop and starts[word] == ends[word - 1] + 1 and text[ends[word - 1]] == SPACE:
        word += 1
    return word


@lean_kernel
def _utf8_bytes(text: Any) -> int:
    if is_ascii(text):
        return len(text)
    n_bytes = 0
    for code_point in text:
        n_bytes += 1 + (code_point >= 0x80) + (code_point >= 0x800) + (code_point >= 0x10000)
    return n_bytes


@lean_kernel
def _encode(code_point: int, data: Any, at: int) -> int:
    """Write the UTF-8 of a code point to data[at:]; where it ends."""
    if code_point < 0x80:
        data[at] = code_point
        return at + 1
    if code_point < 0x800:
        data[at] = 0xC0 | (code_point >> 6)
        data[at + 1] = 0x80 | (code_point & 0x3F)
        return at + 2
    if code_point < 0x10000:
        data[at] = 0xE0 | (code_point >> 12)
        data[at + 1] = 0x80 | ((code_point >> 6) & 0x3F)
        data[at + 2] = 0x80 | (code_point & 0x3F)
        return at + 3
    data[at] = 0xF0 | (code_point >> 18)
    data[at + 1] = 0x80 | ((code_point >> 12) & 0x3F)
    data[at + 2] = 0x80 | ((code_point >> 6) & 0x3F)
    data[at + 3] = 0x80 | (code_point & 0x3F)
    return at + 4

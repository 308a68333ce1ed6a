"""Signatures that are bit for bit datatrove's: its normalisation, its words, its hashes, its permutations.

Words are split by a function that is given, since splitters are no part of this package.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dedup.datatrove.lanes import UNTOUCHED, finish_lanes, lower_lanes, parameters
from dedup.datatrove.simplify import decode, simplify, simplify_tables
from dedup.datatrove.xxh64 import xxh64
from dedup.kernel import kernel, lean_kernel
from dedup.settings import DedupSettings

BYTES_AT_ONCE = 1 << 18  # of text, or one document: what scratch memory grows with
MOST_EXPANDED = 3  # code points that one can become
SHINGLES_AT_ONCE = 1024  # hashed before the permutations run over them: they stay in the first-level cache

Spans = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


class WordSplitter(Protocol):
    """Splits normalised texts into words."""

    def __call__(self, code_points: NDArray[np.uint32], offsets: NDArray[np.int64], first_document: int) -> Spans:
        """The words of n texts, which are the documents from `first_document` on: (starts, ends, counts).

        Text i is code_points[offsets[i]:offsets[i + 1]]; its words are those from counts[i] to counts[i + 1], each
        from starts[w] to ends[w] in that text.
        """


def datatrove_signatures(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], settings: DedupSettings, split: WordSplitter
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Signatures of n texts as MinhashDedupSignature computes them: uint64[n, bands * rows], below 2^61, and bool[n].

    False marks a text of fewer words than a shingle, whose lanes mean nothing: datatrove writes none for it.
    """
    multipliers, addends = parameters(settings.lanes, settings.seed)
    lanes = np.full((len(offsets) - 1, settings.lanes), UNTOUCHED, np.uint64)
    has_shingles = np.zeros(len(offsets) - 1, np.bool_)
    for first, last in pieces(offsets):
        texts, words = simplified_words(data, offsets[first : last + 1], first, split)
        sign_words(*texts, *words, settings.ngram, multipliers, addends, lanes[first:last], has_shingles[first:last])
    return lanes, has_shingles


def pieces(offsets: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut n texts into runs [first, last) of up to BYTES_AT_ONCE, or of one text."""
    first = 0
    while first < len(offsets) - 1:
        last = int(np.searchsorted(offsets, offsets[first] + BYTES_AT_ONCE, "right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


def simplified_words(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], first_document: int, split: WordSplitter
) -> tuple[tuple[NDArray[np.uint32], NDArray[np.int64]], Spans]:
    """Normalised texts, as code points and their offsets, and their words."""
    n_bytes = int(offsets[-1] - offsets[0])
    simplified = np.empty(MOST_EXPANDED * n_bytes, np.uint32)
    simplified_offsets = np.zeros(len(offsets), np.int64)
    scratch = np.empty(int(np.diff(offsets).max(initial=0)), np.uint32)
    simplify_texts(data, offsets, tuple(simplify_tables()), scratch, simplified, simplified_offsets)
    simplified = simplified[: simplified_offsets[-1]]
    return (simplified, simplified_offsets), split(simplified, simplified_offsets, first_document)


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
    """Lower row i of `lanes` over the shingles of text i, and finish it; has_shingles[i] becomes True if any."""
    shingles = np.empty(SHINGLES_AT_ONCE, np.uint64)
    for i in range(len(offsets) - 1):
        n_words = counts[i + 1] - counts[i]
        if n_words < ngram:
            continue
        text = code_points[offsets[i] : offsets[i + 1]]
        joined, places = join_words(text, starts[counts[i] : counts[i + 1]], ends[counts[i] : counts[i + 1]])
        n_shingles = n_words - ngram + 1
        for first in range(0, n_shingles, SHINGLES_AT_ONCE):
            count = min(SHINGLES_AT_ONCE, n_shingles - first)
            hash_shingles(joined, places, ngram, first, count, shingles)
            lower_lanes(shingles, count, multipliers, addends, lanes[i])
        finish_lanes(lanes[i])
        has_shingles[i] = True


@lean_kernel
def hash_shingles(joined: Any, places: Any, ngram: int, first: int, count: int, shingles: Any) -> None:
    """Hash the runs of `ngram` words that begin at words first to first + count into `shingles` (uint64)."""
    for i in range(count):
        word = first + i
        shingles[i] = xxh64(joined, places[word], places[word + ngram] - 1)


@kernel
def join_words(text: Any, starts: Any, ends: Any) -> tuple[Any, Any]:
    """The words as UTF-8 with a space behind each, and where each begins; the last place is the end."""
    places = np.empty(len(starts) + 1, np.int64)
    joined = np.empty(_utf8_bytes(text) + len(starts) + 4, np.uint8)
    at = 0
    for word in range(len(starts)):
        places[word] = at
        for i in range(starts[word], ends[word]):
            at = _encode(text[i], joined, at)
        joined[at] = 0x20
        at += 1
    places[len(starts)] = at
    return joined, places


@lean_kernel
def _utf8_bytes(text: Any) -> int:
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

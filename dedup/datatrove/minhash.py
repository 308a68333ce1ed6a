"""Signatures that are bit for bit datatrove's: its normalisation, its words, its hashes, its permutations.

Words are split by a function that is given, since splitters are no part of this package.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dedup.datatrove.lanes import UNTOUCHED, parameters
from dedup.datatrove.shingles import sign_words, simplify_texts, text_shingles
from dedup.datatrove.simplify import simplify_tables
from dedup.settings import DedupSettings

BYTES_AT_ONCE = 1 << 16  # of text, or one document: what scratch memory grows with
MOST_EXPANDED = 3  # code points that one can become

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


def datatrove_shingles(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], settings: DedupSettings, split: WordSplitter
) -> Iterator[NDArray[np.uint64]]:
    """The shingles of each of n texts, as get_shingles gives them: hashes in order, repeated ones too."""
    for first, last in pieces(offsets):
        (code_points, ends), words = simplified_words(data, offsets[first : last + 1], first, split)
        for i in range(last - first):
            yield text_shingles(code_points, ends, *words, settings.ngram, i)


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

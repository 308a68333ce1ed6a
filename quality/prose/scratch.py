"""The working memory of measuring documents: allocated once a batch, for its longest document."""

from typing import Any, NamedTuple

import numpy as np


class Scratch(NamedTuple):
    """Arrays that kernels write while they measure one document; what they hold means nothing to the next.

    Memory that is never written costs nothing, so only unusual text needs all of it: 83 bytes a character.
    """

    code_points: Any  # uint32, of the document
    cleaned: Any  # uint32, of the lines that C4 keeps
    starts: Any  # int32, of words
    ends: Any  # int32
    hashes: Any  # uint64, of the first i words
    chars: Any  # int32, of the first i words
    word_hashes: Any  # uint64
    windows: Any  # uint64, of the characters up to each one, of all words joined
    candidates: Any  # int32, words where an n-gram that may be repeated begins
    places: Any  # int32, of candidates in a table
    seen: Any  # uint8, a table without keys: how often a place was met
    keys: Any  # uint64, a table of hashes, or the key of the n-gram that begins with each word
    counts: Any  # int32, of the n-gram that begins with each word; then whether a kept line had a citation mark
    slots: Any  # int32, a table of words
    line_starts: Any  # int32, of lines; then of those that C4 keeps
    line_ends: Any  # int32


def new_scratch(longest_bytes: int) -> Scratch:
    """Working memory for documents of up to so many bytes."""
    size = longest_bytes + 2
    n_places = max(16, 1 << (2 * longest_bytes - 1).bit_length())
    return Scratch(
        code_points=np.empty(size, np.uint32),
        cleaned=np.empty(size, np.uint32),
        starts=np.empty(size, np.int32),
        ends=np.empty(size, np.int32),
        hashes=np.empty(size, np.uint64),
        chars=np.empty(size, np.int32),
        word_hashes=np.empty(size, np.uint64),
        windows=np.empty(size, np.uint64),
        candidates=np.empty(size, np.int32),
        places=np.empty(size, np.int32),
        seen=np.empty(n_places, np.uint8),
        keys=np.empty(n_places, np.uint64),
        counts=np.empty(n_places, np.int32),
        slots=np.empty(n_places, np.int32),
        line_starts=np.empty(size, np.int32),
        line_ends=np.empty(size, np.int32),
    )

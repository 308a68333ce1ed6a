"""Grams: which runs of words are compared, and their hashes.

An n-gram is `ngram` words, 13 as in GPT-3 (Brown et al. 2020, appendix C). A CJK character counts as half a word: where
more than half of those words are CJK characters, the n-gram is twice as many words long. Which of the two holds at a
word follows from the words of the n-gram alone. A text too short for an n-gram is one gram as a whole.

Rows of numbers and of one-letter names ("1, 2, 3, ...", "a, b = b, a % b") stand in benchmarks of code and everywhere
else, so a gram is looked for only when at least half of its words say something: see `says_something`.
"""

from typing import Any, NamedTuple

import numpy as np

from quality.decontamination.folding import DROPPED, IS_CJK, IS_NUMBER, character_bytes, code_point_at
from quality.decontamination.words import CJK_BIT
from quality.kernel import kernel

# Odd multipliers of two polynomial hashes modulo 2^64; what length adds, so that lengths never meet.
KEY_BASE = np.uint64(0xD6E8FEB86659FD93)
CHECK_BASE = np.uint64(0xA0761D6478BD642F)
LENGTH_SALT = np.uint64(0xE7037ED1A0B428DB)


class GramLengths(NamedTuple):
    """Lengths in words."""

    ngram: int
    shortest_text: int  # a shorter text is not looked for


@kernel
def gram_hash(hashes: Any, start: int, end: int, base: Any) -> Any:
    """The polynomial hash of hashes[start:end], base KEY_BASE or CHECK_BASE."""
    value = np.uint64(end - start) * LENGTH_SALT
    for i in range(start, end):
        value = value * base + hashes[i]
    return value


@kernel
def ngram_words_at(n_words: int, n_cjk: int, lengths: Any) -> Any:
    """Length of the n-gram that ends with the last of `n_words` words; 0: there is none.

    `n_cjk` of the last `lengths.ngram` words are CJK characters.
    """
    if n_words < lengths.ngram:
        return 0
    if 2 * n_cjk <= lengths.ngram:
        return lengths.ngram
    return 2 * lengths.ngram if n_words >= 2 * lengths.ngram else 0


@kernel
def is_cjk(word: Any) -> Any:
    """1 for the hash of a CJK character, else 0."""
    return np.int64(word & CJK_BIT)


@kernel
def is_long_enough(n_words: int, n_cjk: int, lengths: Any) -> Any:
    """Whether a text without an n-gram is looked for as a whole."""
    return 2 * n_words - n_cjk >= 2 * lengths.shortest_text


@kernel
def says_something(data: Any, start: int, end: int, folding: Any) -> int:
    """1 for a word data[start:end] with two letters or more, or a CJK character; else 0."""
    n_letters = 0
    at = start
    while at < end:
        size = character_bytes(data, at, end)
        folded = folding[code_point_at(data, at, size)]
        if folded >= IS_CJK:
            return 1
        n_letters += folded != DROPPED and folded & IS_NUMBER == 0
        at += size
    return 1 if n_letters >= 2 else 0

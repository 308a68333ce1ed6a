"""How alike two texts are: the Jaccard similarity of their sets of word n-grams, counted and not estimated.

Words are those of dedup's shingles (`dedup/characters.py`, ASCII letters in lower case). Words and n-grams are known
by 64-bit hashes: among 10^6 of them two are equal by accident once in 10^7 texts. Whole columns of characters are
worked on, so that 8 MiB of text take a second or so.
"""

import numpy as np

from dedup.characters import KINDS
from dedup.kernels import ALONE, LETTER
from mixer.order import UInt64s, mix64

NGRAM_WORDS = 5  # as in FineWeb's signatures (Penedo et al. 2024)

_BASE = 0x9FB21C651E98DF25  # of the polynomial that hashes a word; odd, so it has an inverse modulo 2^64
_ORDER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd: words in another order are another n-gram


def ngrams(text: str) -> UInt64s:
    """The hashes of the text's n-grams, each once, ascending; none of a text of fewer than NGRAM_WORDS words."""
    words = _word_hashes(text)
    count = len(words) - NGRAM_WORDS + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    hashes = np.zeros(count, np.uint64)
    for place in range(NGRAM_WORDS):
        hashes = hashes * _ORDER + words[place : place + count]  # wraps modulo 2**64, as everything here
    return np.unique(mix64(hashes))


def jaccard(one: UInt64s, other: UInt64s) -> float | None:
    """The share of n-grams of either set that are in both; None where a set is empty."""
    if not len(one) or not len(other):
        return None
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def _word_hashes(text: str) -> UInt64s:
    """uint64[words]: a hash of each word, by prefix sums of a polynomial in the characters."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    codes = np.where((codes >= ord("A")) & (codes <= ord("Z")), codes + np.uint32(32), codes)
    kinds = KINDS[codes]
    is_letter, is_alone = kinds == LETTER, kinds == ALONE
    first = is_letter & ~np.concatenate([[False], is_letter[:-1]]) if len(codes) else is_letter
    last = is_letter & ~np.concatenate([is_letter[1:], [False]]) if len(codes) else is_letter
    starts, ends = np.flatnonzero(first | is_alone), np.flatnonzero(last | is_alone) + 1
    terms = mix64(codes.astype(np.uint64) + np.uint64(1)) * _powers(_BASE, len(codes))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    shifted_back = (sums[ends] - sums[starts]) * _powers(pow(_BASE, -1, 2**64), len(codes))[starts]
    return mix64(shifted_back)


def _powers(base: int, count: int) -> UInt64s:
    """base^0, base^1, ... modulo 2^64."""
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    powers: UInt64s = np.multiply.accumulate(factors)
    return powers

"""Which n-grams a model has vectors of, and in which row: fastText hashes them into buckets, and may prune those."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.fasttext.memory import placed
from quality.kernel import lean_kernel

BLOCK_BITS = 5
BLOCK_BUCKETS = 1 << BLOCK_BITS
COUNT_SHIFT = np.uint64(BLOCK_BUCKETS)


class Ngrams(NamedTuple):
    """n-grams of words and of characters, by bucket.

    Of a pruned model, a block for each 32 buckets says which of them are kept and how many are kept before it. So
    whether a bucket is kept and its place among the kept ones take one look into a small array.
    """

    max_words: int  # 1: no n-grams of words
    min_chars: int
    max_chars: int  # 0: no n-grams of characters
    n_buckets: int
    reciprocal: int  # with `shift`: to divide by n_buckets with a multiplication
    shift: int
    is_pruned: bool
    kept: npt.NDArray[np.uint64]  # (n_buckets / 32,): bits, and the count in the upper half; none if not pruned


def new_ngrams(
    max_words: int, min_chars: int, max_chars: int, n_buckets: int, kept: npt.NDArray[np.int32] | None
) -> Ngrams:
    """`kept` are the buckets of a pruned model, none twice; None: it has all of them."""
    # Granlund and Montgomery 1994, "Division by invariant integers using multiplication", figure 4.1
    shift = max(1, (n_buckets - 1).bit_length()) if n_buckets else 1
    reciprocal = ((1 << 32) * ((1 << shift) - n_buckets)) // n_buckets + 1 if n_buckets else 0
    n_blocks = 0 if kept is None else n_buckets // BLOCK_BUCKETS + 1
    bits = np.zeros(n_blocks, np.uint64)
    counts = np.zeros(n_blocks, np.uint64)
    if kept is not None:
        np.bitwise_or.at(bits, kept >> BLOCK_BITS, np.uint64(1) << (kept & (BLOCK_BUCKETS - 1)).astype(np.uint64))
        counts += np.bincount(kept >> BLOCK_BITS, minlength=n_blocks).astype(np.uint64)
    before = np.cumsum(counts, dtype=np.uint64) - counts
    blocks = bits | (before << COUNT_SHIFT)
    return Ngrams(max_words, min_chars, max_chars, n_buckets, reciprocal, shift, kept is not None, placed(blocks))


@lean_kernel
def bucket_of(ngram_hash: np.uint32, ngrams: Any) -> Any:
    """`ngram_hash` modulo the number of buckets, which a division would take several times longer for."""
    n = np.uint64(ngram_hash)
    t = (np.uint64(ngrams.reciprocal) * n) >> np.uint64(32)
    quotient = (t + ((n - t) >> np.uint64(1))) >> np.uint64(ngrams.shift - 1)
    return np.int64(n) - np.int64(quotient) * ngrams.n_buckets


@lean_kernel
def is_kept(bucket: int, ngrams: Any) -> Any:
    """Whether the bucket has a row."""
    if not ngrams.is_pruned:
        return True
    return (ngrams.kept[np.uint64(bucket >> BLOCK_BITS)] >> np.uint64(bucket & (BLOCK_BUCKETS - 1))) & np.uint64(1) != 0


@lean_kernel
def place_of(bucket: int, ngrams: Any) -> Any:
    """The row of a bucket that is kept, among the rows of n-grams."""
    if not ngrams.is_pruned:
        return bucket
    block = ngrams.kept[np.uint64(bucket >> BLOCK_BITS)]
    lower = (np.uint64(1) << np.uint64(bucket & (BLOCK_BUCKETS - 1))) - np.uint64(1)
    return np.int64(block >> COUNT_SHIFT) + _count_ones(block & lower)


@lean_kernel
def _count_ones(bits: Any) -> Any:
    """How many of the lowest 32 bits are set (Hacker's Delight, figure 5-2)."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x55555555))
    bits = (bits & np.uint64(0x33333333)) + ((bits >> np.uint64(2)) & np.uint64(0x33333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F)
    return np.int64(((bits * np.uint64(0x01010101)) >> np.uint64(24)) & np.uint64(0xFF))

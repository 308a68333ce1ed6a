"""A cache of chunks that were split before: text repeats its chunks, so most need no rule a second time.

A chunk is found by its hash and believed by its characters, so the cache never changes a result.
"""

from typing import Any, NamedTuple

import numpy as np

from quality.kernel import kernel
from quality.words.hashing import first_bits
from quality.words.specials import add_word

CACHE_BITS = 15
MOST_CACHED_CHARS = 24  # longer chunks seldom come again


class WordCache(NamedTuple):
    """Arrays that the kernels of this package read and write; allocate one a batch with `new_word_cache`."""

    n_chars: Any  # uint8, shape (2**CACHE_BITS,): 0 is an empty place
    splitters: Any  # int8, likewise
    chars: Any  # uint32, shape (2**CACHE_BITS, MOST_CACHED_CHARS)
    n_words: Any  # uint8, shape (2**CACHE_BITS,)
    lengths: Any  # uint8, of the words, shape (2**CACHE_BITS, MOST_CACHED_CHARS)


def new_word_cache() -> WordCache:
    """An empty cache, 4 MB. What is in it never changes a result."""
    places = 1 << CACHE_BITS
    return WordCache(
        np.zeros(places, np.uint8),
        np.zeros(places, np.int8),
        np.zeros((places, MOST_CACHED_CHARS), np.uint32),
        np.zeros(places, np.uint8),
        np.zeros((places, MOST_CACHED_CHARS), np.uint8),
    )


@kernel
def cached_place(code_points: Any, start: int, end: int, hash_: Any, cache: Any, splitter: int) -> int:
    """Where the cache has the words of the chunk code_points[start:end]; -1 if it has them not."""
    place = first_bits(hash_, CACHE_BITS)
    if cache.n_chars[place] != end - start or cache.splitters[place] != splitter:
        return -1
    for i in range(end - start):
        if cache.chars[place, i] != code_points[start + i]:
            return -1
    return place


@kernel
def add_cached(cache: Any, place: int, start: int, starts: Any, ends: Any, n_words: int) -> int:
    """Add the words of a cached chunk that begins at `start`; the new number of words."""
    for i in range(cache.n_words[place]):
        end = start + cache.lengths[place, i]
        n_words = add_word(starts, ends, n_words, start, end)
        start = end
    return n_words


@kernel
def put_into_cache(
    code_points: Any, start: int, end: int, hash_: Any, cache: Any, splitter: int, starts: Any, ends: Any, words: Any
) -> None:
    """Keep words[0] up to words[1], those of the chunk code_points[start:end], in place of what was there."""
    if end - start > MOST_CACHED_CHARS:
        return
    place = first_bits(hash_, CACHE_BITS)
    first, last = words
    cache.n_chars[place] = end - start
    cache.splitters[place] = splitter
    cache.n_words[place] = last - first
    for i in range(end - start):
        cache.chars[place, i] = code_points[start + i]
    for i in range(last - first):
        cache.lengths[place, i] = ends[first + i] - starts[first + i]

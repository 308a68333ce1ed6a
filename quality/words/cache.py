"""A cache of chunks that were split before: text repeats its chunks, so most need no rule a second time.

A chunk is found by its hash and believed by its characters, so the cache never changes a result.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from quality.kernel import kernel
from quality.words.hashing import first_bits
from quality.words.specials import add_word

CACHE_BITS = 15
MOST_CACHED_CHARS = 24  # longer chunks seldom come again


PLACE = np.dtype(
    [
        ("chars", np.uint32, (MOST_CACHED_CHARS,)),
        ("lengths", np.uint8, (MOST_CACHED_CHARS,)),  # of the words
        ("n_words", np.uint8),
        ("n_chars", np.uint8),  # 0: an empty place
        ("splitter", np.int8),
    ],
    align=True,
)
WordCache = npt.NDArray[np.void]  # of PLACE, shape (2**CACHE_BITS,); only the kernels of this package look into it


def new_word_cache() -> WordCache:
    """An empty cache, 4 MB; allocate one a batch. What is in it never changes a result."""
    return np.zeros(1 << CACHE_BITS, PLACE)


@kernel
def cached_place(code_points: Any, start: int, end: int, hash_: Any, cache: Any, splitter: int) -> int:
    """Where the cache has the words of the chunk code_points[start:end]; -1 if it has them not."""
    place = first_bits(hash_, CACHE_BITS)
    kept = cache[place]
    if kept.n_chars != end - start or kept.splitter != splitter:
        return -1
    for i in range(end - start):
        if kept.chars[i] != code_points[start + i]:
            return -1
    return place


@kernel
def add_cached(cache: Any, place: int, start: int, starts: Any, ends: Any, n_words: int) -> int:
    """Add the words of a cached chunk that begins at `start`; the new number of words."""
    kept = cache[place]
    for i in range(kept.n_words):
        end = start + int(kept.lengths[i])
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
    kept = cache[first_bits(hash_, CACHE_BITS)]
    first, last = words
    kept.n_chars = end - start
    kept.splitter = splitter
    kept.n_words = last - first
    for i in range(end - start):
        kept.chars[i] = code_points[start + i]
    for i in range(last - first):
        kept.lengths[i] = ends[first + i] - starts[first + i]

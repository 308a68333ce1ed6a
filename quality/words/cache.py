"""A cache of chunks that were split before: text repeats its chunks, so most are split once a batch."""

from typing import Any, NamedTuple

import numpy as np


class WordCache(NamedTuple):
    """Arrays that the kernels of this package read and write; allocate one a batch with `new_word_cache`."""

    n_chars: Any  # uint8, shape (CACHED_CHUNKS,): 0 is an empty place


def new_word_cache() -> WordCache:
    """An empty cache. What is in it never changes a result."""
    return WordCache(np.zeros(1, np.uint8))

"""MinHash signatures (Broder 1997) of text columns, 32 bits a lane."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.buffers import string_buffers
from dedup.characters import KINDS
from dedup.kernels import sign_documents
from dedup.settings import DedupSettings

# Signatures of different schemes never match. Raise the number with any change of the words, shingles or
# permutations.
SCHEME_VERSION = "mixdown-minhash-1"

NO_SHINGLE = 0xFFFFFFFF  # every lane of a document without a shingle

_UINT64 = 2**64 - 1


def splitmix64(seed: int, count: int) -> list[int]:
    """The first `count` uint64 outputs of SplitMix64 (Steele, Lea & Flood 2014) from `seed`.

    Written out here because the streams of library generators may change between versions.
    """
    outputs = []
    state = seed
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & _UINT64
        value = state
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _UINT64
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _UINT64
        outputs.append(value ^ (value >> 31))
    return outputs


@lru_cache(maxsize=8)
def permutations(lanes: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Odd multipliers and addends, uint32[lanes] each: multiplier * x + addend permutes the uint32 x."""
    drawn = np.array(splitmix64(seed, 2 * lanes), np.uint64)
    high = (drawn >> np.uint64(32)).astype(np.uint32)
    multipliers, addends = high[:lanes] | np.uint32(1), high[lanes:].copy()
    multipliers.flags.writeable = False
    addends.flags.writeable = False
    return multipliers, addends


def signatures(text: pa.StringArray, settings: DedupSettings) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """MinHash signatures of n documents.

    Returns uint32[n, bands * rows] and bool[n]. False marks a document without a shingle (fewer words than
    `ngram_words`, or null): all of these share one signature and must never be compared with it.
    Memory beside the result is bounded by a constant, however long a document is.
    """
    data, offsets = string_buffers(text)
    multipliers, addends = permutations(settings.lanes, settings.seed)
    result = np.full((len(text), settings.lanes), NO_SHINGLE, np.uint32)
    has_shingles = np.zeros(len(text), np.bool_)
    sign_documents(data, offsets, KINDS, settings.ngram, multipliers, addends, result, has_shingles)
    return result, has_shingles

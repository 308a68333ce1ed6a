"""MinHash signatures (Broder 1997) of text columns."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.buffers import string_buffers
from dedup.characters import shingle_tables
from dedup.datatrove.minhash import WordSplitter, datatrove_signatures
from dedup.kernels import sign_documents
from dedup.settings import DedupSettings

# Signatures of different schemes never match. Raise the number with any change of the words, shingles or
# permutations.
SCHEME_VERSION = "mixdown-minhash-1"
DATATROVE_VERSION = "datatrove-0.10-minhash-1"

NO_SHINGLE = 0xFFFFFFFF  # every lane of a document without a shingle

Lanes = NDArray[np.uint32] | NDArray[np.uint64]

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


def scheme_version(settings: DedupSettings) -> str:
    """The name of what makes signatures under these settings; signatures of two names never match."""
    return DATATROVE_VERSION if settings.hashing == "datatrove" else SCHEME_VERSION


def signatures(
    text: pa.StringArray | pa.LargeStringArray, settings: DedupSettings, split: WordSplitter | None = None
) -> tuple[Lanes, NDArray[np.bool_]]:
    """MinHash signatures of n documents.

    Returns uint32[n, bands * rows], or uint64 with datatrove's hashing, and bool[n]. False marks a document without a
    shingle (fewer words or characters than `ngram`, or null): all of these share one signature and must never be
    compared with it. Memory beside the result is bounded by a constant; with datatrove's hashing, by a constant or
    about 50 times the longest document.

    Raises ValueError where datatrove's hashing is asked for without `split`, which finds its words.
    """
    data, offsets = string_buffers(text)
    if settings.hashing == "datatrove":
        if split is None:
            raise ValueError("datatrove's hashing needs its words: give a function that splits texts into them")
        return datatrove_signatures(data, offsets, settings, split)
    multipliers, addends = permutations(settings.lanes, settings.seed)
    lanes = np.full((len(text), settings.lanes), NO_SHINGLE, np.uint32)
    has_shingles = np.zeros(len(text), np.bool_)
    tables = shingle_tables(settings.shingle)
    sign_documents(data, offsets, tables, settings.ngram, multipliers, addends, lanes, has_shingles)
    return lanes, has_shingles


def signature_column(lanes: Lanes, has_shingles: NDArray[np.bool_]) -> pa.BinaryArray:
    """Signatures as an Arrow column of n binary values: the low 32 bits of each lane, the lowest byte first.

    Null where a document has no shingle. Two documents agree in as large a share of their lanes as they are similar.
    """
    low = np.ascontiguousarray(lanes.astype("<u4"))
    ends = np.cumsum(np.concatenate([[0], has_shingles])).astype(np.int64) * (4 * lanes.shape[1])
    kept = low[has_shingles].tobytes()
    column = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(),
        len(low),
        [pa.array(has_shingles).buffers()[1], pa.py_buffer(ends), pa.py_buffer(kept)],
    )
    return column.cast(pa.binary())


def stored_lanes(column: pa.ChunkedArray | pa.Array) -> NDArray[np.uint32]:
    """What `signature_column` stored, of documents that have a shingle: uint32[n, lanes]."""
    stored = column.to_pylist()
    lanes = len(stored[0]) // 4 if stored else 0
    return np.frombuffer(b"".join(stored), "<u4").reshape(len(stored), lanes)

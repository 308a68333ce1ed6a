"""Sets of shingles, and how alike two of them are: what candidates are verified with."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.buffers import string_buffers
from dedup.characters import shingle_tables
from dedup.datatrove.minhash import WordSplitter, datatrove_shingles
from dedup.kernel import kernel
from dedup.kernels import collect_shingles
from dedup.runs import begins
from dedup.settings import DedupSettings


def shingle_sets(
    text: pa.StringArray | pa.LargeStringArray, settings: DedupSettings, split: WordSplitter | None = None
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The shingles of n documents, the ones that their signatures are made of, as 64-bit hashes: (values, offsets).

    Those of document i are values[offsets[i]:offsets[i + 1]], sorted, each once; none where it has no shingle. Two
    different shingles share a hash with probability 2^-64. Memory beside the result is a few times the longest
    document. Raises ValueError where datatrove's hashing is asked for without `split`.
    """
    data, byte_offsets = string_buffers(text)
    if settings.hashing == "datatrove":
        if split is None:
            raise ValueError("datatrove's hashing needs its words: give a function that splits texts into them")
        sets = [_distinct(found) for found in datatrove_shingles(data, byte_offsets, settings, split)]
    else:
        sets = [_distinct(_shingles(data, int(start), int(end), settings)) for start, end in pairwise(byte_offsets)]
    offsets = np.cumsum([0, *(len(values) for values in sets)], dtype=np.int64)
    return np.concatenate([*sets, np.empty(0, np.uint64)]), offsets


def _shingles(data: NDArray[np.uint8], start: int, end: int, settings: DedupSettings) -> NDArray[np.uint64]:
    found = np.empty(end - start, np.uint64)
    tables = shingle_tables(settings.shingle)
    return found[: collect_shingles(data, start, end, tables, settings.ngram, found)]


def _distinct(shingles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sorted, each once; a new array."""
    ordered = np.sort(shingles)
    return ordered[begins(ordered)]


@kernel
def jaccard(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> float:
    """Jaccard similarity of two sorted sets: what both hold over what either holds; 0 where both are empty."""
    at_first, at_second, common = 0, 0, 0
    while at_first < len(first) and at_second < len(second):
        one, other = first[at_first], second[at_second]
        common += one == other  # no branch: which of them is smaller cannot be foreseen
        at_first += one <= other
        at_second += other <= one
    either = len(first) + len(second) - common
    return common / either if either > 0 else 0.0


@kernel
def pair_similarities(
    values: NDArray[np.uint64], offsets: NDArray[np.int64], pairs: NDArray[np.int64], similarities: NDArray[np.float64]
) -> None:
    """The Jaccard similarity of documents pairs[i, 0] and pairs[i, 1] into similarities[i], for every pair."""
    for i in range(len(pairs)):
        a, b = pairs[i]
        similarities[i] = jaccard(values[offsets[a] : offsets[a + 1]], values[offsets[b] : offsets[b + 1]])

"""Survivors of a component one by one, best first: what is like an earlier survivor goes, so each is like its own.

Without it likeness is passed on along chains: a is like b, b like c, and c goes in favour of an a that it has nothing
in common with. One published run lost all but 2 of 859,092 documents so.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import kernel
from dedup.shingle_sets import jaccard

# Survivors of one bucket that a document is compared with: the best ones. Seldom more than two are unlike each other,
# and text made to share a bucket must not cost the square of its documents.
MOST_COMPARED = 16

NOTHING, SIGNATURES, SHINGLES = range(3)  # what candidates are compared by


def surviving(
    bands: NDArray[np.int64],
    is_known: NDArray[np.bool_],
    threshold: float,
    signatures: NDArray[np.uint32] | None = None,
    shingles: tuple[NDArray[np.uint64], NDArray[np.int64]] | None = None,
) -> NDArray[np.int64]:
    """Each document's survivor, int64[n] of row numbers: its own for a survivor.

    Rows are documents, best first; bands is int64[n, k]. A known one survived in an earlier run and does so here. A
    document goes if it shares a band with an earlier survivor and is at least `threshold` similar to it: by the equal
    lanes of `signatures`, uint32[n, lanes], or by their `shingles`, sorted and distinct, those of document i being
    values[offsets[i]:offsets[i + 1]]; without either, if it shares a band. Of several such survivors its own is the
    best one.
    """
    n = len(bands)
    method = SIGNATURES if signatures is not None else SHINGLES if shingles is not None else NOTHING
    lanes = signatures if signatures is not None else np.empty((n, 0), np.uint32)
    values, offsets = shingles if shingles is not None else (np.empty(0, np.uint64), np.zeros(n + 1, np.int64))
    lanes, values = _read_only(lanes), _read_only(values)
    # Buckets get numbers, so that the kernel needs no table of hashes.
    buckets, numbers = np.unique(bands, return_inverse=True)
    lists = _Lists(
        first=np.full(len(buckets), -1, np.int64),
        last=np.full(len(buckets), -1, np.int64),
        sizes=np.zeros(len(buckets), np.uint8),
        following=np.full(bands.size, -1, np.int64),
    )
    found = np.empty(n, np.int64)
    _choose(numbers.reshape(bands.shape), is_known.copy(), threshold, method, lanes, values, offsets, lists, found)
    return found


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that can't be written, as those of Arrow's memory: numba compiles another version for others."""
    view = array.view()
    view.flags.writeable = False
    return view


class _Lists(NamedTuple):
    """Of every bucket the survivors that were found, best first, linked: an entry is row * bands + band."""

    first: Any  # int64, shape (buckets,): an entry; -1: none
    last: Any
    sizes: Any  # uint8, up to MOST_COMPARED
    following: Any  # int64, shape (rows * bands,): the next entry of the same bucket; -1: none


@kernel
def _choose(
    buckets: Any, is_known: Any, threshold: float, method: int, lanes: Any, values: Any, offsets: Any, lists: Any,
    found: Any,
) -> None:  # fmt: skip
    """Fill in `found`."""
    for row in range(len(buckets)):
        survivor = row
        if not is_known[row]:
            survivor = _first_alike(row, buckets, threshold, method, lanes, values, offsets, lists)
        found[row] = survivor
        if survivor == row:
            for band in range(buckets.shape[1]):
                _append(buckets[row, band], row * buckets.shape[1] + band, lists)


@kernel
def _first_alike(
    row: int, buckets: Any, threshold: float, method: int, lanes: Any, values: Any, offsets: Any, lists: Any
) -> int:
    """The best survivor that `row` is alike to; itself for none."""
    best = row
    for band in range(buckets.shape[1]):
        entry = lists.first[buckets[row, band]]
        while entry >= 0:
            other = entry // buckets.shape[1]
            if other >= best:
                break
            if _similarity(row, other, method, lanes, values, offsets) >= threshold:
                best = other
                break
            entry = lists.following[entry]
    return best


@kernel
def _append(bucket: int, entry: int, lists: Any) -> None:
    if lists.sizes[bucket] == MOST_COMPARED:
        return
    if lists.sizes[bucket] == 0:
        lists.first[bucket] = entry
    else:
        lists.following[lists.last[bucket]] = entry
    lists.last[bucket] = entry
    lists.sizes[bucket] += 1


@kernel
def _similarity(row: int, other: int, method: int, lanes: Any, values: Any, offsets: Any) -> float:
    if method == SIGNATURES:
        n_equal = 0
        for lane in range(lanes.shape[1]):
            n_equal += lanes[row, lane] == lanes[other, lane]
        return float(n_equal / lanes.shape[1])
    if method == SHINGLES:
        return jaccard(values[offsets[row] : offsets[row + 1]], values[offsets[other] : offsets[other + 1]])
    return 1.0

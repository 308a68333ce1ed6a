"""Band hashes of documents that never were: clusters as on the web, seeded, the same for every engine.

A share of the documents are copies of another one. Sizes of clusters follow a power law, as measured on web crawls
(FineWeb, Penedo et al. 2024, finds few large and many small ones). A copy has a Jaccard similarity to its cluster's
first document, drawn evenly between LEAST_SIMILARITY and 1, and has each of its bands with probability
similarity^rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.bands import band_hashes

BANDS = 14
ROWS = 8
COPIES_SHARE = 0.2
EXPONENT = 2.5  # of the power law of cluster sizes
LARGEST_SHARE = 0.001  # of all documents, the largest cluster that is drawn
LEAST_SIMILARITY = 0.7
SEED = 20


@dataclass(frozen=True)
class Documents:
    """n documents: their cluster's first document, int64[n], their bands, int64[n, BANDS], and perhaps signatures."""

    first: NDArray[np.int64]
    bands: NDArray[np.int64]
    signatures: NDArray[np.uint32] | None = None  # [n, BANDS * ROWS]


def documents(count: int, seed: int = SEED, chained: bool = False) -> Documents:
    """`count` documents in random order; `chained`: copies are of any earlier one of the cluster, and so on to it."""
    draw = np.random.Generator(np.random.PCG64(seed))
    first, parent = _clusters(count, draw)
    parent = parent if chained else first
    return Documents(first, _bands(parent, draw.uniform(LEAST_SIMILARITY, 1.0, count), seed))


def one_hot_page(copies: int, others: int, seed: int = SEED) -> Documents:
    """Near copies of one page, 0.9 to 1 similar to it, among documents that have none; with signatures."""
    draw = np.random.Generator(np.random.PCG64(seed))
    count = copies + others
    order = draw.permutation(count)
    first = np.arange(count)
    first[order[:copies]] = order[0]
    signatures = draw.integers(0, 2**32, (count, BANDS * ROWS), np.uint32)
    kept = draw.random((count, BANDS * ROWS), np.float32) < draw.uniform(0.9, 1.0, (count, 1))
    signatures = np.where(kept & (first == order[0])[:, None], signatures[order[0]], signatures)
    return Documents(first, band_hashes(signatures, BANDS, ROWS), signatures)


def lanes_of_bands(bands: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A signature that has these bands: uint64[n, BANDS, ROWS], equal lanes where bands are equal."""
    with np.errstate(over="ignore"):
        steps = np.arange(1, ROWS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return _mixed(bands.view(np.uint64)[:, :, None] + steps) >> np.uint64(3)  # datatrove's lanes have 61 bits


def _clusters(count: int, draw: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first document of each one's cluster, and an earlier one of it; of those that are first, themselves."""
    largest = max(2, int(count * LARGEST_SHARE))
    sizes = np.arange(2, largest + 1)
    chances = sizes**-EXPONENT
    copies = int(count * COPIES_SHARE)
    drawn = draw.choice(sizes, copies, p=chances / chances.sum())
    drawn = drawn[: int(np.searchsorted(np.cumsum(drawn - 1), copies)) + 1]
    order = draw.permutation(count)
    first = np.arange(count)
    members = order[: drawn.sum()]
    starts = np.cumsum(drawn) - drawn
    first[members] = np.repeat(members[starts], drawn)
    parent = first.copy()
    place = np.arange(len(members)) - np.repeat(starts, drawn)  # in the cluster
    earlier = (draw.random(len(members)) * place).astype(np.int64)
    parent[members] = members[np.repeat(starts, drawn) + earlier]
    return first, parent


def _bands(parent: NDArray[np.int64], similarity: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """A band is the parent's with probability similarity^ROWS, else a document's own."""
    count = len(parent)
    bands = np.empty((count, BANDS), np.int64)
    draw = np.random.Generator(np.random.PCG64(seed + 1))
    chance = similarity**ROWS
    for band in range(BANDS):
        owner = np.where(draw.random(count) < chance, parent, np.arange(count))
        while not np.array_equal(owner, above := owner[owner]):  # the parent's may be its parent's
            owner = above
        with np.errstate(over="ignore"):
            named = (np.uint64(band + 1) << np.uint64(56)) + owner.astype(np.uint64)
            bands[:, band] = _mixed(named + np.uint64(seed)).view(np.int64)
    return bands


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """MurmurHash3's finalizer (Appleby): different numbers stay different."""
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))

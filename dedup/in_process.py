"""Near duplicates of a data set that fits into one process: buckets by sorting, a star each, components.

The same candidates and the same components as `dedup.apply` finds on Spark, for data on which planning a shuffle takes
longer than sorting it. Memory: the bands themselves (8 bytes a band and document), and about 50 bytes a document.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.components import solve_components


def band_matrix(column: pa.ListArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A column of bands as arrays: the rows that have any, int64[k] ascending, and theirs, int64[k, bands].

    Null is a document without a shingle, which is near to no other. Raises ValueError when not all others have equally
    many bands: they were made with different settings.
    """
    rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    if len(rows) == 0:
        return rows, np.empty((0, 0), np.int64)
    lengths = np.diff(column.offsets.to_numpy())[rows]
    if lengths.min() != lengths.max():
        raise ValueError(
            f"documents have {lengths.min()} to {lengths.max()} bands: annotate all of them with the same settings"
        )
    hashes = column.flatten().to_numpy()  # of valid lists alone
    return rows, hashes.reshape(len(rows), int(lengths[0]))


def star_edges(bands: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tie the rows of every bucket to its smallest: int64[n, bands] in, int64[m, 2] out, (centre, member), ascending.

    A bucket of k documents gives k - 1 edges, and no edge is there twice. A band hash names its band, so each band is
    sorted by itself.
    """
    edges = [_band_edges(hashes) for hashes in np.ascontiguousarray(bands.T)]
    if not edges or len(bands) == 0:
        return np.empty((0, 2), np.int64)
    pairs = np.sort(np.concatenate(edges))  # an edge is one number: rows of two would sort many times slower
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return np.column_stack(np.divmod(pairs, len(bands)))


def near_labels(bands: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Components of the candidates: the rows that have one, int64[k] ascending, and each one's smallest row, int64[k].

    With the rows in their order of preference, the smallest is the survivor, and every other row goes.
    """
    return solve_components(star_edges(bands))


def _band_edges(hashes: NDArray[np.int64]) -> NDArray[np.int64]:
    """centre * n + member for the buckets of one band."""
    rows = _bucket_order(hashes)
    ordered = hashes[rows]
    follows = np.zeros(len(rows), np.bool_)  # has the hash of the one before it
    np.equal(ordered[1:], ordered[:-1], out=follows[1:])
    starts = np.flatnonzero(~follows)
    centres = np.repeat(rows[starts], np.diff(starts, append=len(rows)))  # the first of a bucket is its least
    return centres[follows] * len(hashes) + rows[follows]


def _bucket_order(hashes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that share their hash, bucket after bucket, ascending in each; few others are among them.

    The row stands in the low bits of its hash: sorting numbers is several times faster than finding the order of rows.
    Where that throws two buckets together, which is rare, the few rows are sorted by their whole hashes.
    """
    bits = np.uint64(max(1, len(hashes) - 1).bit_length())
    row_bits = (np.uint64(1) << bits) - np.uint64(1)
    keys = (hashes.view(np.uint64) & ~row_bits) | np.arange(len(hashes), dtype=np.uint64)
    keys.sort()
    same = (keys[1:] ^ keys[:-1]) <= row_bits
    together = np.zeros(len(keys), np.bool_)
    together[1:] = same
    together[:-1] |= same
    rows = (keys[together] & row_bits).view(np.int64)
    ordered = hashes[rows]
    differ = ordered[1:] ^ ordered[:-1]
    if np.any((differ != 0) & (differ.view(np.uint64) <= row_bits)):
        rows = rows[np.lexsort((rows, ordered))]
    return rows

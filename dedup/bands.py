"""Signatures as band hashes: documents that share one are candidates."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.kernel import kernel
from dedup.kernels import mix64

Lanes = NDArray[np.uint32] | NDArray[np.uint64]


def band_hashes(signatures: Lanes, bands: int, rows: int) -> NDArray[np.int64]:
    """Hash each band of each signature: uint32 or uint64[n, bands * rows] -> int64[n, bands], Spark's bigint.

    The band's number is mixed in, so equal lanes in different bands do not meet and a hash alone names a
    bucket.

    Raises ValueError when the signatures are not bands * rows wide.
    """
    if signatures.ndim != 2 or signatures.shape[1] != bands * rows:
        raise ValueError(
            f"{bands} bands of {rows} rows need signatures of shape (n, {bands * rows}), found "
            f"{signatures.shape}: use the settings that the signatures were made with"
        )
    hashes = np.empty((len(signatures), bands), np.uint64)
    hash_bands(np.ascontiguousarray(signatures), rows, hashes)
    return hashes.view(np.int64)


def band_column(hashes: NDArray[np.int64], has_shingles: NDArray[np.bool_]) -> pa.ListArray:
    """int64[n, bands] and bool[n] as an Arrow column list<int64>: null where a document has no shingle."""
    count, bands = hashes.shape
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * np.int32(bands))
    mask = pa.array(~has_shingles)
    return pa.ListArray.from_arrays(offsets, pa.array(hashes.reshape(-1)), mask=mask)


@kernel
def hash_bands(signatures: Any, rows: int, hashes: NDArray[np.uint64]) -> None:
    """Hash each run of `rows` lanes (uint32 or uint64), and the number of its band, into `hashes`.

    Every lane goes through mix64, a permutation, on top of all lanes before it. So bands that differ in one lane alone
    have different hashes; others share one by chance, for a pair of bands with probability 2^-64.
    """
    for document in range(hashes.shape[0]):
        for band in range(hashes.shape[1]):
            value = mix64(np.uint64(band + 1))
            for row in range(rows):
                value = mix64(value ^ np.uint64(signatures[document, band * rows + row]))
            hashes[document, band] = value

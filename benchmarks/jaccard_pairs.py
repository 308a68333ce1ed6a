"""Every pair of documents that is alike, by brute force: the product of the document-shingle matrix with itself."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

ROWS_AT_ONCE = 500


Sets = tuple[NDArray[np.uint64], NDArray[np.int64]]  # values, offsets: as of dedup.shingle_sets
Pairs = tuple[NDArray[np.int64], NDArray[np.float64]]  # of documents, and their similarities


def similar_pairs(sets: Sets, least: float) -> Pairs:
    """Pairs (i < j) with Jaccard similarity of `least` or more, int64[m, 2], and their similarities, float64[m].

    Document i's shingles are values[offsets[i]:offsets[i + 1]], each once. Nothing is estimated or sampled.
    """
    values, offsets = sets
    count = len(offsets) - 1
    names, columns = np.unique(values, return_inverse=True)
    ones = np.ones(len(values), np.int32)
    matrix = csr_array((ones, columns.astype(np.int64), offsets), shape=(count, max(1, len(names))))
    transposed = matrix.T.tocsr()
    sizes = np.diff(offsets)
    pairs, similarities = [], []
    for start in range(0, count, ROWS_AT_ONCE):
        common = (matrix[start : start + ROWS_AT_ONCE] @ transposed).tocoo()
        i, j = common.row.astype(np.int64) + start, common.col.astype(np.int64)
        similarity = common.data / (sizes[i] + sizes[j] - common.data)
        alike = (i < j) & (similarity >= least)
        pairs.append(np.column_stack([i[alike], j[alike]]))
        similarities.append(similarity[alike])
    return np.concatenate(pairs), np.concatenate(similarities)

"""The order of rows: sequence k of N of a source sorts at (k + 1/2) / N, ties by the source's index.

Every window of the output then holds each source's share to within three sequences, and a sequence's global row has a
closed form: k plus, for every other source, how many of its sequences sort earlier. So a shard finds
its part of every source without sorting or reading anything, for any number of rows.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_INT64_SAFE = 2**62  # products above this are computed with Python's integers


def rows_of(source: int, sequences: npt.NDArray[np.int64], counts: Sequence[int]) -> npt.NDArray[np.int64]:
    """Global rows of the given `sequences` of `source`; `counts[s]` is how many sequences source s has."""
    own = counts[source]
    fits = 2 * max(own, 1) * (max(counts) + 1) < _INT64_SAFE
    k = sequences.astype(np.int64 if fits else object)
    rows = k.copy()
    for other, count in enumerate(counts):
        if other == source or count == 0:
            continue
        bound = (2 * k + 1) * count
        # odd m with m * own < bound, or <= bound where the other source wins ties
        largest = bound // own if other < source else (bound - 1) // own
        rows = rows + (largest + 1) // 2
    return rows.astype(np.int64)


def first_sequence_at(source: int, row: int, counts: Sequence[int]) -> int:
    """The smallest sequence of `source` whose global row is >= `row`; counts[source] when there is none."""
    low, high = 0, counts[source]
    while low < high:
        middle = (low + high) // 2
        if int(rows_of(source, np.array([middle]), counts)[0]) >= row:
            high = middle
        else:
            low = middle + 1
    return low

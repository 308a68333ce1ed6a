"""Runs of equal values in a sorted array."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def begins(values: NDArray[Any]) -> NDArray[np.bool_]:
    """bool[n]: whether each value differs from the one before it; the first does."""
    found = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def run_starts(is_begin: NDArray[np.bool_], before: int = 0) -> NDArray[np.int64]:
    """int64[n]: where the run of each place begins; `before` for those of a run that began before the array."""
    return np.maximum.accumulate(np.where(is_begin, np.arange(len(is_begin)), before))

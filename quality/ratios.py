"""Ratios of counts, for whole columns."""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


def ratio(counts: Counts, of: Counts) -> npt.NDArray[np.float64]:
    """counts / of; zero where `of` is."""
    return np.divide(counts, of, out=np.zeros(len(of), np.float64), where=of > 0)

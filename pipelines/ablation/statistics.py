"""Means with confidence intervals, and whether the seeds tell two ratios apart."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]
CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A mean and half the width of its interval; the width is infinite where there is one value."""

    mean: float
    half_width: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return abs(self.mean) > self.half_width


def interval(values: FloatArray, comparisons: int = 1) -> Interval:
    """Student's t interval of the mean of `values` [n]; of several comparisons each gets its share of the error.

    Bonferroni's correction: the intervals of all `comparisons` hold together with the confidence asked for.
    """
    count = len(values)
    mean = float(np.mean(values))
    if count < 2:
        return Interval(mean, float("inf"))
    quantile = float(stats.t.ppf(1 - (1 - CONFIDENCE) / 2 / comparisons, count - 1))
    return Interval(mean, quantile * float(np.std(values, ddof=1)) / count**0.5)


def difference(values: FloatArray, baseline: FloatArray, comparisons: int = 1) -> Interval:
    """values - baseline, seed by seed: runs of one seed start from the same weights, which cancels out."""
    return interval(values - baseline, comparisons)


def relative_change(values: FloatArray, baseline: FloatArray) -> Interval:
    """(values - baseline) / baseline, seed by seed."""
    return interval(values / baseline - 1)

"""The ratio estimator: a total from a simple random sample, by way of a size that is known for everything."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class RatioEstimate:
    """A total with its interval; `low` and `high` are None where the sample is too small to tell."""

    total: float
    low: float | None
    high: float | None
    complete: bool = False  # the sample was everything


def ratio_estimate(sizes: Floats, counts: Floats, population: int, population_size: float) -> RatioEstimate:
    """The sum of `counts` over a population, from a simple random sample without replacement.

    `sizes`, `counts`: of the sampled units, [units]; `population`: how many units there are; `population_size`: the
    sum of their sizes. The estimate is population_size * sum(counts) / sum(sizes) (Cochran 1977, Sampling Techniques,
    ch. 6). Its variance is the jackknife's with the finite population correction, for sizes here have a long tail,
    under which the linearised variance is too small (Royall and Cumberland 1981; 0.88 to 0.93 coverage against 0.92
    to 0.94 in simulation). The interval is Student's t with units - 1 degrees of freedom. Units that were sampled are
    known, so nothing lies below the sum of their counts.
    """
    units = len(sizes)
    counted = float(counts.sum())
    if units == population:
        return RatioEstimate(counted, counted, counted, complete=True)
    if units == 0:
        return RatioEstimate(0.0, None, None)
    sampled_size = float(sizes.sum())
    if sampled_size == 0:
        return RatioEstimate(counted * population / units, None, None)
    total = counted / sampled_size * population_size
    if units < 2 or float((sampled_size - sizes).min()) <= 0:
        return RatioEstimate(total, None, None)
    half = _t_quantile(units - 1) * _jackknife_error(sizes, counts, population) * population_size
    return RatioEstimate(total, max(total - half, counted), max(total + half, counted))


def _jackknife_error(sizes: Floats, counts: Floats, population: int) -> float:
    """Standard error of the ratio sum(counts) / sum(sizes)."""
    units = len(sizes)
    without_one = (counts.sum() - counts) / (sizes.sum() - sizes)
    deviations = without_one - without_one.mean()
    variance = (1 - units / population) * (units - 1) / units * float(deviations @ deviations)
    return math.sqrt(variance)


def _t_quantile(degrees_of_freedom: int) -> float:
    from scipy.special import stdtrit  # half a second to import, and an exact preview needs none of it

    return float(stdtrit(degrees_of_freedom, (1 + CONFIDENCE) / 2))

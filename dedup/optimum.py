"""Bands and rows from a threshold: those whose probability of a candidate is wrong least often on either side of it."""

from functools import lru_cache

import numpy as np

TIE = 1e-12  # of two integrals over [0, 1]: errors that differ by less are equal


@lru_cache(maxsize=64)
def best_bands(threshold: float, most_lanes: int) -> tuple[int, int]:
    """The bands and rows, at most `most_lanes` together, with the least mean of false positives and negatives.

    As datasketch's `_optimal_param` with its default weights: the integral of the candidates' probability
    1 - (1 - s^rows)^bands below the threshold, and of what it lacks above, over similarity s. Of equally good ones the
    first, in the order of bands, then of rows.

    Both integrals are closed: with u = s^rows, that of (1 - s^rows)^bands up to t is the incomplete beta function at
    t^rows with parameters 1/rows and bands + 1, over rows.
    """
    from scipy.special import beta, betainc  # slow to import, and few recipes ask for it

    most_rows = most_lanes // np.arange(1, most_lanes + 1)
    bands = np.repeat(np.arange(1.0, most_lanes + 1), most_rows)
    rows = np.concatenate([np.arange(1.0, most + 1) for most in most_rows])
    missed = beta(1 / rows, bands + 1) / rows
    missed_below = missed * betainc(1 / rows, bands + 1, threshold**rows)
    false_positives = threshold - missed_below
    false_negatives = missed - missed_below
    errors = 0.5 * false_positives + 0.5 * false_negatives
    best = int(np.flatnonzero(errors <= errors.min() + TIE)[0])
    return int(bands[best]), int(rows[best])

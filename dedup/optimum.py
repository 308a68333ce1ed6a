"""Bands and rows from a threshold: those whose probability of a candidate is wrong least often on either side of it."""

import numpy as np

STEP = 0.001  # of similarity; datasketch integrates in the same steps


def best_bands(threshold: float, most_lanes: int) -> tuple[int, int]:
    """The bands and rows, at most `most_lanes` together, with the least mean of false positives and negatives.

    As datasketch's `_optimal_param` with its default weights: the integral of the candidates' probability
    1 - (1 - s^rows)^bands below the threshold, and of what it lacks above, over s. Of equally good ones the first, in
    the order of bands, then of rows.
    """
    below = np.arange(0.0, threshold, STEP) + STEP / 2
    above = np.arange(threshold, 1.0, STEP) + STEP / 2
    best = (1, 1)
    least = np.inf
    for bands in range(1, most_lanes + 1):
        for rows in range(1, most_lanes // bands + 1):
            false_positives = np.sum(1 - (1 - below**rows) ** bands) * STEP
            false_negatives = np.sum((1 - above**rows) ** bands) * STEP
            error = 0.5 * false_positives + 0.5 * false_negatives
            if error < least:
                least, best = float(error), (bands, rows)
    return best

"""Intervals of scores, in closed form: nothing is drawn at random."""

import math
from collections.abc import Sequence
from typing import NamedTuple

Z_95 = 1.959963984540054  # of the normal distribution, two-sided 95 %


class Interval(NamedTuple):
    """A score with its 95 % interval."""

    score: float
    low: float
    high: float


def wilson(mean: float, n: int) -> Interval:
    """Of the mean of `n` answers that are right or wrong (Wilson 1927); as wide as possible for none.

    Where an answer may count a half, the interval is wider than it has to be: halves vary less.
    """
    if n == 0:
        return Interval(math.nan, 0.0, 1.0)
    square = Z_95**2 / n
    centre = (mean + square / 2) / (1 + square)
    half = Z_95 / (1 + square) * math.sqrt(mean * (1 - mean) / n + square / (4 * n))
    return Interval(mean, max(0.0, min(mean, centre - half)), min(1.0, max(mean, centre + half)))


def mean_of(intervals: Sequence[Interval]) -> Interval:
    """The mean of independent scores; its interval is made of theirs (MOVER: Zou and Donner 2008)."""
    weight = 1 / len(intervals)
    score = math.fsum(interval.score for interval in intervals) * weight
    below = math.sqrt(math.fsum((interval.score - interval.low) ** 2 for interval in intervals)) * weight
    above = math.sqrt(math.fsum((interval.high - interval.score) ** 2 for interval in intervals)) * weight
    return Interval(score, max(0.0, score - below), min(1.0, score + above))


def paired_difference(first: Sequence[bool], second: Sequence[bool]) -> Interval:
    """Second minus first on the same items, with Tango's score interval for paired proportions (Tango 1998)."""
    n = len(first)
    if n == 0 or n != len(second):
        raise ValueError(f"{n} and {len(second)} answers are no pairs")
    gained = sum(b and not a for a, b in zip(first, second, strict=True))
    lost = sum(a and not b for a, b in zip(first, second, strict=True))
    score = (gained - lost) / n
    return Interval(score, _root(gained, lost, n, -1.0, score), _root(gained, lost, n, score, 1.0))


def _root(gained: int, lost: int, n: int, low: float, high: float) -> float:
    """Where between `low` and `high` the score statistic crosses the quantile, by bisection."""
    below = high <= (gained - lost) / n  # whether the interval's lower end is sought
    for _ in range(60):
        middle = (low + high) / 2
        inside = abs(_statistic(gained, lost, n, middle)) <= Z_95
        if inside == below:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _statistic(gained: int, lost: int, n: int, difference: float) -> float:
    """Tango's z for the hypothesis that the true difference is `difference`."""
    a = 2 * n
    b = -gained - lost + (2 * n - gained + lost) * difference
    c = -lost * difference * (1 - difference)
    chance_lost = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    variance = n * (2 * chance_lost + difference * (1 - difference))
    above = gained - lost - n * difference
    if variance <= 0:
        return 0.0 if above == 0 else math.copysign(math.inf, above)
    return above / math.sqrt(variance)

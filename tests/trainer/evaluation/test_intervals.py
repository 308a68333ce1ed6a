"""Intervals against published numbers, and against what they promise."""

import math

import pytest

from trainer.evaluation.intervals import Interval, mean_of, paired_difference, wilson


def test_wilsons_interval_is_the_published_one() -> None:
    """Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (right, n), expected in published.items():
        interval = wilson(right / n, n)
        assert (round(interval.low, 4), round(interval.high, 4)) == expected


def test_nothing_known_is_an_interval_of_everything() -> None:
    interval = wilson(math.nan, 0)
    assert math.isnan(interval.score)
    assert interval[1:] == (0.0, 1.0)


def test_the_interval_of_a_mean_is_narrower() -> None:
    one = wilson(0.5, 100)
    mean = mean_of([one] * 4)
    assert mean.score == 0.5
    assert mean.high - mean.score == pytest.approx((one.high - one.score) / 2)
    assert mean_of([one]) == pytest.approx(one)
    assert mean_of([Interval(0.0, 0.0, 0.2), Interval(1.0, 0.8, 1.0)]) == pytest.approx((0.5, 0.4, 0.6))


def test_both_ends_of_a_paired_difference_solve_tangos_equation() -> None:
    """Tango 1998 (Statistics in Medicine 17:891), section 2, with the estimate of the nuisance parameter given there."""
    first = [True] * 26 + [True] * 15 + [False] * 7 + [False] * 37
    second = [True] * 26 + [False] * 15 + [True] * 7 + [False] * 37
    interval = paired_difference(first, second)
    assert interval.score == pytest.approx(-8 / 85)
    for end in (interval.low, interval.high):
        lost, gained, n = 15, 7, 85
        a, b = 2 * n, -gained - lost + (2 * n - gained + lost) * end
        chance = (math.sqrt(b * b + 4 * a * lost * end * (1 - end)) - b) / (2 * a)
        z = (gained - lost - n * end) / math.sqrt(n * (2 * chance + end * (1 - end)))
        assert abs(z) == pytest.approx(1.96, abs=1e-3)
    assert interval.low < -8 / 85 < interval.high


def test_a_paired_difference_is_antisymmetric_and_bounded() -> None:
    first, second = [True] * 30 + [False] * 20, [False] * 10 + [True] * 40
    one, other = paired_difference(first, second), paired_difference(second, first)
    assert one == pytest.approx((-other.score, -other.high, -other.low), abs=1e-9)
    same = paired_difference(first, first)
    assert same.score == 0
    assert -0.1 < same.low < 0 < same.high < 0.1
    assert paired_difference([False] * 9, [True] * 9).high == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no pairs"):
        paired_difference([True], [])

"""Intervals against scipy's own, and what they are used to decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.ablation.statistics import difference, interval, relative_change

VALUES = st.lists(st.floats(0.5, 4.0), min_size=2, max_size=12)


@given(VALUES)
def test_the_interval_is_students(values: list[float]) -> None:
    found = interval(np.array(values))
    error = stats.sem(values)
    if error > 0:
        low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=error)
        assert found.mean - found.half_width == pytest.approx(low)
        assert found.mean + found.half_width == pytest.approx(high)
    else:
        assert found.half_width == pytest.approx(0, abs=1e-12)


@given(st.lists(st.tuples(st.floats(0.5, 4.0), st.floats(0.5, 4.0)), min_size=3, max_size=12, unique=True))
def test_a_difference_excludes_zero_exactly_when_the_paired_test_says_so(pairs: list[tuple[float, float]]) -> None:
    left, right = np.array(pairs).T
    if np.std(left - right) < 1e-9:
        return
    p_value = float(stats.ttest_rel(left, right).pvalue)
    if abs(p_value - 0.05) > 1e-6:
        assert difference(left, right).excludes_zero == (p_value < 0.05)


def test_one_seed_separates_nothing() -> None:
    assert not difference(np.array([1.0]), np.array([9.0])).excludes_zero


def test_more_comparisons_ask_for_more() -> None:
    values, baseline = np.array([1.0, 1.1, 1.05]), np.array([1.2, 1.24, 1.3])
    alone, among_five = difference(values, baseline), difference(values, baseline, 5)
    assert among_five.half_width > alone.half_width
    assert alone.excludes_zero
    assert not among_five.excludes_zero


def test_a_change_is_taken_seed_by_seed() -> None:
    change = relative_change(np.array([0.9, 1.8]), np.array([1.0, 2.0]))
    assert change.mean == pytest.approx(-0.1)
    assert change.half_width == pytest.approx(0, abs=1e-9)

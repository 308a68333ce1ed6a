"""The interval covers the truth as often as it says, on populations where the truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.estimates.ratio import ratio_estimate

REPETITIONS = 400


@pytest.mark.parametrize(
    ("population", "sampled", "spread", "noise"),
    [(4000, 400, 1.2, 0.25), (1000, 200, 1.0, 0.3), (40, 4, 0.3, 0.2), (60, 12, 0.5, 0.3), (300, 290, 1.0, 0.3)],
    ids=["documents", "a fourth", "four splits", "twelve splits", "nearly all"],
)
def test_the_interval_covers_the_truth_in_90_to_99_of_100(
    population: int, sampled: int, spread: float, noise: float
) -> None:
    """Sizes have a long tail, tokens per byte vary, and every document has one token more: its end."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(REPETITIONS):
        sizes = np.exp(rng.normal(8, spread, population))
        counts = np.round(sizes * 0.25 * np.exp(rng.normal(0, noise, population))) + 1
        chosen = rng.choice(population, sampled, replace=False)
        estimate = ratio_estimate(sizes[chosen], counts[chosen], population, sizes.sum())
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= counts.sum() <= estimate.high
    assert 0.90 <= covered / REPETITIONS <= 0.99


def test_larger_samples_have_narrower_intervals() -> None:
    rng = np.random.default_rng(1)
    sizes = np.exp(rng.normal(8, 1, 5000))
    counts = sizes * rng.uniform(0.2, 0.3, 5000)
    widths = []
    for sampled in (50, 200, 800, 3200):
        estimate = ratio_estimate(sizes[:sampled], counts[:sampled], 5000, sizes.sum())
        assert estimate.high is not None
        assert estimate.low is not None
        widths.append(estimate.high - estimate.low)
    assert widths == sorted(widths, reverse=True)


def test_the_standard_error_is_that_of_a_worked_example() -> None:
    """The jackknife by hand: sizes 1, 2, 3 of 10 units with counts 2, 3, 7 leave ratios 2, 9/4 and 5/3 each out."""
    left_out = np.array([10 / 5, 9 / 4, 5 / 3])
    error = np.sqrt((1 - 3 / 10) * 2 / 3 * ((left_out - left_out.mean()) ** 2).sum())
    estimate = ratio_estimate(np.array([1.0, 2, 3]), np.array([2.0, 3, 7]), 10, 20.0)
    assert estimate.total == pytest.approx(40)
    assert estimate.high == pytest.approx(40 + 4.302653 * error * 20, rel=1e-6)  # t of 2 degrees of freedom


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=0, max_size=30),
    st.integers(0, 5),
    st.integers(0, 10**6),
)
def test_whatever_is_sampled_the_interval_holds_the_estimate(
    units: list[tuple[int, int]], others: int, other_size: int
) -> None:
    sizes, counts = (np.array([unit[i] for unit in units], np.float64) for i in range(2))
    estimate = ratio_estimate(sizes, counts, len(units) + others, sizes.sum() + other_size * bool(others))
    assert np.isfinite(estimate.total)
    if not others:
        assert (estimate.total, estimate.low, estimate.high) == (counts.sum(),) * 3
        assert estimate.complete
    elif estimate.low is not None and estimate.high is not None:
        assert counts.sum() <= estimate.low <= max(estimate.total, counts.sum())
        assert estimate.high >= max(estimate.total, counts.sum()) - 1e-6


@pytest.mark.parametrize("sizes", [[], [5.0], [0.0, 0.0], [0.0, 7.0]])
def test_too_little_gives_no_interval(sizes: list[float]) -> None:
    estimate = ratio_estimate(np.array(sizes), np.ones(len(sizes)), 10, 100.0)
    assert (estimate.low, estimate.high, estimate.complete) == (None, None, False)

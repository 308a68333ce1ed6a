from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.apportion import apportion, exact_fraction, normalised

weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@given(rows=st.integers(0, 10**12), weights=weights)
def test_every_contiguous_run_of_sources_is_off_by_less_than_one(rows: int, weights: list[int]) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    counts = apportion(rows, shares)
    assert sum(counts) == rows
    assert all(count >= 0 for count in counts)
    for start in range(len(counts)):
        for stop in range(start + 1, len(counts) + 1):
            assert abs(sum(counts[start:stop]) - rows * sum(shares[start:stop])) < 1


def test_a_source_without_weight_gets_nothing() -> None:
    assert apportion(7, [Fraction(1, 2), Fraction(0), Fraction(1, 2)]) == [4, 0, 3]


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="normalise them first"):
        apportion(10, [Fraction(1, 2)])


def test_a_weight_is_the_decimal_that_was_written() -> None:
    assert exact_fraction(0.1) == Fraction(1, 10)
    assert exact_fraction(1e-6) == Fraction(1, 10**6)


def test_weights_are_normalised_and_bad_ones_named() -> None:
    assert normalised({"a": Fraction(1), "b": Fraction(3)}) == {"a": Fraction(1, 4), "b": Fraction(3, 4)}
    with pytest.raises(ValueError, match="every weight is 0"):
        normalised({"a": Fraction(0)})
    with pytest.raises(ValueError, match="negative; found a"):
        normalised({"a": Fraction(-1), "b": Fraction(3)})

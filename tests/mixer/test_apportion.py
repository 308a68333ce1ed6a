from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.apportion import apportion, exact_fraction, normalised
from mixer.ledger import ConcatLedger

weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


def counts_of(rows: int, shares: list[Fraction]) -> list[int]:
    """Rows of one token each."""
    return apportion([rows * share for share in shares], [ConcatLedger(1)] * len(shares), [0] * len(shares))


@given(rows=st.integers(0, 10**12), weights=weights)
def test_every_contiguous_run_of_sources_is_off_by_less_than_one(rows: int, weights: list[int]) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    counts = counts_of(rows, shares)
    assert sum(counts) == rows
    assert all(count >= 0 for count in counts)
    for start in range(len(counts)):
        for stop in range(start + 1, len(counts) + 1):
            assert abs(sum(counts[start:stop]) - rows * sum(shares[start:stop])) < 1


def test_a_source_without_weight_gets_nothing() -> None:
    assert counts_of(7, [Fraction(1, 2), Fraction(0), Fraction(1, 2)]) == [4, 0, 3]


def test_a_weight_is_the_decimal_that_was_written() -> None:
    assert exact_fraction(0.1) == Fraction(1, 10)
    assert exact_fraction(1e-6) == Fraction(1, 10**6)


def test_weights_are_normalised_and_bad_ones_named() -> None:
    assert normalised({"a": Fraction(1), "b": Fraction(3)}) == {"a": Fraction(1, 4), "b": Fraction(3, 4)}
    with pytest.raises(ValueError, match="every weight is 0"):
        normalised({"a": Fraction(0)})
    with pytest.raises(ValueError, match="negative; found a"):
        normalised({"a": Fraction(-1), "b": Fraction(3)})

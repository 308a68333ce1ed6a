import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixer.interleave import first_sequence_at, rows_of

counts_lists = st.lists(st.integers(0, 60), min_size=1, max_size=6).filter(any)


def sorted_order(counts: list[int]) -> list[tuple[int, int]]:
    """The definition, by sorting: sequence k of N at (k + 1/2) / N, ties by source."""
    from fractions import Fraction

    keys = [(Fraction(2 * k + 1, 2 * n), s, k) for s, n in enumerate(counts) for k in range(n)]
    return [(s, k) for _, s, k in sorted(keys)]


@given(counts_lists)
def test_the_closed_form_is_the_sorted_order(counts: list[int]) -> None:
    expected = sorted_order(counts)
    for source, count in enumerate(counts):
        rows = rows_of(source, np.arange(count), counts)
        assert [expected[row] for row in rows] == [(source, k) for k in range(count)]


@given(counts_lists, st.data())
def test_every_window_holds_each_share_to_within_three_sequences(counts: list[int], data: st.DataObject) -> None:
    order = [source for source, _ in sorted_order(counts)]
    start = data.draw(st.integers(0, len(order)))
    stop = data.draw(st.integers(start, len(order)))
    for source, count in enumerate(counts):
        expected = (stop - start) * count / len(order)
        assert abs(order[start:stop].count(source) - expected) < 3


@given(counts_lists, st.data())
def test_first_sequence_at_finds_the_first_row_at_or_after(counts: list[int], data: st.DataObject) -> None:
    order = sorted_order(counts)
    row = data.draw(st.integers(0, len(order)))
    for source, count in enumerate(counts):
        later = [k for place, (s, k) in enumerate(order) if s == source and place >= row]
        assert first_sequence_at(source, row, counts) == (later[0] if later else count)


def test_extreme_weights_do_not_overflow_the_index() -> None:
    counts = [7 * 10**9, 3, 10**10]  # a 35T-token phase of 2048-token sequences
    last = [int(rows_of(source, np.array([count - 1]), counts)[0]) for source, count in enumerate(counts)]
    assert max(last) == sum(counts) - 1
    middle = int(rows_of(1, np.array([1]), counts)[0])
    assert abs(middle - sum(counts) / 2) < 3
    assert first_sequence_at(0, sum(counts), counts) == counts[0]

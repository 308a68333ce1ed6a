from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.interleave import Interleaving

counts_lists = st.lists(st.integers(0, 40), min_size=1, max_size=30).filter(any)
TRAPS = [
    [500, *[100] * 5],
    [110, *[10] * 11],
    [300, 300, *[20] * 20],
    [500, *[10] * 50],
    [92, *[1] * 93],
    [1] * 40,
    [7, 11, 13, 1000, 1, 1, 1],
]


def order_of(counts: list[int]) -> list[tuple[int, int]]:
    """(source, sequence) of every row."""
    interleaving = Interleaving(counts)
    order: list[tuple[int, int] | None] = [None] * sum(counts)
    for source, count in enumerate(counts):
        for sequence, row in enumerate(interleaving.rows_of(source, np.arange(count)).tolist()):
            assert order[row] is None
            order[row] = (source, sequence)
    return [place for place in order if place is not None]


@given(counts_lists)
def test_every_row_is_one_sequence_and_sequences_keep_their_order(counts: list[int]) -> None:
    order = order_of(counts)
    assert len(order) == sum(counts)
    for source, count in enumerate(counts):
        assert [sequence for s, sequence in order if s == source] == list(range(count))


@given(st.integers(0, 60), st.integers(0, 60))
def test_two_sources_are_sorted_by_the_middle_of_their_sequences(first: int, second: int) -> None:
    keys = [(Fraction(2 * k + 1, 2 * n), n, s, k) for s, n in enumerate((first, second)) for k in range(n)]
    expected = [(s, k) for _, _, s, k in sorted(keys, key=lambda key: (key[0], key[1], key[2]))]
    assert order_of([first, second]) == expected


def worst_window(counts: list[int]) -> float:
    """The largest error of any source's share over all windows of consecutive rows, in sequences."""
    order = [source for source, _ in order_of(counts)]
    worst = 0.0
    for source, count in enumerate(counts):
        drift = np.cumsum([0.0] + [(s == source) - count / len(order) for s in order])
        worst = max(worst, float(drift.max() - drift.min()))
    return worst


@given(counts_lists)
def test_every_window_holds_each_share_to_within_three_sequences(counts: list[int]) -> None:
    assert worst_window(counts) < 3


@pytest.mark.parametrize("counts", TRAPS, ids=str)
def test_trap_small_sources_of_equal_size_do_not_stand_in_one_run(counts: list[int]) -> None:
    assert worst_window(counts) < 3


@given(counts_lists, st.data())
def test_first_sequence_at_finds_the_first_row_at_or_after(counts: list[int], data: st.DataObject) -> None:
    order = order_of(counts)
    row = data.draw(st.integers(0, len(order)))
    interleaving = Interleaving(counts)
    for source, count in enumerate(counts):
        later = [k for place, (s, k) in enumerate(order) if s == source and place >= row]
        assert interleaving.first_sequence_at(source, row) == (later[0] if later else count)


def test_trap_extreme_weights_do_not_overflow_the_index() -> None:
    counts = [7 * 10**9, 3, 10**10]  # a 35T-token phase of 2048-token sequences
    interleaving = Interleaving(counts)
    last = [int(interleaving.rows_of(source, np.array([count - 1]))[0]) for source, count in enumerate(counts)]
    assert max(last) == sum(counts) - 1
    middle = int(interleaving.rows_of(1, np.array([1]))[0])
    assert abs(middle - sum(counts) / 2) < 3
    assert interleaving.first_sequence_at(0, sum(counts)) == counts[0]

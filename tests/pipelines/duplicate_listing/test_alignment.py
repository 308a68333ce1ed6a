"""Alignments are right whatever the sequences are, and short where that is easy."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipelines.duplicate_listing.alignment import Hunk, hunks, merged

FEW = st.lists(st.integers(0, 4), max_size=40)  # items that come again
MANY = st.lists(st.integers(0, 1000), max_size=40)


def rebuilt(old: list[int], new: list[int], found: list[Hunk]) -> list[int]:
    """`new` from `old` and the items of the hunks alone."""
    result: list[int] = []
    at = 0
    for hunk in found:
        result += old[at : hunk.old_start] + new[hunk.new_start : hunk.new_end]
        at = hunk.old_end
    return result + old[at:]


@given(FEW | MANY, FEW | MANY)
def test_the_new_sequence_is_the_old_one_with_its_hunks_replaced(old: list[int], new: list[int]) -> None:
    found = hunks(old, new)
    assert rebuilt(old, new, found) == new
    assert rebuilt(new, old, [Hunk(h.new_start, h.new_end, h.old_start, h.old_end) for h in found]) == old
    assert all(h.old_start < h.old_end or h.new_start < h.new_end for h in found)
    assert all(a.old_end < b.old_start and a.new_end < b.new_start for a, b in pairwise(found))
    assert (found == []) == (old == new)


@given(FEW, FEW, st.integers(0, 5))
def test_merged_hunks_stay_right(old: list[int], new: list[int], max_equal: int) -> None:
    found = merged(hunks(old, new), max_equal)
    assert rebuilt(old, new, found) == new
    assert all(b.old_start - a.old_end > max_equal for a, b in pairwise(found))


@given(st.lists(st.integers(min_value=0), unique=True, min_size=1, max_size=60), st.data())
def test_of_distinct_items_nothing_but_the_change_is_told(old: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, len(old)))
    new = [*old[:start], -1, *old[end:]]
    assert hunks(old, new) == [Hunk(start, end, start, start + 1)]


def test_repeated_items_are_paired_in_order() -> None:
    assert hunks("abab", "abcab") == [Hunk(2, 2, 2, 3)]
    assert hunks("aaaa", "aaa") == [Hunk(3, 4, 3, 3)]


def test_close_hunks_become_one() -> None:
    assert merged([Hunk(0, 1, 0, 1), Hunk(3, 4, 3, 3), Hunk(9, 9, 8, 9)], 2) == [Hunk(0, 4, 0, 3), Hunk(9, 9, 8, 9)]

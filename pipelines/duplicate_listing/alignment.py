"""Which items of two sequences correspond, in time that does not depend on how unlike they are.

Patience diff (Cohen 2003): items that occur once in both are anchors, the longest run of them that ascends in both
is kept, and what lies between two anchors is aligned in the same way. Where no item occurs just once, the first
occurrence of an item in one is paired with its first in the other, the second with the second, and so on. Every level
takes O(n log n), and their number is bounded; what is not aligned by then counts as replaced. So the result may be
longer than the shortest diff, and is never wrong: what corresponds is equal, and in the same order.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

MAX_DEPTH = 16  # anchors within anchors

Pair = tuple[int, int]


class Hunk(NamedTuple):
    """Items old[old_start:old_end] stand where new[new_start:new_end] stand; one of the two may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def hunks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Hunk]:
    """Where the sequences differ, in order; everything outside of the hunks is equal."""
    found: list[Hunk] = []
    for hunk in sorted(_gaps(old, new)):
        if found and found[-1].old_end == hunk.old_start and found[-1].new_end == hunk.new_start:
            hunk = Hunk(found[-1].old_start, hunk.old_end, found[-1].new_start, hunk.new_end)
            found.pop()
        found.append(hunk)
    return found


def merged(found: Sequence[Hunk], max_equal: int) -> list[Hunk]:
    """Hunks with at most `max_equal` equal items between them as one, so that a rewritten phrase is read as one."""
    result: list[Hunk] = []
    for hunk in found:
        if result and hunk.old_start - result[-1].old_end <= max_equal:
            first = result.pop()
            hunk = Hunk(first.old_start, hunk.old_end, first.new_start, hunk.new_end)
        result.append(hunk)
    return result


def _gaps(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[Hunk]:
    waiting = [(Hunk(0, len(old), 0, len(new)), 0)]
    while waiting:
        whole, depth = waiting.pop()
        gap = _without_equal_ends(old, new, whole)
        if gap.old_start == gap.old_end and gap.new_start == gap.new_end:
            continue
        pairs = _anchors(old, new, gap) if depth < MAX_DEPTH else []
        if not pairs:
            yield gap
            continue
        old_start, new_start = gap.old_start, gap.new_start
        for old_at, new_at in pairs:
            waiting.append((Hunk(old_start, old_at, new_start, new_at), depth + 1))
            old_start, new_start = old_at + 1, new_at + 1
        waiting.append((Hunk(old_start, gap.old_end, new_start, gap.new_end), depth + 1))


def _without_equal_ends(old: Sequence[Hashable], new: Sequence[Hashable], gap: Hunk) -> Hunk:
    old_start, old_end, new_start, new_end = gap
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return Hunk(old_start, old_end, new_start, new_end)


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable], gap: Hunk) -> list[Pair]:
    """Pairs of equal items inside the gap that ascend in both sequences."""
    old_items, new_items = old[gap.old_start : gap.old_end], new[gap.new_start : gap.new_end]
    old_counts, new_counts = Counter(old_items), Counter(new_items)
    once = {item for item, count in old_counts.items() if count == 1 and new_counts[item] == 1}
    if once:
        where = {item: at for at, item in enumerate(new_items) if item in once}
        pairs = [(at, where[item]) for at, item in enumerate(old_items) if item in once]
    else:
        numbered = {item: at for at, item in enumerate(_numbered(new_items))}
        pairs = [(at, numbered[item]) for at, item in enumerate(_numbered(old_items)) if item in numbered]
    return [(gap.old_start + a, gap.new_start + b) for a, b in _ascending(pairs)]


def _numbered(items: Sequence[Hashable]) -> Iterator[tuple[Hashable, int]]:
    """Each item with the number of equal ones before it."""
    seen: Counter[Hashable] = Counter()
    for item in items:
        yield item, seen[item]
        seen[item] += 1


def _ascending(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest choice of pairs that ascends in the second place too; they come ascending in the first."""
    tails: list[int] = []  # the least last place of an ascending run, by its length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(tails, place)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        ends[length : length + 1] = [number]
    chosen = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]

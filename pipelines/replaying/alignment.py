"""What became of each quarantined record when its split was read again.

A stored document does not say which record it was. But both readings go through the records in the same order, so
what was refused both times divides them into stretches: a quarantined record that is refused no more is one of the
documents that are new in its stretch, in order; further ones came out of it too, as pages do of a mended archive.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["document", "absorbed", "rejected", "quarantined"]


class Outcome(NamedTuple):
    """Of one record: a document has an id and no reference, all else a reference."""

    kind: Kind
    reference: str = ""
    reason: str = ""
    detail: str = ""
    doc_id: str = ""


class Tried(NamedTuple):
    """A quarantined record, and what it is now; None where nothing was found in its place."""

    before: Outcome
    now: Outcome | None
    further: int = 0  # documents that came out of it beside `now`


@dataclass
class Comparison:
    """Two readings of a split."""

    tried: list[Tried] = field(default_factory=list)
    appeared: int = 0  # documents that are new and stand for no quarantined record
    gone: int = 0  # documents that are no more


def compare(old_ids: Sequence[str], old_refused: Sequence[Outcome], now: Sequence[Outcome]) -> Comparison:
    """`old_ids` and `old_refused` in stored order; `now` has every record's outcome, in order."""
    positions: dict[str, deque[int]] = defaultdict(deque)
    for position, outcome in enumerate(now):
        if outcome.kind != "document":
            positions[outcome.reference].append(position)
    matched = [positions[old.reference].popleft() if positions[old.reference] else None for old in old_refused]
    result = Comparison()
    fresh = _fresh_by_stretch(old_ids, now, matched, result)
    for stretch, members in _stretches(matched).items():
        lost = [index for index in members if matched[index] is None]
        documents = fresh.pop(stretch, [])
        for nth, index in enumerate(lost):
            last = nth == len(lost) - 1
            found = documents[nth] if nth < len(documents) else None
            _add(result, old_refused[index], found, len(documents) - len(lost) if last else 0)
        if not lost:
            result.appeared += len(documents)
        for index in members:
            anchor = matched[index]
            if anchor is not None:
                _add(result, old_refused[index], now[anchor], 0)
    result.appeared += sum(map(len, fresh.values()))
    return result


def _add(result: Comparison, before: Outcome, now: Outcome | None, further: int) -> None:
    if before.kind == "quarantined":
        result.tried.append(Tried(before, now, max(0, further)))


def _stretches(matched: Sequence[int | None]) -> dict[int, list[int]]:
    """Refused records by the stretch they are in: those lost after anchor i, then anchor i + 1 itself."""
    members: dict[int, list[int]] = defaultdict(list)
    stretch = 0
    for index, position in enumerate(matched):
        members[stretch].append(index)
        stretch += position is not None
    return members


def _fresh_by_stretch(
    old_ids: Sequence[str], now: Sequence[Outcome], matched: Sequence[int | None], result: Comparison
) -> dict[int, list[Outcome]]:
    """Documents that were not there before, by the number of anchors that precede them; counts those that are gone."""
    anchors = {position for position in matched if position is not None}
    before = Counter(old_ids)
    fresh: dict[int, list[Outcome]] = defaultdict(list)
    stretch = 0
    for position, outcome in enumerate(now):
        if position in anchors:
            stretch += 1
        elif outcome.kind == "document":
            if before[outcome.doc_id] > 0:
                before[outcome.doc_id] -= 1
            else:
                fresh[stretch].append(outcome)
    result.gone = before.total()
    return fresh

"""What is sent where: lines, anchors and windows to buckets of equal hashes, and what was found back to the parts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.repeats.lines import line_occurrences
from dedup.repeats.occurrences import LINES, SUBSTRINGS, Cuts, Occurrences, Texts, cuts_of, later, taken, united
from dedup.repeats.rows import Row, packed, partition_numbers, split, unpacked
from dedup.repeats.settings import LineSettings, SubstringSettings
from dedup.repeats.windows import Anchors, anchors, repeated_anchors, windows

LINE, ANCHOR, WINDOW, CUT, REPEATED = "line", "anchor", "window", "cut", "repeated"  # kinds of rows

CUTS_AT_ONCE = 2_000_000

# hash, half of the check (96 bits together), order, row in the part, start; of lines also the end.
_WINDOW = (np.uint64, np.uint32, np.int64, np.uint32, np.int32)
_LINE = (*_WINDOW, np.int32)
_ANCHORS = (np.uint64, np.bool_)
_CUTS = (np.int64, np.int32, np.int32, np.int8)


@dataclass(frozen=True)
class Plan:
    """What is looked for, and into how many buckets and partitions what has to meet is spread.

    `copies` of a line stay. The result does not depend on `buckets`, `partitions` and `parts` (of the input).
    """

    lines: LineSettings | None
    substrings: SubstringSettings | None
    buckets: int
    partitions: int
    parts: int

    def to_bucket(self, bucket: int, part: int, kind: str, payload: bytes) -> Row:
        """A row that meets others of that bucket."""
        numbers = partition_numbers(self.partitions)
        return Row(int(numbers[bucket % self.partitions]), bucket, part, kind, payload)

    def to_part(self, part: int, kind: str, payload: bytes) -> Row:
        """A row for a part."""
        return Row(int(partition_numbers(self.parts)[part % self.parts]), part, part, kind, payload)


def first_rows(texts: Texts, part: int, plan: Plan, has_lines: bool, has_substrings: bool) -> Iterator[Row]:
    """What one batch of a part's documents sends: its lines, and its windows' anchors."""
    if has_lines and plan.lines is not None:
        found = line_occurrences(texts, plan.lines)
        yield from _line_rows(found, part, plan, plan.lines.copies)
    if has_substrings and plan.substrings is not None:
        selected = anchors(texts, plan.substrings.min_bytes)
        for bucket, columns in split(_buckets(selected.value, plan), selected):
            yield plan.to_bucket(bucket, part, ANCHOR, packed(columns))


def second_rows(texts: Texts, part: int, plan: Plan, window_bytes: int, repeated: NDArray[np.uint64]) -> Iterator[Row]:
    """What it sends when its repeated anchors (a table) are known: windows that may stand elsewhere before."""
    found, cuts = windows(texts, window_bytes, repeated)
    yield from cut_rows(cuts, plan, part)
    for bucket, columns in split(_buckets(found.hash, plan), _slim(found)[:-1]):
        yield plan.to_bucket(bucket, part, WINDOW, packed(columns))


def met(rows: Sequence[Row], plan: Plan) -> Iterator[Row]:
    """The rows of one bucket in; cuts and repeated anchors for their parts out."""
    for kind, of_cut, copies in ((LINE, LINES, plan.lines.copies if plan.lines else 1), (WINDOW, SUBSTRINGS, 1)):
        found = _joined([_occurrences(row, plan) for row in rows if row.kind == kind], Occurrences)
        if found is not None:
            cuts = united(cuts_of(taken(found, np.flatnonzero(later(found, copies))), of_cut))
            for part, columns in split(cuts.position >> 32, cuts):
                yield plan.to_part(part, CUT, packed(columns))
    senders = [row for row in rows if row.kind == ANCHOR]
    if senders:
        found_anchors = [Anchors(*unpacked(row.payload, _ANCHORS)) for row in senders]
        for row, values in zip(senders, repeated_anchors(found_anchors), strict=True):
            if len(values):
                yield plan.to_part(row.part, REPEATED, packed([values]))
    for row in rows:
        if row.kind == CUT:
            yield plan.to_part(row.part, CUT, row.payload)


def repeated_of(rows: Sequence[Row]) -> NDArray[np.uint64]:
    """The repeated anchors that a part was sent."""
    values = [unpacked(row.payload, (np.uint64,))[0] for row in rows if row.kind == REPEATED]
    return np.unique(np.concatenate(values)) if values else np.empty(0, np.uint64)


def passed_cuts(rows: Sequence[Row], plan: Plan) -> Iterator[Row]:
    """A part's cuts on their way through the buckets of windows."""
    for row in rows:
        if row.kind == CUT:
            yield plan.to_bucket(row.part % plan.buckets, row.part, CUT, row.payload)


def cuts_of_part(rows: Iterable[Row]) -> Cuts:
    """All cuts that a part was sent, united, by (kind, position, start); a bounded number of them is held apart."""
    held = [Cuts(*unpacked(b"", _CUTS))]
    apart = 0
    for row in rows:
        if row.kind == CUT:
            held.append(Cuts(*unpacked(row.payload, _CUTS)))
            apart += len(held[-1].position)
            if apart > CUTS_AT_ONCE:
                held, apart = [united(_joined(held, Cuts))], 0
    return united(_joined(held, Cuts))


def cut_rows(cuts: Cuts, plan: Plan, part: int) -> Iterator[Row]:
    """Cuts that are sure already, for they were found in one batch."""
    if len(cuts.position):
        yield plan.to_bucket(part % plan.buckets, part, CUT, packed(cuts))


def _line_rows(found: Occurrences, part: int, plan: Plan, copies: int) -> Iterator[Row]:
    """Of each line, as many as may stay; the others of this batch are cuts. So a line that is everywhere meets itself
    once a batch, and not once a document.
    """
    is_later = later(found, copies)
    yield from cut_rows(cuts_of(taken(found, np.flatnonzero(is_later)), LINES), plan, part)
    open_ = taken(found, np.flatnonzero(~is_later))
    for bucket, columns in split(_buckets(open_.hash, plan), _slim(open_)):
        yield plan.to_bucket(bucket, part, LINE, packed(columns))


def _slim(found: Occurrences) -> list[NDArray[Any]]:
    """The columns that are sent: of _LINE."""
    check, row = found.check.astype(np.uint32), (found.position & 0xFFFFFFFF).astype(np.uint32)
    return [found.hash, check, found.order, row, found.start_bytes, found.end_bytes]


def _occurrences(row: Row, plan: Plan) -> Occurrences:
    """What a part sent as LINE or WINDOW."""
    hashes, checks, order, rows, starts, *ends = unpacked(row.payload, _LINE if row.kind == LINE else _WINDOW)
    if not ends and plan.substrings is not None:
        ends = [starts + np.int32(plan.substrings.min_bytes)]
    return Occurrences(hashes, checks.astype(np.uint64), order, (row.part << 32) + rows.astype(np.int64), starts, *ends)


def _buckets(hashes: NDArray[np.uint64], plan: Plan) -> NDArray[np.int64]:
    """By the low half without its last bit: anchors are odd, and least hashes, whose high bits are mostly zero."""
    return ((hashes & np.uint64(0xFFFFFFFF)) // np.uint64(2) % np.uint64(plan.buckets)).astype(np.int64)


def _joined(columns: Sequence[Sequence[NDArray[Any]]], make: Any) -> Any:
    return make(*map(np.concatenate, zip(*columns, strict=True))) if columns else None

"""Where equal things stand, and which of them come later than the copies that stay."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.repeats.first_kernels import mark_behind_first

Int64s = NDArray[np.int64]


class Texts(NamedTuple):
    """Documents with their order (least first; documents of equal order by position) and their position."""

    text: pa.LargeStringArray
    order: Int64s
    position: Int64s


class Occurrences(NamedTuple):
    """Lines or windows: two 64-bit hashes of what stands in [start_bytes, end_bytes) of a document's text."""

    hash: NDArray[np.uint64]
    check: NDArray[np.uint64]
    order: Int64s
    position: Int64s
    start_bytes: NDArray[np.int32]
    end_bytes: NDArray[np.int32]


class Cuts(NamedTuple):
    """Spans of documents' texts that go; `kind` is LINES or SUBSTRINGS."""

    position: Int64s
    start_bytes: NDArray[np.int32]
    end_bytes: NDArray[np.int32]
    kind: NDArray[np.int8]


LINES, SUBSTRINGS = 0, 1


def later(found: Occurrences, copies: int) -> NDArray[np.bool_]:
    """Which occurrences stand behind `copies` others of the same in the order of (order, position, start).

    What overlaps the first of all in its own document is no other copy of it: a run of one letter keeps a whole first
    copy, and not one letter.
    """
    is_later = np.zeros(len(found.hash), np.bool_)
    if copies == 1:
        mark_behind_first(np.argsort(found.hash), *found, is_later)
        return is_later
    candidates = _with_equal_hash(found.hash)
    if not len(candidates):
        return is_later
    some = taken(found, candidates)
    sort = np.lexsort((some.start_bytes, some.position, some.order, some.check, some.hash))
    some = taken(some, sort)
    is_first = np.ones(len(sort), np.bool_)
    is_first[1:] = (some.hash[1:] != some.hash[:-1]) | (some.check[1:] != some.check[:-1])
    firsts = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    overlaps = (some.position == some.position[firsts]) & (some.start_bytes < some.end_bytes[firsts])
    is_later[candidates[sort]] = (np.arange(len(sort)) - firsts >= copies) & ~overlaps
    return is_later


def _with_equal_hash(hashes: NDArray[np.uint64]) -> Int64s:
    """Where hashes stand that are there twice or more; most stand once, and need no sorting by the other columns."""
    sort = np.argsort(hashes)
    ordered = hashes[sort]
    is_equal = ordered[1:] == ordered[:-1]
    is_repeated = np.zeros(len(hashes), np.bool_)
    is_repeated[1:] = is_equal
    is_repeated[:-1] |= is_equal
    return np.asarray(sort[is_repeated], np.int64)


def taken(columns: Any, rows: Any) -> Any:
    """The same columns, `rows` of each."""
    return type(columns)(*(column[rows] for column in columns))


def cuts_of(found: Occurrences, kind: int) -> Cuts:
    """Occurrences as cuts."""
    return Cuts(found.position, found.start_bytes, found.end_bytes, np.full(len(found.position), kind, np.int8))


def united(cuts: Cuts) -> Cuts:
    """Cuts by (kind, position, start); of one kind in one document, what overlaps or touches is one cut.

    Lines stay apart, so that they can be counted: they neither overlap nor are there twice.
    """
    sort = np.lexsort((cuts.end_bytes, cuts.start_bytes, cuts.position, cuts.kind))
    cuts = taken(cuts, sort)
    is_new = np.ones(len(sort), np.bool_)
    is_new[1:] = (cuts.position[1:] != cuts.position[:-1]) | (cuts.kind[1:] != cuts.kind[:-1])
    documents = (np.cumsum(is_new) - 1) << 32
    reached = np.maximum.accumulate(documents + cuts.end_bytes)
    is_new[1:] |= (documents + cuts.start_bytes)[1:] > reached[:-1]
    is_new |= cuts.kind == LINES
    firsts = np.flatnonzero(is_new)
    result: Cuts = taken(cuts, firsts)
    if not len(firsts):
        return result
    return result._replace(end_bytes=np.maximum.reduceat(cuts.end_bytes, firsts))

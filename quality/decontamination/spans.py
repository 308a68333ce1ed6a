"""Spans: runs of words and verbatim ones, joined where they overlap, and what part of a document they cover."""

from typing import Any

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes, Offsets
from quality.decontamination.folding import DROPPED, character_bytes, code_point_at
from quality.decontamination.runs import RUN
from quality.kernel import kernel

Runs = npt.NDArray[Any]
CONTINUATION, CONTINUATION_MASK = 0x80, 0xC0  # bytes of UTF-8 that continue a character: 10xxxxxx


def joined(runs: Runs) -> Runs:
    """The runs of every item, overlapping ones as one; ordered by document, start, end and item."""
    if not len(runs):
        return runs
    runs = runs[np.lexsort((runs["end_bytes"], runs["start_bytes"], runs["item"], runs["document"]))]
    owner = np.concatenate([[0], np.cumsum((np.diff(runs["document"]) != 0) | (np.diff(runs["item"]) != 0))])
    starts, ends, firsts = _unions(owner, runs["start_bytes"], runs["end_bytes"])
    found = runs[firsts]
    found["start_bytes"], found["end_bytes"] = starts, ends
    ordered: Runs = found[np.lexsort((found["item"], found["end_bytes"], found["start_bytes"], found["document"]))]
    return ordered


def cover(runs: Runs) -> Runs:
    """What the runs of a document cover together, as runs of no item that don't overlap, in order."""
    found = runs.copy()
    found["item"] = 0
    return joined(found)


def _unions(owner: Any, starts: Any, ends: Any) -> tuple[Any, Any, Any]:
    """Of intervals in order of (owner, start): each union's start, end and first interval."""
    reach = int(ends.max()) + 1
    base = owner.astype(np.int64) * reach  # owners behind each other on one axis
    reached = np.maximum.accumulate(base + ends)
    is_first = np.concatenate([[True], base[1:] + starts[1:] >= reached[:-1]])
    firsts = np.flatnonzero(is_first)
    lasts = np.concatenate([firsts[1:], [len(owner)]]) - 1
    return starts[firsts], (reached[lasts] - base[lasts]).astype(np.int32), firsts


def no_runs() -> Runs:
    """None at all."""
    return np.empty(0, RUN)


def covered_chars(data: Bytes, offsets: Offsets, covered: Runs, n_documents: int) -> npt.NDArray[np.int64]:
    """int64[n]: how many characters of each document `covered` (from `cover`) holds."""
    counts = np.zeros(n_documents, np.int64)
    _count_covered(data, offsets, covered, counts)
    return counts


def document_chars(data: Bytes, offsets: Offsets, is_counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """int64[n]: the characters of the documents that are counted; 0 for the others."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    _count_documents(data, offsets, is_counted, counts)
    return counts


def widened(data: Bytes, offsets: Offsets, covered: Runs, margin_chars: int, folding: Any) -> Runs:
    """Runs with `margin_chars` more characters on both sides, then over the punctuation that touches them.

    So what is cut takes its quotation marks and its full stop along, and never leaves half a character.
    """
    found = covered.copy()
    _widen(data, offsets, found, margin_chars, folding)
    return found


@kernel
def _count_chars(data: Any, start: int, end: int) -> int:
    n_chars = 0
    for at in range(start, end):
        n_chars += (data[at] & CONTINUATION_MASK) != CONTINUATION
    return n_chars


@kernel
def _count_covered(data: Any, offsets: Any, covered: Any, counts: Any) -> None:
    for i in range(len(covered)):
        start = offsets[covered[i].document]
        counts[covered[i].document] += _count_chars(data, start + covered[i].start_bytes, start + covered[i].end_bytes)


@kernel
def _count_documents(data: Any, offsets: Any, is_counted: Any, counts: Any) -> None:
    for i in range(len(counts)):
        if is_counted[i]:
            counts[i] = _count_chars(data, offsets[i], offsets[i + 1])


@kernel
def _widen(data: Any, offsets: Any, runs: Any, margin_chars: int, folding: Any) -> None:
    for i in range(len(runs)):
        first, end = offsets[runs[i].document], offsets[runs[i].document + 1]
        at = first + runs[i].start_bytes
        n_chars = 0
        while at > first:
            before = _character_before(data, first, at)
            if n_chars >= margin_chars and not _is_punctuation(data, before, at, folding):
                break
            at = before
            n_chars += 1
        runs[i].start_bytes = at - first
        at = first + runs[i].end_bytes
        n_chars = 0
        while at < end:
            after = at + character_bytes(data, at, end)
            if n_chars >= margin_chars and not _is_punctuation(data, at, after, folding):
                break
            at = after
            n_chars += 1
        runs[i].end_bytes = at - first


@kernel
def _character_before(data: Any, first: int, at: int) -> int:
    """Where the character that ends at `at` begins."""
    at -= 1
    while at > first and (data[at] & CONTINUATION_MASK) == CONTINUATION:
        at -= 1
    return at


@kernel
def _is_punctuation(data: Any, start: int, end: int, folding: Any) -> bool:
    """Whether it is of no word and no whitespace; bytes that are no character count as such."""
    return folding[code_point_at(data, start, end - start)] == DROPPED if end - start <= 4 else True

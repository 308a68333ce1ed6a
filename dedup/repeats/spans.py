"""Cuts made ready to apply: between characters, none overlapping another."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.buffers import string_buffers
from dedup.repeats.occurrences import LINES, SUBSTRINGS, Int64s


class Spans(NamedTuple):
    """Bytes [start_bytes, end_bytes) of texts, by (document, start); `kind` is LINES or SUBSTRINGS."""

    document: NDArray[np.integer[Any]]
    start_bytes: NDArray[np.integer[Any]]
    end_bytes: NDArray[np.integer[Any]]
    kind: NDArray[np.int8]


def disjoint(text: pa.LargeStringArray, spans: Spans) -> Spans:
    """United cuts of `text` (of one kind in one document, none overlaps another) as what goes, each byte once.

    A span of bytes that begins or ends inside a character leaves that character whole. Where a line overlaps a span,
    the bytes count as the line's.
    """
    data, offsets = string_buffers(text)
    starts, ends = offsets[spans.document] + spans.start_bytes, offsets[spans.document] + spans.end_bytes
    is_line = spans.kind == LINES
    lines = _ordered(starts[is_line], ends[is_line])
    others = _ordered(*_between_characters(data, starts[~is_line], ends[~is_line]))
    bounds = np.unique(np.concatenate([*lines, *others, offsets]))
    in_line, in_other = _inside(bounds[:-1], *lines), _inside(bounds[:-1], *others)
    owner = np.where(in_line >= 0, in_line, len(lines[0]) + in_other)
    is_cut = (in_line >= 0) | (in_other >= 0)
    is_first = is_cut.copy()
    is_first[1:] &= (owner[1:] != owner[:-1]) | ~is_cut[:-1]
    is_last = is_cut.copy()
    is_last[:-1] &= (owner[1:] != owner[:-1]) | ~is_cut[1:]
    begins, stops = bounds[:-1][is_first], bounds[1:][is_last]
    document = np.searchsorted(offsets, begins, side="right") - 1
    kind = np.where(in_line[is_first] >= 0, LINES, SUBSTRINGS).astype(np.int8)
    return Spans(document, begins - offsets[document], stops - offsets[document], kind)


def _between_characters(data: NDArray[np.uint8], starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    """Starts moved on, and ends back, to where a character begins."""
    for _ in range(3):  # a character has three bytes after its first at most
        starts = starts + (_continues(data, starts) & (starts < ends))
        ends = ends - (_continues(data, ends) & (starts < ends))
    return starts, ends


def _continues(data: NDArray[np.uint8], places: Int64s) -> NDArray[np.bool_]:
    """Whether the byte at a place goes on with a character; the place behind the last byte doesn't."""
    if not len(data):
        return np.zeros(len(places), np.bool_)
    inside = np.minimum(places, len(data) - 1)
    return np.asarray((data[inside] & 0xC0 == 0x80) & (places < len(data)), np.bool_)


def _ordered(starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    sort = np.argsort(starts)
    return starts[sort], ends[sort]


def _inside(places: Int64s, starts: Int64s, ends: Int64s) -> Int64s:
    """The number of the span that each place is inside of; -1: none. Spans are in order and apart."""
    if not len(starts):
        return np.full(len(places), -1)
    last = np.searchsorted(starts, places, side="right") - 1
    return np.where((last >= 0) & (ends[last] > places), last, -1)

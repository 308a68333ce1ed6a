"""Windows of bytes that stand in the text before: anchors to find candidates by, then the windows themselves."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.buffers import string_buffers
from dedup.repeats.occurrences import SUBSTRINGS, Cuts, Occurrences, Texts
from dedup.repeats.window_kernels import fill_set, scan_windows, select_anchors

UInt64s = NDArray[np.uint64]


class Anchors(NamedTuple):
    """Different anchors of some documents, ascending, and which of them they have at several places."""

    value: UInt64s
    is_repeated: NDArray[np.bool_]


def gram_bytes(window_bytes: int) -> int:
    """Half a window: longer grams mistake fewer windows for repeated ones, shorter ones give fewer anchors."""
    return window_bytes // 2


def anchors(texts: Texts, window_bytes: int) -> Anchors:
    """The anchors of all windows; about four in `window_bytes` bytes of text."""
    data, offsets = string_buffers(texts.text)
    selected = np.empty(int(offsets[-1] - offsets[0]), np.uint64)  # pages that nobody writes to take no memory
    count = select_anchors(data, offsets, gram_bytes(window_bytes), window_bytes, selected)
    value, times = np.unique(selected[:count], return_counts=True)
    return Anchors(value, times > 1)


def repeated_anchors(found: Sequence[Anchors]) -> list[UInt64s]:
    """Of each of `found`, those that stand at several places of all: a window that stands twice has one of them."""
    values = np.concatenate([each.value for each in found])
    owners = np.repeat(np.arange(len(found)), [len(each.value) for each in found])
    sort = np.argsort(values)
    values = values[sort]
    is_repeated = np.concatenate([each.is_repeated for each in found])[sort]
    is_first = np.ones(len(values), np.bool_)
    is_first[1:] = values[1:] != values[:-1]
    group = np.cumsum(is_first) - 1
    holds = (np.bincount(group) > 1) | (np.bincount(group, is_repeated) > 0) if len(values) else is_first
    chosen = holds[group]
    values, owners = values[chosen], owners[sort][chosen]
    return [values[owners == owner] for owner in range(len(found))]


def anchor_set(values: UInt64s) -> UInt64s:
    """A table for `scan_windows`, at most half full."""
    table = np.zeros(1 << (2 * len(values)).bit_length(), np.uint64)
    fill_set(table, values)
    return table


def windows(texts: Texts, window_bytes: int, repeated: UInt64s) -> tuple[Occurrences, Cuts]:
    """Windows with an anchor in the table `repeated`: those that may stand in other documents before, and cuts.

    The cuts are of windows that stand before in these documents (`later` says when they do).
    """
    data, offsets = string_buffers(texts.text)
    visits = np.lexsort((texts.position, texts.order))
    most = int(offsets[-1] - offsets[0])  # lazily, as above
    hashes, checks = np.empty(most, np.uint64), np.empty(most, np.uint64)
    documents, starts, cut_documents, cut_starts, cut_ends = (np.empty(most, np.int32) for _ in range(5))
    count, cuts = scan_windows(
        data,
        offsets,
        visits,
        gram_bytes(window_bytes),
        window_bytes,
        repeated,
        hashes,
        checks,
        documents,
        starts,
        cut_documents,
        cut_starts,
        cut_ends,
    )
    owner = documents[:count]
    found = Occurrences(
        hashes[:count].copy(),
        checks[:count].copy(),
        texts.order[owner],
        texts.position[owner],
        starts[:count].copy(),
        starts[:count] + np.int32(window_bytes),
    )
    kinds = np.full(cuts, SUBSTRINGS, np.int8)
    cut_position = texts.position[cut_documents[:cuts]]
    return found, Cuts(cut_position, cut_starts[:cuts].copy(), cut_ends[:cuts].copy(), kinds)

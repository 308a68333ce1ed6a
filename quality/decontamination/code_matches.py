"""Finding the benchmarks' code in documents: a rolling hash over all bytes that aren't whitespace, then the texts."""

from typing import Any

import numpy as np

from quality.decontamination.code_index import WINDOW_BASE
from quality.decontamination.hash_table import EMPTY, find, may_contain
from quality.decontamination.runs import NO_RUN, add_match
from quality.kernel import kernel


@kernel
def find_code(data: Any, offsets: Any, stripped: Any, index: Any, last_of_item: Any, runs: Any) -> int:
    """Runs (RUN) of the documents that stand in the CodeIndex, byte for byte but for whitespace and case; how many.

    `runs` has room for a run a byte, and `last_of_item` (one for each item) is scratch. A stretch whose item has a run
    there already isn't looked at again, so of an item that repeats itself a run may be a little short.
    """
    size = index.min_bytes // 2
    oldest = np.uint64(1)
    for _ in range(size):
        oldest *= WINDOW_BASE
    last_of_item[:] = NO_RUN
    n_runs = 0
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        of_document = (n_runs, n_runs + end - start)
        key = np.uint64(0)
        n_in_window = 0
        first = start  # of the window, or whitespace before it
        for last in range(start, end):
            byte = stripped[data[last]]
            if byte == 0:
                continue
            key = key * WINDOW_BASE + np.uint64(byte)
            n_in_window += 1
            if n_in_window > size:
                first = _skip_space(data, first, stripped)
                key -= np.uint64(stripped[data[first]]) * oldest
                first += 1
                n_in_window = size
            if n_in_window == size and may_contain(index.anchors, key):
                anchor = find(index.anchors, key, key)
                if anchor != EMPTY:
                    window = (document, start, end, _skip_space(data, first, stripped), last)
                    n_runs = _look_at_places(
                        data, stripped, index, anchor, window, last_of_item, runs, n_runs, of_document
                    )
    return n_runs


@kernel
def _skip_space(data: Any, at: int, stripped: Any) -> int:
    """The first place from `at` on that isn't whitespace; there is one."""
    while stripped[data[at]] == 0:
        at += 1
    return at


@kernel
def _look_at_places(
    data: Any,
    stripped: Any,
    index: Any,
    anchor: int,
    window: Any,
    last_of_item: Any,
    runs: Any,
    n_runs: int,
    of_document: Any,
) -> int:
    """Add the matches around a window whose anchor stands in texts; the new number of runs."""
    document, document_start, document_end, first, last = window
    for k in range(index.place_starts[anchor], index.place_starts[anchor + 1]):
        text, at = index.places[k, 0], index.places[k, 1]
        item = index.item_of[text]
        run = last_of_item[item]
        if run >= of_document[0] and runs[run].end_bytes > last - document_start:
            continue
        text_start, text_end = index.text_starts[text], index.text_starts[text + 1]
        start, n_before = _match_backward(data, document_start, first, stripped, index.texts, text_start + at, text_start)
        end, n_after = _match_forward(data, document_end, first, stripped, index.texts, text_start + at, text_end)
        n = n_before + n_after
        if n >= min(index.min_bytes, text_end - text_start):
            match = (document, start - document_start, end - document_start, item)
            n_runs = add_match(runs, n_runs, of_document, last_of_item, match)
    return n_runs


@kernel
def _match_forward(data: Any, end: int, at: int, stripped: Any, texts: Any, text_at: int, text_end: int) -> Any:
    """How far data[at:end] is texts[text_at:text_end]: where it ends in the data, and how many bytes agree."""
    agreed_end = at
    n = 0
    while at < end and text_at + n < text_end:
        byte = stripped[data[at]]
        if byte != 0:
            if byte != texts[text_at + n]:
                break
            n += 1
            agreed_end = at + 1
        at += 1
    return agreed_end, n


@kernel
def _match_backward(data: Any, start: int, at: int, stripped: Any, texts: Any, text_at: int, text_start: int) -> Any:
    """The same before `at`: where the agreement begins in the data, and how many bytes agree."""
    agreed_start = at
    n = 0
    while at > start and text_at - n > text_start:
        byte = stripped[data[at - 1]]
        if byte != 0:
            if byte != texts[text_at - n - 1]:
                break
            n += 1
            agreed_start = at - 1
        at -= 1
    return agreed_start, n

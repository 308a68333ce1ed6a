"""Finding verbatim text in documents: whitespace out, a hash rolling over what is left, then the texts."""

from typing import Any

import numpy as np

from quality.arrow_text import most_bytes
from quality.decontamination.hash_table import EMPTY, filter_bits, filter_word, find
from quality.decontamination.runs import NO_RUN, add_match
from quality.decontamination.verbatim_index import WINDOW_BASE
from quality.kernel import kernel


@kernel
def find_verbatim(data: Any, offsets: Any, stripped: Any, index: Any, last_of_item: Any, runs: Any) -> int:
    """Runs (RUN) of the documents that stand in the VerbatimIndex, byte for byte but for whitespace and case; how many.

    `runs` has room for a run a byte, and `last_of_item` (one for each item) is scratch. A stretch whose item has a run
    there already isn't looked at again, so of an item that repeats itself a run may be a little short.
    """
    longest_bytes = most_bytes(offsets)
    kept = np.empty(longest_bytes + 1, np.uint8)
    places = np.empty(longest_bytes + 1, np.int32)
    candidates = np.empty(longest_bytes, np.int32)
    keys = np.empty(longest_bytes, np.uint64)
    size = index.min_bytes // 2
    oldest = np.uint64(1)  # what a byte has become when it leaves the window
    for _ in range(size):
        oldest *= WINDOW_BASE
    last_of_item[:] = NO_RUN
    n_runs = 0
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        n = strip(data, start, end, stripped, kept, places)
        n_candidates = _candidates(
            kept, n, size, oldest, index.anchors.filter, index.anchors.filter_shift, candidates, keys
        )
        of_document = (n_runs, n_runs + end - start)
        for k in range(n_candidates):
            anchor = find(index.anchors, keys[k], keys[k])
            if anchor != EMPTY:
                window = (document, candidates[k], n)
                n_runs = _look_at_places(kept, places, index, anchor, window, last_of_item, runs, n_runs, of_document)
    return n_runs


@kernel
def strip(data: Any, start: int, end: int, stripped: Any, kept: Any, places: Any) -> int:
    """What is left of data[start:end] without whitespace, and at which byte of it each stood; how many bytes.

    `kept` and `places` have room for one more than end - start. There is no branch to be guessed wrong at every space.
    """
    n = 0
    for at in range(start, end):
        byte = stripped[data[at]]
        kept[n] = byte
        places[n] = at - start
        n += byte != 0
    return n


@kernel
def _candidates(
    kept: Any, n: int, size: int, oldest: Any, anchor_filter: Any, anchor_shift: Any, candidates: Any, keys: Any
) -> int:
    """First bytes of the windows that the filter doesn't rule out, and their hashes; how many."""
    key = np.uint64(0)
    for i in range(min(size, n)):
        key = key * WINDOW_BASE + np.uint64(kept[i])
    n_candidates = 0
    for first in range(n - size + 1):
        bits = filter_bits(key)
        if anchor_filter[filter_word(key, anchor_shift)] & bits == bits:
            candidates[n_candidates] = first
            keys[n_candidates] = key
            n_candidates += 1
        if first + size < n:
            key = key * WINDOW_BASE + (np.uint64(kept[first + size]) - np.uint64(kept[first]) * oldest)
    return n_candidates


@kernel
def _look_at_places(
    kept: Any,
    places: Any,
    index: Any,
    anchor: int,
    window: Any,
    last_of_item: Any,
    runs: Any,
    n_runs: int,
    of_document: Any,
) -> int:
    """Add the matches around a window whose anchor stands in texts; the new number of runs."""
    document, first, n = window
    size = index.min_bytes // 2
    for k in range(index.place_starts[anchor], index.place_starts[anchor + 1]):
        text = index.places[k, 0]
        item = index.item_of[text]
        run = last_of_item[item]
        if first + size <= n and run >= of_document[0] and runs[run].end_bytes > places[first + size - 1]:
            continue
        text_start, text_end = index.text_starts[text], index.text_starts[text + 1]
        at = text_start + index.places[k, 1]
        n_before = 0
        while n_before < min(first, at - text_start) and kept[first - n_before - 1] == index.texts[at - n_before - 1]:
            n_before += 1
        n_after = 0
        while n_after < min(n - first, text_end - at) and kept[first + n_after] == index.texts[at + n_after]:
            n_after += 1
        if n_after >= size and n_before + n_after >= min(index.min_bytes, text_end - text_start):
            match = (document, places[first - n_before], places[first + n_after - 1] + 1, item)
            n_runs = add_match(runs, n_runs, of_document, last_of_item, match)
    return n_runs

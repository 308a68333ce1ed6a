"""Gopher's repetition rules on lines and paragraphs, as datatrove's GopherRepetitionFilter counts them.

Lines are what runs of newlines part, paragraphs what two or more newlines part in the stripped text.
"""

from typing import Any

import numpy as np

from quality.kernel import lean_kernel
from quality.prose.gopher_quality import LINE_FEED, skip_spaces, skip_spaces_back
from quality.prose.hashing import BASE, cleared, is_repeated, mixed, segment_hash


@lean_kernel
def count_repeated_lines(
    code_points: Any, n_chars: int, breaks: Any, n_breaks: int, starts: Any, ends: Any, hashes: Any, keys: Any,
    tally: Any,
) -> int:  # fmt: skip
    """Fill in the counts of lines and of those that stood before; how many there are. An empty document has none.

    Line i is [starts[i], ends[i]) and has the hash hashes[i]; only the first and the last may be empty. `breaks` holds
    all newlines, and other breaks, which part no lines here.
    """
    n_lines = 0
    n_repeated = 0
    n_repeated_chars = 0
    mask = cleared(keys, n_breaks + 1)
    start = 0
    for i in range(n_breaks + 1):
        end = breaks[i] if i < n_breaks else n_chars
        if i < n_breaks and code_points[end] != LINE_FEED:
            continue
        if n_chars > 0 and (start < end or start == 0 or end == n_chars):
            key = segment_hash(code_points, start, end)
            starts[n_lines], ends[n_lines], hashes[n_lines] = start, end, key
            n_lines += 1
            if is_repeated(keys, mask, key):
                n_repeated += 1
                n_repeated_chars += end - start
        start = end + 1
    tally.n_parted_lines, tally.n_duplicate_lines, tally.n_duplicate_line_chars = n_lines, n_repeated, n_repeated_chars
    return n_lines


@lean_kernel
def count_repeated_paragraphs(
    code_points: Any, n_chars: int, classes: Any, starts: Any, ends: Any, hashes: Any, n_lines: int, keys: Any,
    tally: Any,
) -> None:  # fmt: skip
    """Fill in the counts of paragraphs and of those that stood before; an empty document has none.

    A paragraph is some of the lines of `count_repeated_lines`, one newline between each; it is known by their hashes.
    """
    text_start = skip_spaces(code_points, 0, n_chars, classes)
    text_end = skip_spaces_back(code_points, text_start, n_chars, classes)
    n_paragraphs = 0
    n_repeated = 0
    n_repeated_chars = 0
    mask = cleared(keys, n_lines)
    paragraph_start = text_start
    paragraph_end = -1  # of what was read of the paragraph
    key = np.uint64(0)
    for line in range(n_lines):
        start, end = max(starts[line], text_start), min(ends[line], text_end)
        if start >= end:
            continue  # surrounding whitespace
        is_next = paragraph_end >= 0 and start - paragraph_end > 1
        if is_next:
            n_paragraphs += 1
            if is_repeated(keys, mask, mixed(key)):
                n_repeated += 1
                n_repeated_chars += paragraph_end - paragraph_start
            paragraph_start = start
            key = np.uint64(0)
        is_whole = start == starts[line] and end == ends[line]
        key = key * BASE + (hashes[line] if is_whole else segment_hash(code_points, start, end))
        paragraph_end = end
    if n_chars > 0:
        n_paragraphs += 1
        if is_repeated(keys, mask, mixed(key)):
            n_repeated += 1
            n_repeated_chars += paragraph_end - paragraph_start
    tally.n_paragraphs, tally.n_duplicate_paragraphs = n_paragraphs, n_repeated
    tally.n_duplicate_paragraph_chars = n_repeated_chars

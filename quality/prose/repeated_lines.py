"""Gopher's repetition rules on lines and paragraphs, as datatrove's GopherRepetitionFilter counts them.

Lines are what runs of newlines part, paragraphs what two or more newlines part in the stripped text.
"""

from typing import Any

from quality.kernel import lean_kernel
from quality.prose.gopher_quality import LINE_FEED, skip_spaces, skip_spaces_back
from quality.prose.hashing import cleared, is_repeated, segment_hash


@lean_kernel
def count_repeated_lines(code_points: Any, n_chars: int, keys: Any, tally: Any) -> None:
    """Fill in the counts of lines and of those that stood before; an empty document has none."""
    if n_chars == 0:
        return
    tally.n_parted_lines, tally.n_duplicate_lines, tally.n_duplicate_line_chars = _count_parts(
        code_points, 0, n_chars, 1, keys
    )


@lean_kernel
def count_repeated_paragraphs(code_points: Any, n_chars: int, classes: Any, keys: Any, tally: Any) -> None:
    """Fill in the counts of paragraphs and of those that stood before; an empty document has none."""
    if n_chars == 0:
        return
    start = skip_spaces(code_points, 0, n_chars, classes)
    end = skip_spaces_back(code_points, start, n_chars, classes)
    tally.n_paragraphs, tally.n_duplicate_paragraphs, tally.n_duplicate_paragraph_chars = _count_parts(
        code_points, start, end, 2, keys
    )


@lean_kernel
def _count_parts(code_points: Any, start: int, end: int, least_newlines: int, keys: Any) -> tuple[int, int, int]:
    """What runs of at least so many newlines part [start, end) into: parts, repeated ones, characters of those."""
    mask = cleared(keys, 1 + _count_newlines(code_points, start, end))
    n_parts = 0
    n_repeated = 0
    n_repeated_chars = 0
    while True:
        part_end, next_start = _find_newlines(code_points, start, end, least_newlines)
        n_parts += 1
        if is_repeated(keys, mask, segment_hash(code_points, start, part_end)):
            n_repeated += 1
            n_repeated_chars += part_end - start
        if next_start < 0:
            return n_parts, n_repeated, n_repeated_chars
        start = next_start


@lean_kernel
def _count_newlines(code_points: Any, start: int, end: int) -> int:
    n_newlines = 0
    for at in range(start, end):
        n_newlines += code_points[at] == LINE_FEED
    return n_newlines


@lean_kernel
def _find_newlines(code_points: Any, at: int, end: int, least: int) -> tuple[int, int]:
    """Where the next run of at least so many newlines begins and ends; `end` and -1 for none."""
    while at < end:
        if code_points[at] == LINE_FEED:
            run_end = at + 1
            while run_end < end and code_points[run_end] == LINE_FEED:
                run_end += 1
            if run_end - at >= least:
                return at, run_end
            at = run_end
        else:
            at += 1
    return end, -1

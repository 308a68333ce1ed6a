"""What FineWeb's quality rules count in lines, as datatrove's FineWebQualityFilter counts them.

Lines are what single newlines part; blank ones are left out.
"""

from typing import Any

from quality.characters import SPACE
from quality.kernel import lean_kernel
from quality.prose.classes import TERMINAL
from quality.prose.gopher_quality import LINE_FEED
from quality.prose.hashing import cleared, is_repeated, segment_hash

SHORT_LINE_CHARS = 30  # FineWeb (Penedo et al. 2024): a line is short with at most so many characters


@lean_kernel
def count_fineweb_lines(code_points: Any, n_chars: int, classes: Any, keys: Any, tally: Any) -> None:
    """Fill in the counts of lines, of their ends, of short and of repeated ones, and of newlines."""
    n_newlines = 0
    for at in range(n_chars):
        n_newlines += code_points[at] == LINE_FEED
    mask = cleared(keys, n_newlines + 1)
    n_lines = 0
    n_terminal_lines = 0
    n_short_lines = 0
    n_duplicate_chars = 0
    start = 0
    while start < n_chars:
        end, is_blank = _read_line(code_points, start, n_chars, classes)
        if not is_blank:
            n_lines += 1
            n_terminal_lines += classes[code_points[end - 1]] & TERMINAL != 0
            n_short_lines += end - start <= SHORT_LINE_CHARS
            if is_repeated(keys, mask, segment_hash(code_points, start, end)):
                n_duplicate_chars += end - start
        start = end + 1
    tally.n_fineweb_lines = n_lines
    tally.n_terminal_lines = n_terminal_lines
    tally.n_short_lines = n_short_lines
    tally.n_fineweb_duplicate_line_chars = n_duplicate_chars
    tally.n_fineweb_newlines = n_newlines
    tally.n_fineweb_chars = n_chars - n_newlines


@lean_kernel
def _read_line(code_points: Any, start: int, n_chars: int, classes: Any) -> tuple[int, bool]:
    """The end of the line that begins at `start`, and whether it is blank."""
    first = start
    while first < n_chars and code_points[first] != LINE_FEED and classes[code_points[first]] & SPACE:
        first += 1
    end = first
    while end < n_chars and code_points[end] != LINE_FEED:
        end += 1
    return end, first == end

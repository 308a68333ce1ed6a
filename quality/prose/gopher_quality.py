"""What Gopher's quality rules count: marks and lines. As datatrove's GopherQualityFilter counts them."""

from typing import Any

from quality.characters import SPACE, breaks_line
from quality.kernel import lean_kernel

LINE_FEED, CARRIAGE_RETURN = ord("\n"), ord("\r")
FULL_STOP, ELLIPSIS = ord("."), ord("…")
HASH, BULLET, HYPHEN = ord("#"), ord("•"), ord("-")


@lean_kernel
def count_symbols(code_points: Any, n_chars: int, tally: Any) -> None:
    """Fill in the counts of # and of ellipses."""
    n_hashes = 0
    n_ellipses = 0
    n_dots = 0
    for at in range(n_chars):  # without branches, so that it is compiled to vectors
        n_hashes += code_points[at] == HASH
        n_ellipses += code_points[at] == ELLIPSIS
        n_dots += code_points[at] == FULL_STOP
    tally.n_hashes = n_hashes
    tally.n_ellipses = n_ellipses + (_count_three_dots(code_points, n_chars) if n_dots >= 3 else 0)


@lean_kernel
def _count_three_dots(code_points: Any, n_chars: int) -> int:
    """How many "..." there are that don't overlap."""
    n = 0
    at = 2
    while at < n_chars:
        if code_points[at] != FULL_STOP:
            at += 3  # no "..." has this character
        elif code_points[at - 1] == FULL_STOP and code_points[at - 2] == FULL_STOP:
            n += 1
            at += 3
        else:
            at += 1
    return n


@lean_kernel
def is_three_dots(code_points: Any, at: int, end: int) -> bool:
    """Whether code_points[:end] has "..." at `at`."""
    return (
        at + 3 <= end
        and code_points[at] == FULL_STOP
        and code_points[at + 1] == FULL_STOP
        and code_points[at + 2] == FULL_STOP
    )


@lean_kernel
def find_breaks(code_points: Any, n_chars: int, classes: Any, breaks: Any) -> int:
    """Fill in where str.splitlines breaks, each character of its own; how many there are."""
    n_breaks = 0
    for at in range(n_chars):
        if breaks_line(code_points[at], classes):
            breaks[n_breaks] = at
            n_breaks += 1
    return n_breaks


@lean_kernel
def count_lines(
    code_points: Any, n_chars: int, classes: Any, breaks: Any, n_breaks: int, starts: Any, ends: Any, tally: Any
) -> None:
    """Fill in the counts of lines, of those with a bullet and of those that end with an ellipsis.

    Line i without surrounding whitespace is [starts[i], ends[i]); \\r\\n is one break.
    """
    n_lines = 0
    n_bullet_lines = 0
    n_ellipsis_lines = 0
    line_start = 0
    for i in range(n_breaks + 1):
        line_end = breaks[i] if i < n_breaks else n_chars
        if line_start < n_chars and line_start <= line_end:
            start = skip_spaces(code_points, line_start, line_end, classes)
            end = skip_spaces_back(code_points, start, line_end, classes)
            if start < end:
                n_bullet_lines += code_points[start] == BULLET or code_points[start] == HYPHEN
                n_ellipsis_lines += _ends_with_ellipsis(code_points, start, end)
            starts[n_lines] = start
            ends[n_lines] = end
            n_lines += 1
            line_start = after_line_break(code_points, line_end, n_chars)
    tally.n_lines = n_lines
    tally.n_bullet_lines = n_bullet_lines
    tally.n_ellipsis_lines = n_ellipsis_lines


@lean_kernel
def after_line_break(code_points: Any, at: int, n_chars: int) -> int:
    """Where the line after the break at `at` begins; \\r\\n is one break."""
    if at + 1 < n_chars and code_points[at] == CARRIAGE_RETURN and code_points[at + 1] == LINE_FEED:
        return at + 2
    return at + 1


@lean_kernel
def skip_spaces(code_points: Any, start: int, end: int, classes: Any) -> int:
    """The first position of [start, end) that is no whitespace, or `end`."""
    while start < end and classes[code_points[start]] & SPACE:
        start += 1
    return start


@lean_kernel
def skip_spaces_back(code_points: Any, start: int, end: int, classes: Any) -> int:
    """The end of [start, end) without the whitespace at its end."""
    while end > start and classes[code_points[end - 1]] & SPACE:
        end -= 1
    return end


@lean_kernel
def _ends_with_ellipsis(code_points: Any, start: int, end: int) -> bool:
    return code_points[end - 1] == ELLIPSIS or (end - 3 >= start and is_three_dots(code_points, end - 3, end))

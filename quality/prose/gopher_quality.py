"""What Gopher's quality rules count: marks, lines and words. As datatrove's GopherQualityFilter counts them."""

from typing import Any

from quality.characters import LETTER, LINE_BREAK, SPACE
from quality.kernel import lean_kernel
from quality.prose.classes import SYMBOL_WORD

LINE_FEED, CARRIAGE_RETURN = ord("\n"), ord("\r")
FULL_STOP, ELLIPSIS = ord("."), ord("…")
HASH, BULLET, HYPHEN = ord("#"), ord("•"), ord("-")


@lean_kernel
def count_symbols(code_points: Any, n_chars: int, tally: Any) -> None:
    """Fill in the counts of # and of ellipses."""
    n_hashes = 0
    n_ellipses = 0
    next_ellipsis = 0  # the first position where one may begin
    for at in range(n_chars):
        code_point = code_points[at]
        if code_point == HASH:
            n_hashes += 1
        elif code_point == ELLIPSIS:
            n_ellipses += 1
        elif code_point == FULL_STOP and at >= next_ellipsis and is_three_dots(code_points, at, n_chars):
            n_ellipses += 1
            next_ellipsis = at + 3
    tally.n_hashes = n_hashes
    tally.n_ellipses = n_ellipses


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
def count_lines(code_points: Any, n_chars: int, classes: Any, tally: Any) -> None:
    """Fill in the counts of lines, of those with a bullet and of those that end with an ellipsis."""
    n_lines = 0
    n_bullet_lines = 0
    n_ellipsis_lines = 0
    start = 0
    while start < n_chars:
        end = line_end(code_points, start, n_chars, classes)
        n_lines += 1
        first = skip_spaces(code_points, start, end, classes)
        if first < end:
            n_bullet_lines += code_points[first] == BULLET or code_points[first] == HYPHEN
            last_end = skip_spaces_back(code_points, first, end, classes)
            n_ellipsis_lines += _ends_with_ellipsis(code_points, first, last_end)
        start = after_line_break(code_points, end, n_chars)
    tally.n_lines = n_lines
    tally.n_bullet_lines = n_bullet_lines
    tally.n_ellipsis_lines = n_ellipsis_lines


@lean_kernel
def line_end(code_points: Any, start: int, n_chars: int, classes: Any) -> int:
    """Where the line of str.splitlines that begins at `start` ends, without its break."""
    end = start
    while end < n_chars and not classes[code_points[end]] & LINE_BREAK:
        end += 1
    return end


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


@lean_kernel
def count_words(code_points: Any, starts: Any, ends: Any, n_words: int, classes: Any, tally: Any) -> None:
    """Fill in the counts of words, of those with a letter and of those that are not symbols alone."""
    n_non_symbol_words = 0
    n_non_symbol_word_chars = 0
    n_words_with_letter = 0
    for word in range(n_words):
        start = starts[word]
        end = ends[word]
        n_words_with_letter += _has_letter(code_points, start, end, classes)
        if not _is_symbols(code_points, start, end, classes):
            n_non_symbol_words += 1
            n_non_symbol_word_chars += end - start
    tally.n_words = n_words
    tally.n_non_symbol_words = n_non_symbol_words
    tally.n_non_symbol_word_chars = n_non_symbol_word_chars
    tally.n_words_with_letter = n_words_with_letter


@lean_kernel
def _has_letter(code_points: Any, start: int, end: int, classes: Any) -> bool:
    for at in range(start, end):  # noqa: SIM110 (numba has no generators)
        if classes[code_points[at]] & LETTER:
            return True
    return False


@lean_kernel
def _is_symbols(code_points: Any, start: int, end: int, classes: Any) -> bool:
    for at in range(start, end):  # noqa: SIM110
        if not classes[code_points[at]] & SYMBOL_WORD:
            return False
    return True

"""Counting in one document: characters, lines and words, as integers from which all signals follow.

Words are counted as datatrove's GopherQualityFilter counts them, lines are those of `str.splitlines`.
"""

from typing import Any

import numpy as np

from quality.characters import LETTER, LINE_BREAK, SPACE, SYMBOL
from quality.kernel import kernel

TALLIES = np.dtype(
    [
        (name, np.int64)
        for name in (
            "n_bytes",
            "n_chars",
            "n_letters",
            "n_hashes",
            "n_ellipses",  # ... (not overlapping) and U+2026
            "n_lines",
            "n_line_chars",  # of all lines, without their ends
            "max_line_chars",
            "n_bullet_lines",  # begin with U+2022 or -, after whitespace
            "n_ellipsis_lines",  # end with an ellipsis, before whitespace
            "n_words",
            "n_non_symbol_words",
            "n_non_symbol_word_chars",
            "n_words_with_letter",
            "n_distinct_stop_words",
        )
    ]
)

# Gopher (Rae et al. 2021), appendix A.1; in lower case alone, as in datatrove.
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
LONGEST_STOP_WORD = max(map(len, STOP_WORDS))

LINE_FEED, CARRIAGE_RETURN = ord("\n"), ord("\r")
FULL_STOP, ELLIPSIS = ord("."), ord("…")
HASH, BULLET, HYPHEN = ord("#"), ord("•"), ord("-")


def stop_word_keys() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """STOP_WORDS as `_stop_word_bit` reads them, shape (8,)."""
    return np.array([int.from_bytes(b"\x01" + word.encode("ascii"), "big") for word in STOP_WORDS], np.int64)


@kernel
def count_characters(code_points: Any, n_chars: int, classes: Any, tally: Any) -> None:
    """Fill in the counts of single characters and of ellipses."""
    n_letters = 0
    n_hashes = 0
    n_ellipses = 0
    next_ellipsis = 0  # the first position where one may begin
    for at in range(n_chars):
        code_point = code_points[at]
        if classes[code_point] & LETTER:
            n_letters += 1
        elif code_point == HASH:
            n_hashes += 1
        elif code_point == ELLIPSIS:
            n_ellipses += 1
        elif code_point == FULL_STOP and at >= next_ellipsis and _begins_dots(code_points, at, n_chars):
            n_ellipses += 1
            next_ellipsis = at + 3
    tally.n_letters = n_letters
    tally.n_hashes = n_hashes
    tally.n_ellipses = n_ellipses


@kernel
def _begins_dots(code_points: Any, at: int, end: int) -> bool:
    return (
        at + 3 <= end
        and code_points[at] == FULL_STOP
        and code_points[at + 1] == FULL_STOP
        and code_points[at + 2] == FULL_STOP
    )


@kernel
def count_lines(code_points: Any, n_chars: int, classes: Any, tally: Any) -> None:
    """Fill in the counts of lines."""
    n_line_chars = 0
    max_line_chars = 0
    n_lines = 0
    n_bullet_lines = 0
    n_ellipsis_lines = 0
    start = 0
    while start < n_chars:
        end = start
        while end < n_chars and not classes[code_points[end]] & LINE_BREAK:
            end += 1
        n_lines += 1
        n_line_chars += end - start
        max_line_chars = max(max_line_chars, end - start)
        n_bullet_lines += _has_bullet(code_points, start, end, classes)
        n_ellipsis_lines += _ends_with_ellipsis(code_points, start, end, classes)
        start = _after_line_break(code_points, end, n_chars)
    tally.n_lines = n_lines
    tally.n_line_chars = n_line_chars
    tally.max_line_chars = max_line_chars
    tally.n_bullet_lines = n_bullet_lines
    tally.n_ellipsis_lines = n_ellipsis_lines


@kernel
def _has_bullet(code_points: Any, start: int, end: int, classes: Any) -> bool:
    while start < end and classes[code_points[start]] & SPACE:
        start += 1
    return start < end and (code_points[start] == BULLET or code_points[start] == HYPHEN)


@kernel
def _ends_with_ellipsis(code_points: Any, start: int, end: int, classes: Any) -> bool:
    while end > start and classes[code_points[end - 1]] & SPACE:
        end -= 1
    if end == start:
        return False
    return code_points[end - 1] == ELLIPSIS or (end - 3 >= start and _begins_dots(code_points, end - 3, end))


@kernel
def _after_line_break(code_points: Any, at: int, n_chars: int) -> int:
    if at + 1 < n_chars and code_points[at] == CARRIAGE_RETURN and code_points[at + 1] == LINE_FEED:
        return at + 2
    return at + 1


@kernel
def count_words(code_points: Any, starts: Any, ends: Any, n_words: int, classes: Any, keys: Any, tally: Any) -> None:
    """Fill in the counts of words; `keys` are those of the stop words."""
    n_non_symbol_words = 0
    n_non_symbol_word_chars = 0
    n_words_with_letter = 0
    seen = 0  # stop words, as bits
    for word in range(n_words):
        start = starts[word]
        end = ends[word]
        n_words_with_letter += _has_letter(code_points, start, end, classes)
        if not _is_symbols(code_points, start, end, classes):
            n_non_symbol_words += 1
            n_non_symbol_word_chars += end - start
        seen |= _stop_word_bit(code_points, start, end, keys)
    tally.n_words = n_words
    tally.n_non_symbol_words = n_non_symbol_words
    tally.n_non_symbol_word_chars = n_non_symbol_word_chars
    tally.n_words_with_letter = n_words_with_letter
    tally.n_distinct_stop_words = _n_bits(seen)


@kernel
def _has_letter(code_points: Any, start: int, end: int, classes: Any) -> bool:
    for at in range(start, end):  # noqa: SIM110 (numba has no generators)
        if classes[code_points[at]] & LETTER:
            return True
    return False


@kernel
def _is_symbols(code_points: Any, start: int, end: int, classes: Any) -> bool:
    for at in range(start, end):  # noqa: SIM110
        if not classes[code_points[at]] & SYMBOL:
            return False
    return True


@kernel
def _stop_word_bit(code_points: Any, start: int, end: int, keys: Any) -> int:
    if end - start > LONGEST_STOP_WORD:
        return 0
    key = 1  # so that a leading NUL counts
    for at in range(start, end):
        if code_points[at] > 0x7F:
            return 0
        key = (key << 8) | int(code_points[at])
    for i in range(len(keys)):
        if keys[i] == key:
            return 1 << i
    return 0


@kernel
def _n_bits(bits: int) -> int:
    n = 0
    while bits:
        n += bits & 1
        bits >>= 1
    return n

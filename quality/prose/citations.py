"""Citation marks of Wikipedia, which C4's cleaning takes out: [1], [], [edit], [citation needed]."""

from typing import Any

from quality.kernel import lean_kernel
from quality.prose.classes import DIGIT

OPEN_BRACKET, CLOSE_BRACKET = ord("["), ord("]")
EDIT = tuple(map(ord, "[edit]"))
CITATION_NEEDED = tuple(map(ord, "[citation needed]"))


@lean_kernel
def citation_chars(code_points: Any, at: int, end: int, classes: Any) -> int:
    """How many characters the citation mark has that begins at `at` and ends before `end`; 0 for none."""
    if code_points[at] != OPEN_BRACKET:
        return 0
    number_end = at + 1
    while number_end < end and classes[code_points[number_end]] & DIGIT:
        number_end += 1
    if number_end < end and code_points[number_end] == CLOSE_BRACKET:
        return number_end + 1 - at
    if _is_at(EDIT, code_points, at, end):
        return len(EDIT)
    return len(CITATION_NEEDED) if _is_at(CITATION_NEEDED, code_points, at, end) else 0


@lean_kernel
def _is_at(text: Any, code_points: Any, at: int, end: int) -> bool:
    if at + len(text) > end:
        return False
    for i in range(len(text)):  # noqa: SIM110
        if code_points[at + i] != text[i]:
            return False
    return True

"""Lines that are boilerplate, by the phrases of phrases.yaml and by their neighbours."""

from typing import Any

import numpy as np

from quality.arrow_text import most_bytes
from quality.characters import CJK, LETTER, LINE_BREAK, SPACE, decode
from quality.kernel import kernel
from quality.lists.phrases import NONE, find_phrases, with_single_spaces

# Where a phrase has to stand for its line to be boilerplate, the least demanding last.
PLACES = ("joining", "alone", "start", "within")
JOINING, ALONE, AT_START, WITHIN = range(4)

# Ours, from reading pages: a longer line is a paragraph, which may speak of cookies; a short one holds a byline or a
# call to share and nothing else.
MAX_LINE_CHARS = 200
MAX_SHORT_LINE_CHARS = 80

# A run of lines that look like links: as short as FineWeb's short lines (a CJK character takes the room of two).
MAX_LINK_WIDTH = 30
MIN_RUN_LINES = 5
SENTENCE_ENDS = tuple(map(ord, ".!?:;,…\"'”’»)。！？：；，」』）"))

LINE_TALLIES = np.dtype(
    [(name, np.int64) for name in ("n_lines", "n_chars", "n_boilerplate_lines", "n_boilerplate_chars", "n_link_lines")]
)


@kernel
def tally_lines(data: Any, offsets: Any, classes: Any, phrases: Any, places: Any, tallies: Any) -> None:
    """Fill in LINE_TALLIES of every document; lines are those of str.splitlines that are not blank."""
    longest_bytes = most_bytes(offsets)
    code_points = np.empty(longest_bytes, np.uint32)
    found = np.empty(MAX_LINE_CHARS, np.int32)
    covered = np.empty(MAX_LINE_CHARS, np.bool_)
    for i in range(len(offsets) - 1):
        n_chars = decode(data, offsets[i], offsets[i + 1], code_points)
        _tally_document(code_points, n_chars, classes, phrases, places, found, covered, tallies[i])


@kernel
def _tally_document(
    code_points: Any, n_chars: int, classes: Any, phrases: Any, places: Any, found: Any, covered: Any, tally: Any
) -> None:
    n_run_lines = 0  # lines so far that look like links, without another between them
    line_end = -1
    while line_end < n_chars:
        start = line_end + 1
        line_end = start
        while line_end < n_chars and not classes[code_points[line_end]] & LINE_BREAK:
            line_end += 1
        start, end = _stripped(code_points, start, line_end, classes)
        if start < end:
            tally.n_lines += 1
            tally.n_chars += end - start
            if _is_boilerplate(code_points[start:end], classes, phrases, places, found, covered):
                tally.n_boilerplate_lines += 1
                tally.n_boilerplate_chars += end - start
            n_run_lines = n_run_lines + 1 if _looks_like_link(code_points, start, end, classes) else 0
            if n_run_lines == MIN_RUN_LINES:
                tally.n_link_lines += MIN_RUN_LINES
            elif n_run_lines > MIN_RUN_LINES:
                tally.n_link_lines += 1


@kernel
def _stripped(code_points: Any, start: int, end: int, classes: Any) -> tuple[int, int]:
    while start < end and classes[code_points[start]] & SPACE:
        start += 1
    while end > start and classes[code_points[end - 1]] & SPACE:
        end -= 1
    return start, end


@kernel
def _is_boilerplate(line: Any, classes: Any, phrases: Any, places: Any, found: Any, covered: Any) -> bool:
    """Whether the line is; its whitespace is changed in place."""
    if len(line) > MAX_LINE_CHARS:
        return False
    n_chars = with_single_spaces(line, len(line), classes)
    has_phrase = False
    find_phrases(line, 0, n_chars, classes, phrases, found)
    for at in range(n_chars):
        covered[at] = False
        phrase = found[at]
        if phrase != NONE:
            first = at + 1 - phrases.n_chars[phrase]
            if places[phrase] == WITHIN:
                return True
            if places[phrase] == AT_START and first == 0 and n_chars <= MAX_SHORT_LINE_CHARS:
                return True
            has_phrase |= places[phrase] != JOINING
            for inside in range(first, at + 1):
                covered[inside] = True
    return has_phrase and _is_all_covered(line, n_chars, classes, covered)


@kernel
def _is_all_covered(line: Any, n_chars: int, classes: Any, covered: Any) -> bool:
    """Whether no letter is outside of phrases."""
    for at in range(n_chars):  # noqa: SIM110 (numba has no generators)
        if classes[line[at]] & (LETTER | CJK) and not covered[at]:
            return False
    return True


@kernel
def _looks_like_link(code_points: Any, start: int, end: int, classes: Any) -> bool:
    """Whether a line is short and is no sentence or part of one."""
    if end - start > MAX_LINK_WIDTH or code_points[end - 1] in SENTENCE_ENDS:
        return False
    width = 0
    has_word = False
    for at in range(start, end):
        kind = classes[code_points[at]]
        width += 2 if kind & CJK else 1
        has_word |= bool(kind & LETTER)
    return has_word and width <= MAX_LINK_WIDTH

"""The cleaned text of C4 as edits of the document: what stands between what is kept."""

from typing import Any

from quality.characters import SPACE, char_bytes
from quality.edits import EDIT_KINDS
from quality.kernel import lean_kernel
from quality.prose.citations import OPEN_BRACKET, citation_chars
from quality.prose.gopher_quality import LINE_FEED

LINE, LINE_BREAK, CITATION = map(EDIT_KINDS.index, ("line", "line_break", "citation"))


@lean_kernel
def find_edits(
    code_points: Any, n_chars: int, kept_starts: Any, kept_ends: Any, n_kept: int, classes: Any, starts: Any,
    ends: Any, kinds: Any,
) -> int:  # fmt: skip
    """Fill in the edits, in characters; how many there are: at most one a character.

    They are ascending and never overlap. The gap between two kept lines, with the lines dropped there, is one
    `line_break`; what stands before the first and behind the last character that is no whitespace is a `line`.
    """
    n_edits = 0
    taken = 0  # the end of what was kept or replaced
    has_text = False
    text_end, n_until_text_end = 0, 0
    for line in range(n_kept):
        at = kept_starts[line]
        if has_text:
            if not (at - taken == 1 and code_points[taken] == LINE_FEED):
                n_edits = _add(starts, ends, kinds, n_edits, taken, at, LINE_BREAK)
            taken = at
        if at < kept_ends[line] and not _has_bracket(code_points, at, kept_ends[line]):
            if not has_text:
                n_edits = _add(starts, ends, kinds, n_edits, 0, at, LINE)
                has_text = True
            taken = kept_ends[line]
            text_end, n_until_text_end = taken, n_edits
            continue
        while at < kept_ends[line]:
            skipped = citation_chars(code_points, at, kept_ends[line], classes)
            is_space = classes[code_points[at]] & SPACE != 0
            if skipped:
                at += skipped
                continue
            if not has_text and not is_space:
                n_edits = _add(starts, ends, kinds, n_edits, 0, at, LINE)
                has_text = True
            elif has_text:
                n_edits = _add(starts, ends, kinds, n_edits, taken, at, CITATION)
            at += 1
            taken = at
            if not is_space:
                text_end, n_until_text_end = at, n_edits
    return int(_add(starts, ends, kinds, n_until_text_end, text_end, n_chars, LINE))


@lean_kernel
def _has_bracket(code_points: Any, start: int, end: int) -> bool:
    """Whether [start, end) may have a citation mark; a kept line that has none is kept as it is."""
    n_brackets = 0
    for at in range(start, end):
        n_brackets += code_points[at] == OPEN_BRACKET
    return n_brackets > 0


@lean_kernel
def _add(starts: Any, ends: Any, kinds: Any, n_edits: int, start: int, end: int, kind: int) -> int:
    if start == end:
        return n_edits
    starts[n_edits] = start
    ends[n_edits] = end
    kinds[n_edits] = kind
    return n_edits + 1


@lean_kernel
def to_bytes(
    data: Any, start: int, end: int, n_chars: int, positions_from: Any, positions_to: Any, n_edits: int
) -> None:
    """Turn the edits' positions from characters into bytes of the document data[start:end], in place."""
    if n_chars == end - start:
        return
    at = start
    n_read = 0
    for edit in range(n_edits):
        while n_read < positions_from[edit]:
            at += char_bytes(data, at, end)
            n_read += 1
        positions_from[edit] = at - start
        while n_read < positions_to[edit]:
            at += char_bytes(data, at, end)
            n_read += 1
        positions_to[edit] = at - start

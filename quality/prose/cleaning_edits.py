"""The cleaned text of C4 as edits of the document: what stands between what is kept."""

from typing import Any

import numpy as np

from quality.characters import SPACE, char_bytes
from quality.edits import EDIT_KINDS
from quality.kernel import lean_kernel
from quality.prose.citations import citation_chars
from quality.prose.gopher_quality import LINE_FEED

BLOCK_BYTES = 32  # looked at in one go

LINE, LINE_BREAK, CITATION = map(EDIT_KINDS.index, ("line", "line_break", "citation"))


@lean_kernel
def find_edits(
    code_points: Any, n_chars: int, kept_starts: Any, kept_ends: Any, have_citations: Any, n_kept: int, classes: Any,
    starts: Any, ends: Any, kinds: Any,
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
        if at < kept_ends[line] and not have_citations[line]:
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
        at = _after_chars(data, at, end, positions_from[edit] - n_read)
        n_read = positions_from[edit]
        positions_from[edit] = at - start
        at = _after_chars(data, at, end, positions_to[edit] - n_read)
        n_read = positions_to[edit]
        positions_to[edit] = at - start


@lean_kernel
def _after_chars(data: Any, at: int, end: int, n_chars: int) -> int:
    """Where data[at:end] goes on after so many characters, which it has."""
    while n_chars > 0:
        if n_chars >= BLOCK_BYTES and _is_ascii(data[at : at + BLOCK_BYTES]):
            at += BLOCK_BYTES
            n_chars -= BLOCK_BYTES
            continue
        for _ in range(min(BLOCK_BYTES, n_chars)):
            at += char_bytes(data, at, end)
        n_chars -= BLOCK_BYTES
    return at


@lean_kernel
def _is_ascii(data: Any) -> bool:
    bits = np.uint8(0)
    for at in range(len(data)):
        bits |= data[at]
    return bool(bits < 0x80)

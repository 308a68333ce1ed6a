"""Text as datatrove's `simplify_text` leaves it: what its MinHash splits into words.

In its order: lower case (Python's, with both small sigmas), every number "0", punctuation and runs of whitespace one
space, then canonical decomposition (NFD) without the marks of category Mn, then bare ends.
"""

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.datatrove.ascii import copy_values, is_ascii
from dedup.kernel import lean_kernel

N_CODE_POINTS = 0x110000
REPLACEMENT = 0xFFFD
SPACE = 0x20
ZERO = 0x30
BLOCK_BYTES = 64  # looked at together, to see whether all are ASCII
SMALL_SIGMA, FINAL_SIGMA = 0x3C3, 0x3C2
NUMBER_SEPARATORS = (0x2E, 0x2C, 0x60C, 0x66B, 0x2396, 0x2397, 0x2398)  # of decimals, in NUMBERS_PATTERN

# What the table `simple` says beside code points.
DROPPED = 0xFFFFFFFF  # nothing is left of it
DROPPED_STARTER = 0xFFFFFFFE  # likewise, and marks on its two sides don't change places
NUMBER = 0xFFFFFFFD  # a digit of any script
SIGMA = 0xFFFFFFFC  # the capital letter
EXPANDED = 0x80000000  # and where in `expansions` its number of characters and they themselves stand

# Bits of the table `case`, as Python's lower case sees characters around a capital sigma.
CASED, IGNORABLE = 1, 2


class SimplifyTables(NamedTuple):
    """The arrays of tables.npz that the kernel reads (see make_tables.py)."""

    simple: NDArray[np.uint32]  # (0x110000,)
    expansions: NDArray[np.uint32]
    classes: NDArray[np.uint32]  # (n, 2): the marks that stay and have a combining class, and that
    case: NDArray[np.uint8]  # (0x110000,)


@cache
def simplify_tables() -> SimplifyTables:
    """The shipped tables, read-only."""
    with files("dedup.datatrove").joinpath("tables.npz").open("rb") as file, np.load(file) as stored:
        simple = stored["offsets"] + np.arange(N_CODE_POINTS, dtype=np.uint32)
        tables = SimplifyTables(simple, stored["expansions"], stored["classes"], stored["case"])
    for table in tables:
        table.flags.writeable = False
    return tables


@lean_kernel
def decode(data: Any, start: int, end: int, code_points: Any) -> int:
    """Decode UTF-8 data[start:end] into `code_points` (uint32, at least end - start long); how many there are.

    What is not UTF-8 becomes U+FFFD, a byte or a surrogate each. Never reads outside of the range.
    """
    n_chars = 0
    at = start
    while at < end:
        stop = min(at + BLOCK_BYTES, end)
        if is_ascii(data[at:stop]):
            copy_values(data[at:stop], code_points[n_chars : n_chars + stop - at])
            n_chars += stop - at
            at = stop
        while at < stop:
            code_point, size = int(data[at]), 1
            if code_point >= 0x80:
                code_point, size = _multibyte(data, at, end)
            code_points[n_chars] = code_point
            at += size
            n_chars += 1
    return n_chars


@lean_kernel
def _multibyte(data: Any, at: int, end: int) -> tuple[int, int]:
    lead = int(data[at])
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC2 or lead > 0xF4 or at + size > end:
        return REPLACEMENT, 1
    code_point = lead & (0x7F >> size)
    for i in range(at + 1, at + size):
        if data[i] & 0xC0 != 0x80:
            return REPLACEMENT, 1
        code_point = (code_point << 6) | (int(data[i]) & 0x3F)
    if code_point >= N_CODE_POINTS:
        return REPLACEMENT, size
    return code_point, size


@lean_kernel
def simplify(text: Any, n_chars: int, tables: Any, simplified: Any, first: int) -> int:
    """Write what is left of text[:n_chars] to simplified[first:]; where it ends.

    Both are uint32 code points. A character leaves at most 4 (checked in the tests), and time is linear.
    """
    simple = tables[0]
    written = first
    after_space = True
    marks_from = -1  # where a run of characters that may change places begins
    at = 0
    while at < n_chars:
        value = simple[text[at]]
        if value < N_CODE_POINTS:
            if marks_from >= 0:
                _order_marks(simplified, marks_from, written, tables[2])
                marks_from = -1
            is_space = value == SPACE
            simplified[written] = value  # a space behind a space is written over: no branch, words are too short
            written += not (is_space and after_space)
            after_space = is_space
            at += 1
            continue
        if value == DROPPED:
            after_space = written == first  # spaces on both its sides stay, but for those before all else
            at += 1
            continue
        after_space = False
        if value & EXPANDED and value < SIGMA:
            written, marks_from = _expand(value - EXPANDED, tables, simplified, written, marks_from)
            at += 1
            continue
        if marks_from >= 0:
            _order_marks(simplified, marks_from, written, tables[2])
            marks_from = -1
        if value == NUMBER:
            at = _number_end(text, at, n_chars, simple)
            simplified[written] = ZERO
            written += 1
        else:
            if value == SIGMA:
                simplified[written] = _small_sigma(text, at, n_chars, tables[3])
                written += 1
            else:  # DROPPED_STARTER
                after_space = written == first
            at += 1
    if marks_from >= 0:
        _order_marks(simplified, marks_from, written, tables[2])
    while written > first and simplified[written - 1] == SPACE:
        written -= 1
    return written


@lean_kernel
def _number_end(text: Any, start: int, n_chars: int, simple: Any) -> int:
    """Where a number ends that begins at `start`: digits, and once a separator with digits behind it."""
    at = start + 1
    while at < n_chars and simple[text[at]] == NUMBER:
        at += 1
    if at + 1 < n_chars and simple[text[at + 1]] == NUMBER and _parts_decimals(text[at]):
        at += 2
        while at < n_chars and simple[text[at]] == NUMBER:
            at += 1
    return at


@lean_kernel
def _parts_decimals(code_point: int) -> bool:
    for separator in NUMBER_SEPARATORS:  # noqa: SIM110
        if code_point == separator:
            return True
    return False


@lean_kernel
def _small_sigma(text: Any, at: int, n_chars: int, case: Any) -> int:
    """The final one behind a cased letter and before none, looking past what Unicode ignores there."""
    before = at - 1
    while before >= 0 and case[text[before]] == IGNORABLE:
        before -= 1
    if before < 0 or case[text[before]] != CASED:
        return SMALL_SIGMA
    behind = at + 1
    while behind < n_chars and case[text[behind]] == IGNORABLE:
        behind += 1
    return SMALL_SIGMA if behind < n_chars and case[text[behind]] == CASED else FINAL_SIGMA


@lean_kernel
def _expand(place: int, tables: Any, simplified: Any, written: int, marks_from: int) -> tuple[int, int]:
    """Write an expansion; where it ends, and where the run of marks begins that it ends in (-1: none)."""
    expansions = tables[1]
    for i in range(place + 1, place + 1 + expansions[place]):
        if _combining_class(expansions[i], tables[2]) == 0:
            if marks_from >= 0:
                _order_marks(simplified, marks_from, written, tables[2])
            marks_from = -1
        elif marks_from < 0:
            marks_from = written
        simplified[written] = expansions[i]
        written += 1
    return written, marks_from


@lean_kernel
def _combining_class(code_point: int, classes: Any) -> int:
    for i in range(len(classes)):
        if classes[i, 0] == code_point:
            return int(classes[i, 1])
    return 0


@lean_kernel
def _order_marks(simplified: Any, start: int, end: int, classes: Any) -> None:
    """Sort a run of marks by their combining classes, equal ones in the order they have (canonical ordering).

    The run is copied behind itself first: a mark has three bytes or more, for each of which there is room for three.
    """
    size = end - start
    if size < 2:
        return
    for i in range(size):
        simplified[end + i] = simplified[start + i]
    written = start
    previous = 0
    while written < end:
        lowest = 256
        for i in range(end, end + size):
            class_ = _combining_class(simplified[i], classes)
            if previous < class_ < lowest:
                lowest = class_
        for i in range(end, end + size):
            if _combining_class(simplified[i], classes) == lowest:
                simplified[written] = simplified[i]
                written += 1
        previous = lowest

"""Characters: their classes, from the shipped table, and decoding UTF-8 into code points."""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.kernel import kernel, lean_kernel

N_CODE_POINTS = 0x110000

# Classes, as bits of the table (made by quality/make_tables.py).
SPACE = 1  # str.isspace
LINE_BREAK = 2  # where str.splitlines breaks
LETTER = 4  # str.isalpha
PUNCTUATION = 8  # Unicode categories P and S
SYMBOL = 16  # an older set of datatrove's punctuation, with controls: no part of a listed word (quality/lists)
CJK = 32  # Han, Kana and Bopomofo letters: written without spaces
COMBINING = 64  # Unicode category M

REPLACEMENT = 0xFFFD
FIRST_PRINTED, NEXT_LINE = 0x1F, 0x85  # no character from the one to before the other breaks a line


@cache
def class_table() -> npt.NDArray[np.uint8]:
    """The classes of every code point, shape (0x110000,)."""
    with files("quality").joinpath("tables.npz").open("rb") as file, np.load(file) as tables:
        table: npt.NDArray[np.uint8] = tables["classes"]
    return table


@lean_kernel
def breaks_line(code_point: int, classes: Any) -> bool:
    """Whether str.splitlines breaks here; the table is asked for the few characters alone that may."""
    is_printed = FIRST_PRINTED <= code_point < NEXT_LINE
    return not is_printed and classes[code_point] & LINE_BREAK != 0


@kernel
def decode(data: Any, start: int, end: int, code_points: Any) -> int:
    """Decode data[start:end] into `code_points` (uint32, at least end - start long); how many there are.

    Never reads outside of the range, and yields code points below 0x110000 alone: what is not UTF-8 becomes
    U+FFFD, though not always in the same number as Python would put.
    """
    n_chars = 0
    at = start
    while at < end:
        lead = data[at]
        if lead < 0x80:
            code_points[n_chars] = lead
            at += 1
        else:
            size = _sequence_bytes(lead)
            if at + size > end:
                size = 1
            code_points[n_chars] = _code_point(data, at, size)
            at += size
        n_chars += 1
    return n_chars


@kernel
def char_bytes(data: Any, at: int, end: int) -> int:
    """How many bytes `decode` reads as the character that begins at data[at]."""
    size = 1 if data[at] < 0x80 else _sequence_bytes(data[at])
    return size if at + size <= end else 1


@kernel
def _sequence_bytes(lead: int) -> int:
    if lead < 0xC0:
        return 1
    if lead < 0xE0:
        return 2
    if lead < 0xF0:
        return 3
    return 4


@kernel
def _code_point(data: Any, at: int, size: int) -> int:
    if size == 1:
        return REPLACEMENT
    code_point = int(data[at]) & (0x7F >> size)
    for i in range(at + 1, at + size):
        code_point = (code_point << 6) | (int(data[i]) & 0x3F)
    return code_point if code_point < N_CODE_POINTS else REPLACEMENT

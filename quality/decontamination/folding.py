"""What a character becomes before words are compared: lower case, no accents, no punctuation.

Letters and digits become their lower case without marks and compatibility forms (é, É and e with a combining accent
are e; a full-width 1 is 1). Whitespace and long dashes separate words. Everything else is dropped, so "Don't" and
"don’t" are both "dont". Index and documents are folded by the same table, made by `make_folding.py`.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.kernel import kernel

N_CODE_POINTS = 0x110000

DROPPED = 0  # punctuation, symbols, controls, combining marks
SEPARATOR = 1  # whitespace and dashes
IS_NUMBER = 1 << 30  # set in digits and other numbers
IS_CJK = 1 << 31  # set in letters that are words of their own: Han, Kana, Bopomofo

REPLACEMENT = 0xFFFD


@cache
def folding_table() -> npt.NDArray[np.uint32]:
    """Of every code point: DROPPED, SEPARATOR, or what it folds to, perhaps with a bit set; shape (0x110000,)."""
    with files("quality.decontamination").joinpath("folding.npz").open("rb") as file, np.load(file) as tables:
        table: npt.NDArray[np.uint32] = tables["folded"]
    return table


@kernel
def character_bytes(data: Any, at: int, end: int) -> int:
    """Bytes of the character at data[at], by its first byte alone; 1 where it would lead beyond `end`."""
    lead = data[at]
    if lead < 0xC0:
        return 1
    size = 2 if lead < 0xE0 else (3 if lead < 0xF0 else 4)
    return size if at + size <= end else 1


@kernel
def code_point_at(data: Any, at: int, size: int) -> int:
    """The code point of the `size` bytes at data[at]; U+FFFD for what is none."""
    lead = int(data[at])
    if size == 1:
        return lead if lead < 0x80 else REPLACEMENT
    code_point = lead & (0x7F >> size)
    for i in range(at + 1, at + size):
        code_point = (code_point << 6) | (int(data[i]) & 0x3F)
    return code_point if code_point < N_CODE_POINTS else REPLACEMENT

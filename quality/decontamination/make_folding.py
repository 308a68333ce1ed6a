"""Make folding.npz, what every character becomes in a word: `python -m quality.decontamination.make_folding`.

The table is shipped, so that every machine folds characters alike, whatever Unicode its Python knows.
"""

import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quality.characters import CJK, N_CODE_POINTS, class_table
from quality.decontamination.folding import DROPPED, IS_CJK, IS_NUMBER, SEPARATOR

FIRST_DASH, LAST_DASH = 0x2012, 0x2015  # figure dash, en dash, em dash, horizontal bar: they stand between words


def folded_characters() -> npt.NDArray[np.uint32]:
    """For every code point what `quality.decontamination.folding` says of it; shape (0x110000,)."""
    is_cjk = (class_table() & CJK) != 0
    folded = np.array([_folded(chr(code_point)) for code_point in range(N_CODE_POINTS)], np.uint32)
    folded[is_cjk] = (folded[is_cjk] & ~np.uint32(IS_NUMBER)) | np.uint32(IS_CJK)
    return folded


def _folded(character: str) -> int:
    category = unicodedata.category(character)
    if character.isspace() or category[0] == "Z" or FIRST_DASH <= ord(character) <= LAST_DASH:
        return SEPARATOR
    if category[0] not in "LN" and category != "Mc":
        return DROPPED
    folded = ord(_base(_base(character).lower()))
    return folded | IS_NUMBER if category[0] == "N" else folded


def _base(text: str) -> str:
    """The one letter or digit that `text` is without its marks and compatibility forms; more than one: unchanged."""
    letters = [part for part in unicodedata.normalize("NFKD", text) if unicodedata.category(part) != "Mn"]
    return letters[0] if len(letters) == 1 else text[0]


def main() -> None:
    """Write the table beside this file."""
    np.savez_compressed(Path(__file__).with_name("folding.npz"), folded=folded_characters())


if __name__ == "__main__":
    main()

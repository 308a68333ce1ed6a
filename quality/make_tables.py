"""Make quality/tables.npz, the classes of all characters, from unicodedata: `python -m quality.make_tables`.

The table is shipped, so that every machine classifies characters alike, whatever Unicode its Python knows.
"""

import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quality import characters

# What ends a word of a list (`quality/lists`) beside Unicode's punctuation: a set that an older datatrove (text.py)
# called so. Today's, which symbol words consist of, is in `quality/prose/marks.npz`. Printable ones ...
PRINTABLE_SYMBOLS = frozenset(
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"  # ASCII
    "«´»–—’“”„…"
    "∶━►、。《》「」【】"
    "！％（），．１：；？～〈〉"
)
# ... and controls other than tab, line feed and carriage return, as half-open ranges of code points.
CONTROL_SYMBOLS = (range(9), range(11, 13), range(13, 32), range(127, 160))

CJK_NAMES = (
    "BOPOMOFO",
    "CJK COMPATIBILITY IDEOGRAPH",
    "CJK UNIFIED IDEOGRAPH",
    "HALFWIDTH KATAKANA",
    "HIRAGANA",
    "IDEOGRAPHIC",
    "KATAKANA",
)


def character_classes() -> npt.NDArray[np.uint8]:
    """For every code point, the classes of `quality.characters` as bits; shape (0x110000,)."""
    return np.array([_classes(chr(code_point)) for code_point in range(characters.N_CODE_POINTS)], np.uint8)


def _classes(character: str) -> int:
    category = unicodedata.category(character)
    is_of = {
        characters.SPACE: character.isspace(),
        characters.LINE_BREAK: len(f"a{character}b".splitlines()) == 2,
        characters.LETTER: character.isalpha(),
        characters.PUNCTUATION: category[0] in "PS",
        characters.SYMBOL: is_symbol(character),
        characters.CJK: category[0] in "LN" and unicodedata.name(character, "").startswith(CJK_NAMES),
        characters.COMBINING: category[0] == "M",
    }
    return sum(bit for bit, applies in is_of.items() if applies)


def is_symbol(character: str) -> bool:
    """Whether the character is of the older set."""
    return character in PRINTABLE_SYMBOLS or any(ord(character) in block for block in CONTROL_SYMBOLS)


def main() -> None:
    """Write the table beside this file."""
    np.savez_compressed(
        Path(__file__).with_name("tables.npz"),
        classes=character_classes(),
        unicode_version=np.array(unicodedata.unidata_version),
    )


if __name__ == "__main__":
    main()

"""Which characters make words, and which make shingles of characters.

Letters run together into words. Separators end them. In scripts written without spaces every character is a
word of its own, so that Chinese or Thai text has shingles of characters instead of one endless word. What is
listed in neither table is a letter, so any script works; digits are letters too.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import ALONE, LETTER, NOT_UNICODE, SEPARATOR

# Punctuation, spaces and symbols of The Unicode Standard's blocks, first to last codepoint. ASCII is done
# separately.
SEPARATOR_RANGES = (
    (0x0080, 0x00A9),  # Latin-1 controls, no-break space, punctuation; ª, µ and º are letters
    (0x00AB, 0x00B4),
    (0x00B6, 0x00B9),
    (0x00BB, 0x00BF),
    (0x00D7, 0x00D7),  # multiplication sign
    (0x00F7, 0x00F7),  # division sign
    (0x0589, 0x058A),  # Armenian
    (0x05BE, 0x05BE),  # Hebrew
    (0x060C, 0x060D),  # Arabic
    (0x061B, 0x061F),
    (0x066A, 0x066D),
    (0x06D4, 0x06D4),
    (0x0964, 0x0965),  # Devanagari danda
    (0x0E4F, 0x0E4F),  # Thai
    (0x0E5A, 0x0E5B),
    (0x0F04, 0x0F14),  # Tibetan; U+0F0B ends every syllable
    (0x104A, 0x104F),  # Myanmar
    (0x1361, 0x1368),  # Ethiopic word space and punctuation
    (0x1680, 0x1680),  # Ogham space
    (0x17D4, 0x17D6),  # Khmer
    (0x17D8, 0x17DA),
    (0x2000, 0x206F),  # General Punctuation
    (0x20A0, 0x20CF),  # currency
    (0x2190, 0x2BFF),  # arrows, mathematics, box drawing, dingbats
    (0x2E00, 0x2E7F),  # Supplemental Punctuation
    (0x3000, 0x3004),  # CJK Symbols and Punctuation
    (0x3008, 0x3020),
    (0x3030, 0x3030),
    (0x303D, 0x303F),
    (0x30A0, 0x30A0),
    (0x30FB, 0x30FB),  # katakana middle dot
    (0xE000, 0xF8FF),  # private use: icon fonts
    (0xFE00, 0xFE1F),  # variation selectors, vertical forms
    (0xFE30, 0xFE6F),
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFF01, 0xFF0F),  # full-width forms
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF65),
    (0xFFE0, 0xFFFF),
    (0x1F000, 0x1FAFF),  # emoji and other pictographs
)

# Scripts whose words are not separated by spaces. Hangul is not among them.
ALONE_RANGES = (
    (0x0E01, 0x0E4E),  # Thai
    (0x0E50, 0x0E59),
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x1049),  # Myanmar
    (0x1050, 0x109F),
    (0x1780, 0x17D3),  # Khmer
    (0x17D7, 0x17D7),  # repetition mark
    (0x17DC, 0x17FF),
    (0x2E80, 0x2FDF),  # CJK and Kangxi radicals
    (0x3005, 0x3007),  # iteration mark, closing mark, zero
    (0x3021, 0x302F),
    (0x3031, 0x303C),
    (0x3041, 0x309F),  # hiragana
    (0x30A1, 0x30FA),  # katakana
    (0x30FC, 0x312F),  # katakana, bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width katakana
    (0x20000, 0x3FFFF),  # Han, supplementary planes
)


def character_kinds() -> NDArray[np.uint8]:
    """LETTER, SEPARATOR or ALONE of every codepoint, uint8[0x110000], read-only; ASCII by `str.isalnum`."""
    kinds = np.full(0x110000, LETTER, np.uint8)
    for codepoint in range(0x80):
        if not chr(codepoint).isalnum():
            kinds[codepoint] = SEPARATOR
    for ranges, kind in ((SEPARATOR_RANGES, SEPARATOR), (ALONE_RANGES, ALONE)):
        for first, last in ranges:
            kinds[first : last + 1] = kind
    kinds.flags.writeable = False
    return kinds


KINDS = character_kinds()


@cache
def lowered_characters() -> NDArray[np.uint32]:
    """What every code point is read as in a shingle of characters, uint32[0x110000], read-only: see make_tables.py."""
    with files("dedup").joinpath("tables.npz").open("rb") as file, np.load(file) as stored:
        lowered: NDArray[np.uint32] = stored["lowered_offsets"] + np.arange(NOT_UNICODE, dtype=np.uint32)
    lowered.flags.writeable = False
    return lowered


NO_CHARACTERS = np.empty(0, np.uint32)
NO_CHARACTERS.flags.writeable = False


def shingle_tables(shingle: str) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """The tables that the kernels want for shingles of `words` or `characters`."""
    return KINDS, lowered_characters() if shingle == "characters" else NO_CHARACTERS

"""Classes of characters that the web text rules ask for, in one table: those of `quality.characters`, and these."""

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from quality.characters import class_table

# Bits above those of quality/characters.py. The sets behind the first five are made by quality/prose/make_tables.py.
SYMBOL_WORD = 1 << 8  # datatrove's PUNCTUATION_SET: a word of these alone is a symbol word
TERMINAL = 1 << 9  # datatrove's TERMINAL_PUNCTUATION: FineWeb's end of a line
SENTENCE_END = 1 << 10  # spaCy's sentencizer ends a sentence after a word that is one of these
MARK = 1 << 11  # Unicode category P: spaCy's is_punct
DIGIT = 1 << 12  # Unicode category Nd: \d of a regular expression
C4_END = 1 << 13  # what ends a line for C4
CLOSING = 1 << 14  # what may also end a line in other languages than English: closing quotes and brackets
PHRASE_ANCHOR = 1 << 15  # a character by which `quality.prose.phrases` finds a phrase, in either case

C4_ENDS = ".?!\"'"  # C4 (Raffel et al. 2020) as datatrove writes it
CLOSINGS = "”’»›」』）》〉】…"
PHRASE_ANCHORS = "kvfp"  # a phrase's anchor is the first of these that it has
KELVIN_SIGN = "\u212a"  # its lower case is k


@cache
def prose_classes() -> npt.NDArray[np.uint16]:
    """The classes of every code point, shape (0x110000,)."""
    classes = class_table().astype(np.uint16)
    with files("quality.prose").joinpath("marks.npz").open("rb") as file, np.load(file) as marks:
        classes[marks["symbol"]] |= SYMBOL_WORD
        classes[marks["terminal"]] |= TERMINAL
        classes[marks["sentence_end"]] |= SENTENCE_END
        classes[marks["mark"]] |= MARK
        classes[marks["digit"]] |= DIGIT
    for characters, bit in (
        (C4_ENDS, C4_END),
        (CLOSINGS, CLOSING),
        (PHRASE_ANCHORS + PHRASE_ANCHORS.upper() + KELVIN_SIGN, PHRASE_ANCHOR),
    ):
        classes[[ord(character) for character in characters]] |= bit
    return classes

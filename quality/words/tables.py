"""What the word splitters read: one tuple of arrays, loaded once."""

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from quality.characters import class_table

# Classes of code points that have a fixed number. Behind them come plain letters, digits, and all others.
SPACE_CLASS = 1

# What a URL's parts are made of, as bits of `url_bits`.
WORD_CHARACTER = 1  # \w
NUMERAL = 2  # \d
HOST = 4  # of host names
LOWER = 8  # of top-level domains

PREFIX, SUFFIX, INFIX, WHOLE = range(4)  # columns of `start_states`


class WordTables(NamedTuple):
    """Arrays that the kernels of this package read; nobody else looks inside.

    Made by quality/words/make_tables.py. First axes of length n_splitters follow `quality.words.splitters`.
    """

    classes: Any  # uint8, shape (0x110000,): quality.characters.class_table, for the simple splitter
    code_point_classes: Any  # uint8, shape (0x110000,): columns of `next_states`
    last_letter: int  # classes above SPACE_CLASS and up to this one are plain letters
    last_digit: int  # the following ones up to this one are the digits
    url_bits: Any  # uint8, shape (n_classes,)
    start_states: Any  # uint16, shape (n_splitters, 4): rows of `next_states`; 0 for none
    next_states: Any  # uint16, shape (n_states, n_classes); 0 is dead
    overshoot: Any  # int8, shape (n_states,): symbols read behind a match that ends here, -1 for no match
    special_slots: Any  # int16, shape (n_splitters, SPECIAL_SLOTS): hash to entry, -1 for none
    special_chars: Any  # uint32
    special_char_starts: Any  # int32
    special_lengths: Any  # uint8
    special_length_starts: Any  # int32
    row_slots: Any
    row_chars: Any
    row_char_starts: Any
    row_lengths: Any
    row_length_starts: Any
    pairs: Any  # uint8, shape (n_splitters, SPECIAL_SLOTS)
    most_special_chars: Any  # int32, shape (n_splitters,)
    most_row_chars: Any
    most_row_words: Any


@cache
def word_tables() -> WordTables:
    """The shipped tables."""
    with files("quality.words").joinpath("tables.npz").open("rb") as file, np.load(file) as tables:
        arrays = {name: tables[name] for name in WordTables._fields if name in tables}
    limits = {name: int(array) for name, array in arrays.items() if array.ndim == 0}
    return WordTables(class_table(), **(arrays | limits))

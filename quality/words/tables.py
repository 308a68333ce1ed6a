"""What the word splitters read: one record of arrays, loaded once."""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.characters import class_table

# Of the shipped tables, as quality/words/make_tables.py prints it; made from spaCy 3.8.
SHA256 = "64f5983f5d5521fba80481617dac4f0a76248a888f39590c28084d3c3c47631f"

# Classes of code points that have a fixed number. Behind them come plain letters, digits, and all others.
BOUNDARY = 0  # what lies outside of the chunk
SPACE_CLASS = 1

DEAD = 0  # the row of next_states that no match leaves

# What a URL's parts are made of, as bits of `url_bits`.
WORD_CHARACTER = 1  # \w
NUMERAL = 2  # \d
HOST = 4  # of host names
LOWER = 8  # of top-level domains

PREFIX, SUFFIX, INFIX, WHOLE = range(4)  # columns of `start_states`


# One record of arrays that only the kernels of this package look into, shape (1,): one pointer to pass on. A tuple of
# so many arrays would take most of the time of every call, and minutes to compile. Its fields, as made by
# quality/words/make_tables.py (axes of length n_splitters follow `quality.words.splitters`):
#
#   classes             uint8 (0x110000,)               quality.characters.class_table, for the simple splitter
#   code_point_classes  uint16 (0x110000,)              columns of next_states
#   last_letter         int64                           classes above SPACE_CLASS up to this one are plain letters
#   last_digit          int64                           those that follow, up to this one, are digits
#   url_bits            uint8 (n_classes,)
#   start_states        uint16 (n_splitters, 4)         rows of next_states; 0 for none
#   next_states         uint16 (n_states, n_classes)    0 is dead
#   overshoot           int8 (n_states,)                symbols read behind a match that ends here, -1 for no match
#   may_part            uint8(n_splitters, n_classes)   whether an infix may begin with, or before, such a character
#   special_*, row_*    see quality/words/special_tables.py
#   pairs               uint8 (n_splitters, SPECIAL_SLOTS)
#   most_*              int32 (n_splitters,)            the longest special case, and row, of a splitter
WordTables = npt.NDArray[np.void]


@cache
def word_tables() -> WordTables:
    """The shipped tables."""
    with files("quality.words").joinpath("tables.npz").open("rb") as file, np.load(file) as stored:
        arrays = {"classes": class_table()} | {name: stored[name] for name in stored if name != "spacy_version"}
    arrays["may_part"] = _may_part(arrays["start_states"], arrays["next_states"], arrays["overshoot"])
    fields = [(name, array.dtype, array.shape) for name, array in arrays.items()]
    tables = np.empty(1, np.dtype(fields, align=True))
    for name, array in arrays.items():
        tables[0][name] = array
    return tables


def _may_part(starts: npt.NDArray[Any], steps: npt.NDArray[Any], overshoot: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Of every splitter and class: whether the automaton of infixes goes on there, whatever two characters precede."""
    rows = []
    for start in starts[:, INFIX]:
        reached = np.unique(steps[np.unique(steps[start])])
        reached = reached[reached != DEAD]
        rows.append((steps[reached] != DEAD).any(axis=0) | (overshoot[reached] >= 0).any())
    return np.array(rows, np.uint8)

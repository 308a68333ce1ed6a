"""What the word splitters read: one tuple of arrays, loaded once."""

from functools import cache
from typing import Any, NamedTuple

from quality.characters import class_table


class WordTables(NamedTuple):
    """Arrays that the kernels of this package read; nobody else looks inside."""

    classes: Any  # uint8, shape (0x110000,): quality.characters.class_table


@cache
def word_tables() -> WordTables:
    """The shipped tables."""
    return WordTables(class_table())

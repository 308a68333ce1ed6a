"""Make dedup/tables.npz, the lower case of every character, from Python's strings: `python -m dedup.make_tables`.

The table is shipped, so that signatures are the same on every machine, whatever Unicode its Python knows.
"""

import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import NOT_UNICODE, SPACE


def lowered_characters() -> NDArray[np.uint32]:
    """What every code point is read as in a shingle of characters, uint32[0x110000].

    Whitespace is a space; U+0130, whose lower case has two characters, is the first of them.
    """
    characters = map(chr, range(NOT_UNICODE))
    return np.array([SPACE if c.isspace() else ord(c.lower()[0]) for c in characters], np.uint32)


def main() -> None:
    """Write the table beside this file."""
    np.savez_compressed(
        Path(__file__).with_name("tables.npz"),
        lowered_offsets=lowered_characters() - np.arange(NOT_UNICODE, dtype=np.uint32),  # mostly 0, which packs well
        unicode_version=np.array(unicodedata.unidata_version),
    )


if __name__ == "__main__":
    main()

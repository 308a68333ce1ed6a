"""datatrove's own word splitters, in Python: for the setting `words: datatrove`."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa


Positions = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]


class MissingSplitter(ImportError):
    """A package of datatrove's splitter of a language is not installed."""


def datatrove_words(
    texts: Sequence[str] | pa.Array, languages: Sequence[str | None] | pa.Array
) -> tuple[Positions, Positions, Offsets]:
    """The words of n texts as datatrove splits them: (starts, ends, offsets).

    The words of text i are those from offsets[i] to offsets[i + 1]; a word is text[starts[w]:ends[w]], in
    characters (int32). Raises MissingSplitter, before any text is split, where a language's splitter is not installed.
    """
    raise NotImplementedError

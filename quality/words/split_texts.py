"""Splitting many texts at once, for those who have their text as code points already."""

from typing import Any

import numpy as np
import numpy.typing as npt

from quality.kernel import called_kernel
from quality.words.split import split_words
from quality.words.tables import word_tables

Positions = npt.NDArray[np.int32]


def split_texts(
    code_points: npt.NDArray[np.uint32], offsets: npt.NDArray[np.int64], splitters: npt.NDArray[np.int8]
) -> tuple[Positions, Positions, npt.NDArray[np.int64]]:
    """The words of n texts: (starts, ends, counts).

    Text i is code_points[offsets[i]:offsets[i + 1]], split by splitter number splitters[i] (see
    `quality.words.splitters`). Its words are those from counts[i] to counts[i + 1], each from starts[w] to ends[w]
    in that text. Raises ValueError for a code point outside of Unicode.
    """
    if len(code_points) and code_points.max() > 0x10FFFF:
        raise ValueError("code_points must be below 0x110000")
    starts = np.empty(len(code_points), np.int32)
    ends = np.empty(len(code_points), np.int32)
    counts = np.zeros(len(offsets), np.int64)
    _split_all(code_points, offsets, splitters, word_tables(), starts, ends, counts)
    return starts, ends, counts


@called_kernel
def _split_all(
    code_points: Any, offsets: Any, splitters: Any, tables: Any, starts: Any, ends: Any, counts: Any
) -> None:
    for i in range(len(offsets) - 1):
        first = counts[i]
        text = code_points[offsets[i] : offsets[i + 1]]
        n_words = split_words(text, len(text), tables, splitters[i], starts[first:], ends[first:])
        counts[i + 1] = first + n_words

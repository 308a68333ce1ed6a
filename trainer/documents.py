"""Where each document of a row lies: document numbers and positions from document starts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]


def document_layout(doc_starts: Sequence[NDArray[Any]], sequence_length: int) -> tuple[Int64Array, Int64Array]:
    """Document number and position in the document of every token.

    `doc_starts[i]` holds the positions in row i where documents start, in [0, sequence_length); what stands before
    the first one continues a document of an earlier row. Returns two int64 arrays [rows, sequence_length]: a number
    that is equal within a document of a row, and the distance from the document's first token in the row.
    """
    starts_here = np.zeros((len(doc_starts), sequence_length), dtype=bool)
    for row, starts in enumerate(doc_starts):
        starts_here[row, starts] = True
    documents = np.cumsum(starts_here, axis=1, dtype=np.int64)
    column = np.arange(sequence_length, dtype=np.int64)
    first_column = np.maximum.accumulate(np.where(starts_here, column, 0), axis=1)
    return documents, column - first_column

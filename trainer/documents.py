"""Where each document of a row lies, and which of its tokens say what follows them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
Int64Array = NDArray[np.int64]


def document_layout(doc_starts: Sequence[NDArray[Any]], sequence_length: int) -> tuple[Int64Array, Int64Array]:
    """Document number and position in the document of every token.

    `doc_starts[i]` holds the positions in row i where documents start, in [0, sequence_length); what stands before
    the first one continues a document of an earlier row. Returns two int64 arrays [rows, sequence_length]: a number
    that is equal within a document of a row, and the distance from the document's first token in the row.
    """
    starts_here = _starts_here(doc_starts, sequence_length)
    documents = np.cumsum(starts_here, axis=1, dtype=np.int64)
    column = np.arange(sequence_length, dtype=np.int64)
    first_column = np.maximum.accumulate(np.where(starts_here, column, 0), axis=1)
    return documents, column - first_column


def tokens_with_target(
    n_tokens: Int64Array, doc_starts: Sequence[NDArray[Any]], sequence_length: int, *, inside_documents: bool
) -> BoolArray:
    """True where a token has the next one to predict, bool [rows, sequence_length].

    The next token must be real: one of the first `n_tokens[i]` of row i, not the padding behind them. With
    `inside_documents` it must also belong to the same document, so no first token of a document is predicted.
    """
    has_target = np.arange(1, sequence_length + 1) < n_tokens[:, None]
    if inside_documents:
        has_target[:, :-1] &= ~_starts_here(doc_starts, sequence_length)[:, 1:]
    return has_target


def _starts_here(doc_starts: Sequence[NDArray[Any]], sequence_length: int) -> BoolArray:
    """True where a document starts, bool [rows, sequence_length]."""
    starts_here = np.zeros((len(doc_starts), sequence_length), dtype=bool)
    for row, starts in enumerate(doc_starts):
        starts_here[row, starts] = True
    return starts_here

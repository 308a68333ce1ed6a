"""Which of a source's sequences hold tokens of a document: the packings of one epoch's block, inverted."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mixer.best_fit import pack

Int64s = npt.NDArray[np.int64]


class Cut(NamedTuple):
    """Tokens of a document in one of the source's sequences."""

    document: int  # by its place in the block
    sequence: int
    start: int  # in the document
    position: int  # in the sequence
    tokens: int


def stream_cuts(tokens: Int64s, documents: Int64s, first_token: int, length: int) -> Iterator[Cut]:
    """Where some `documents` of a block stand when documents are concatenated and cut every `length` tokens.

    `tokens` [documents of the block] in the epoch's order; `first_token` is where the block starts in the stream.
    """
    ends = np.cumsum(tokens) + first_token
    for document in documents.tolist():
        end = int(ends[document])
        start = at = end - int(tokens[document])
        while at < end:
            sequence, position = divmod(at, length)
            taken = min(end - at, length - position)
            yield Cut(document, sequence, at - start, position, taken)
            at += taken


def bin_cuts(
    tokens: Int64s, documents: Int64s, first_sequence: int, length: int, row_order: Callable[[int], Int64s]
) -> Iterator[Cut]:
    """Where they stand when the block is packed by best fit; `row_order(rows)` is the epoch's order of its bins."""
    packing = pack(tokens, length)
    order = row_order(len(packing.bin_ends))
    row_of_bin = np.empty_like(order)
    row_of_bin[order] = np.arange(len(order))
    before = np.cumsum(packing.piece_tokens, dtype=np.int64) - packing.piece_tokens
    for piece in np.flatnonzero(np.isin(packing.piece_document, documents)).tolist():
        number = int(np.searchsorted(packing.bin_ends, piece, side="right"))
        first_piece = int(packing.bin_ends[number - 1]) if number else 0
        yield Cut(
            int(packing.piece_document[piece]),
            first_sequence + int(row_of_bin[number]),
            int(packing.piece_start[piece]),
            int(before[piece] - before[first_piece]),
            int(packing.piece_tokens[piece]),
        )

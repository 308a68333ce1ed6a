"""Documents to sequences: `concat` splits the stream every so many tokens, `best_fit` packs each block by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from mixer.best_fit import Packing, pack
from mixer.blocks import Block, OrderedBlock
from mixer.stream import Piece, SourceStream

ReadBlock = Callable[[int], Block]  # block number -> block
Tokens = npt.NDArray[np.unsignedinteger]


class Sequences(NamedTuple):
    """Packed sequences of one source."""

    input_ids: Tokens  # [sequences, length]
    doc_starts: npt.NDArray[
        np.int64
    ]  # offsets into input_ids.ravel() where documents (or their parts) start, ascending
    n_tokens: npt.NDArray[np.int32]  # [sequences]: behind them is padding


class DocumentPart(NamedTuple):
    """Some tokens of a document in a row."""

    doc_id: str
    start: int  # in the document
    position: int  # in the row
    tokens: int
    epoch: int
    block: int


class Packer(Protocol):
    """A source's sequences by number, from 0 in its first epoch."""

    def pack(self, first: int, last: int) -> Sequences:
        """Sequences [first, last)."""

    def parts(self, sequence: int) -> list[DocumentPart]:
        """Which documents make up a sequence, in order."""


class ConcatPacker:
    """The source's stream, concatenated and split every `length` tokens."""

    def __init__(self, stream: SourceStream, length: int, dtype: np.dtype[np.unsignedinteger], read: ReadBlock) -> None:
        self._stream = stream
        self._length = length
        self._dtype = dtype
        self._block = _BlockCache(stream, read)

    def pack(self, first: int, last: int) -> Sequences:
        """Sequences [first, last); every one is full."""
        tokens = np.empty((last - first) * self._length, self._dtype)
        starts = [np.empty(0, np.int64)]
        filled = 0
        for piece in self._stream.pieces(first * self._length, last * self._length):
            block = self._block.ordered(piece.epoch, piece.block)
            size = piece.stop - piece.start
            tokens[filled : filled + size] = block.tokens[piece.start : piece.stop]
            low, high = np.searchsorted(block.doc_starts, [piece.start, piece.stop])
            starts.append(block.doc_starts[low:high] - piece.start + filled)
            filled += size
        n_tokens = np.full(last - first, self._length, np.int32)
        return Sequences(tokens.reshape(last - first, self._length), np.concatenate(starts), n_tokens)

    def parts(self, sequence: int) -> list[DocumentPart]:
        """The documents of a sequence; the first may have begun in an earlier one."""
        parts = []
        position = 0
        for piece in self._stream.pieces(sequence * self._length, (sequence + 1) * self._length):
            block = self._block.ordered(piece.epoch, piece.block)
            first = int(np.searchsorted(block.doc_ends, piece.start, side="right"))
            at = piece.start
            while at < piece.stop:
                start, end = int(block.doc_starts[first]), int(block.doc_ends[first])
                tokens = min(end, piece.stop) - at
                doc_id = block.doc_ids[first].as_py()
                parts.append(DocumentPart(doc_id, at - start, position, tokens, piece.epoch, piece.block))
                at, position, first = at + tokens, position + tokens, first + 1
        return parts


class BestFitPacker:
    """Each block's documents packed by best fit, its sequences in an order of the epoch's own."""

    def __init__(
        self,
        stream: SourceStream,  # counted in sequences
        length: int,
        dtype: np.dtype[np.unsignedinteger],
        read: ReadBlock,
        padding_id: int,
    ) -> None:
        self._stream = stream
        self._length = length
        self._dtype = dtype
        self._padding_id = padding_id
        self._block = _BlockCache(stream, read)
        self._packed: dict[tuple[int, int], _PackedBlock] = {}

    def pack(self, first: int, last: int) -> Sequences:
        """Sequences [first, last), each padded to the length."""
        input_ids = np.full((last - first, self._length), self._padding_id, self._dtype)
        flat = input_ids.ravel()
        starts = [np.empty(0, np.int64)]
        n_tokens = np.empty(last - first, np.int32)
        row = 0
        for piece in self._stream.pieces(first, last):
            packed = self._packed_block(piece)
            rows = np.arange(piece.start, piece.stop)
            sources, targets, piece_starts, fills = packed.gather(rows, self._length)
            offset = row * self._length
            flat[targets + offset] = packed.ordered.tokens[sources]
            starts.append(piece_starts + offset)
            n_tokens[row : row + len(rows)] = fills
            row += len(rows)
        return Sequences(input_ids, np.concatenate(starts), n_tokens)

    def parts(self, sequence: int) -> list[DocumentPart]:
        """The documents of a sequence, longest part first."""
        (piece,) = self._stream.pieces(sequence, sequence + 1)
        packed = self._packed_block(piece)
        packing, number = packed.packing, int(packed.row_order[piece.start])
        low = int(packing.bin_ends[number - 1]) if number else 0
        parts = []
        position = 0
        for at in range(low, int(packing.bin_ends[number])):
            tokens = int(packing.piece_tokens[at])
            doc_id = packed.ordered.doc_ids[int(packing.piece_document[at])].as_py()
            parts.append(DocumentPart(doc_id, int(packing.piece_start[at]), position, tokens, piece.epoch, piece.block))
            position += tokens
        return parts

    def _packed_block(self, piece: Piece) -> "_PackedBlock":
        key = (piece.epoch, piece.block)
        if key not in self._packed:
            ordered = self._block.ordered(*key)
            packing = pack(np.diff(ordered.doc_ends, prepend=0), self._length)
            order = self._stream.row_order(*key, len(packing.bin_ends))
            self._packed = {key: _PackedBlock(ordered, packing, order)}  # a source walks through its blocks in turn
        return self._packed[key]


@dataclass(frozen=True)
class _PackedBlock:
    ordered: OrderedBlock
    packing: Packing
    row_order: npt.NDArray[np.int64]  # row of the block -> bin of the packing

    def gather(
        self, rows: npt.NDArray[np.int64], length: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """For some rows of the block: where their tokens are, where they go, where parts start there, and the fills."""
        packing = self.packing
        bins = self.row_order[rows]
        ends = packing.bin_ends[bins]
        counts = ends - np.where(bins > 0, packing.bin_ends[bins - 1], 0)
        pieces = _ranges(ends - counts, counts)
        tokens = packing.piece_tokens[pieces].astype(np.int64)
        inside = np.cumsum(tokens) - tokens  # of all these rows' tokens behind each other
        row_of_piece = np.repeat(np.arange(len(rows)), counts)
        row_firsts = np.cumsum(counts) - counts
        places = row_of_piece * length + inside - inside[row_firsts][row_of_piece]
        documents = self.ordered.doc_starts[packing.piece_document[pieces]] + packing.piece_start[pieces]
        return _ranges(documents, tokens), _ranges(places, tokens), places, packing.bin_tokens[bins]


def _ranges(starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """start, start + 1, ... of every range, behind each other."""
    firsts = np.cumsum(counts) - counts
    return np.repeat(starts - firsts, counts) + np.arange(int(counts.sum()), dtype=np.int64)


BLOCKS_KEPT = 2  # as read, of a source that has no more


class _BlockCache:
    """The block of one source that is in work, in order; a source of few blocks may repeat, and keeps them as read."""

    def __init__(self, stream: SourceStream, read: ReadBlock) -> None:
        self._stream = stream
        self._read = read
        self._blocks: dict[int, Block] = {}
        self._repeats = stream.n_blocks <= BLOCKS_KEPT
        self._ordered: dict[tuple[int, int], OrderedBlock] = {}

    def ordered(self, epoch: int, block: int) -> OrderedBlock:
        """A block in an epoch's order."""
        if (epoch, block) not in self._ordered:
            read = self._blocks.get(block) or self._read(block)
            if self._repeats:
                self._blocks[block] = read
            self._ordered.clear()  # a shard goes through a source's blocks in turn, so one is in work
            self._ordered[epoch, block] = read.ordered(self._stream.document_key(epoch, block))
        return self._ordered[epoch, block]

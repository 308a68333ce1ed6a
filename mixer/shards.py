"""One shard: seek, read, pack, interleave, write. A shard needs the plan and its own blocks, and no other shard."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.blocks import Block, OrderedBlock
from mixer.interleave import Interleaving
from mixer.plan import MixturePlan, ShardPlan
from mixer.stream import Piece, SourceStream

ROWS_PER_GROUP_TOKENS = 1 << 20  # a row group holds about a million tokens: a loader's unit of reading

BlockReader = Callable[[str, int], Block]  # (source, block) -> block


class Sequences(NamedTuple):
    """Packed sequences of one source."""

    input_ids: npt.NDArray[np.unsignedinteger]  # [sequences, length]
    doc_starts: npt.NDArray[np.int64]  # offsets into input_ids.ravel() where documents start, ascending


def shard_name(index: int) -> str:
    """The shard's file name."""
    return f"shard-{index:05d}.parquet"


def shard_schema(id_type: str) -> pa.Schema:
    """The output contract's columns."""
    label = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            ("input_ids", pa.list_(pa.field("element", getattr(pa, id_type)()))),
            ("source", label),
            ("phase", label),
            ("doc_starts", pa.list_(pa.field("element", pa.int32()))),
            ("row", pa.int64()),
        ]
    )


def write_shard(uri: str, plan: MixturePlan, shard: ShardPlan, id_type: str, read: BlockReader) -> storage.WrittenFile:
    """Write the shard's rows in order to `uri`; the bytes depend on the plan and the blocks alone."""
    length = plan.request.sequence_length
    step = max(1, ROWS_PER_GROUP_TOKENS // length)
    maker = ShardMaker(plan, shard, id_type, read)
    return storage.write_parquet(
        uri,
        shard_schema(id_type),
        (maker.rows(first, min(step, shard.rows - first)) for first in range(0, shard.rows, step)),
        use_dictionary=["source", "phase"],
    )


class ShardMaker:
    """Makes row ranges of one shard."""

    def __init__(self, plan: MixturePlan, shard: ShardPlan, id_type: str, read: BlockReader) -> None:
        self._plan = plan
        self._shard = shard
        self._phase = plan.phases[shard.phase]
        self._length = plan.request.sequence_length
        self._schema = shard_schema(id_type)
        self._dtype = np.dtype(id_type)
        self._streams = [
            SourceStream(source.name, plan.request.seed, source.block_tokens) for source in plan.request.sources
        ]
        self._interleaving = Interleaving([part.rows for part in self._phase.sources])
        # A small source repeats within a shard: its block is read once, and ordered once an epoch.
        self._read = lru_cache(maxsize=2 * len(self._streams))(read)
        self._ordered = lru_cache(maxsize=4 * len(self._streams))(self._order_block)

    def rows(self, first: int, count: int) -> pa.Table:
        """Rows [first, first + count) of the shard, as a table of the output schema."""
        start = self._shard.first_row - self._phase.first_row + first
        input_ids = np.empty((count, self._length), self._dtype)
        source_index = np.empty(count, np.int32)
        starts_by_row: list[npt.NDArray[np.int64]] = []
        row_of_start: list[npt.NDArray[np.int64]] = []
        for index, rows, sequences in self._sequences_within(start, start + count):
            at = rows - start
            input_ids[at] = sequences.input_ids
            source_index[at] = index
            row_of_start.append(at[sequences.doc_starts // self._length])
            starts_by_row.append(sequences.doc_starts % self._length)
        return self._table(start, input_ids, source_index, np.concatenate(row_of_start), np.concatenate(starts_by_row))

    def _sequences_within(self, start: int, stop: int) -> Iterator[tuple[int, npt.NDArray[np.int64], Sequences]]:
        """(source index, rows in the phase, sequences) of every source with rows in [start, stop) of the phase."""
        order = self._interleaving
        for index, part in enumerate(self._phase.sources):
            low = order.first_sequence_at(index, start)
            high = order.first_sequence_at(index, stop)
            if low < high:
                rows = order.rows_of(index, np.arange(low, high, dtype=np.int64))
                yield index, rows, self._pack(index, part.first_sequence + low, part.first_sequence + high)

    def _pack(self, index: int, first: int, last: int) -> Sequences:
        """Sequences [first, last) of a source: its stream, concatenated and split every `length` tokens."""
        tokens = np.empty((last - first) * self._length, self._dtype)
        starts = []
        filled = 0
        for piece in self._streams[index].pieces(first * self._length, last * self._length):
            block = self._ordered(index, piece.epoch, piece.block)
            size = piece.stop - piece.start
            tokens[filled : filled + size] = block.tokens[piece.start : piece.stop]
            starts.append(_starts_in(block, piece) - piece.start + filled)
            filled += size
        return Sequences(tokens.reshape(last - first, self._length), np.concatenate(starts))

    def _order_block(self, index: int, epoch: int, block: int) -> OrderedBlock:
        stream = self._streams[index]
        return self._read(stream.source, block).ordered(stream.document_key(epoch, block))

    def _table(
        self,
        start: int,
        input_ids: npt.NDArray[np.unsignedinteger],
        source_index: npt.NDArray[np.int32],
        row_of_start: npt.NDArray[np.int64],
        starts: npt.NDArray[np.int64],
    ) -> pa.Table:
        count = len(source_index)
        order = np.lexsort((starts, row_of_start))
        starts_per_row = np.bincount(row_of_start, minlength=count)
        offsets = np.concatenate([[0], np.cumsum(starts_per_row)]).astype(np.int32)
        id_offsets = np.arange(count + 1, dtype=np.int32) * np.int32(self._length)
        names = [part.source for part in self._phase.sources]
        phase_index = np.full(count, self._shard.phase, np.int32)
        columns = [
            pa.ListArray.from_arrays(
                pa.array(id_offsets), pa.array(input_ids.ravel()), type=self._schema.field(0).type
            ),
            pa.DictionaryArray.from_arrays(pa.array(source_index), pa.array(names)),
            pa.DictionaryArray.from_arrays(pa.array(phase_index), pa.array([p.name for p in self._plan.phases])),
            pa.ListArray.from_arrays(
                pa.array(offsets), pa.array(starts[order].astype(np.int32)), type=self._schema.field(3).type
            ),
            pa.array(np.arange(count, dtype=np.int64) + self._phase.first_row + start),
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)


def _starts_in(block: OrderedBlock, piece: Piece) -> npt.NDArray[np.int64]:
    """Document starts of `block` that fall inside the piece."""
    low, high = np.searchsorted(block.doc_starts, [piece.start, piece.stop])
    return block.doc_starts[low:high]

"""One shard: seek, read, pack, interleave, write. A shard needs the plan and its own blocks, and no other shard."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.blocks import Block
from mixer.interleave import Interleaving
from mixer.manifest import ShardFile
from mixer.packing import BestFitPacker, ConcatPacker, Packer, Sequences
from mixer.plan import MixturePlan, ShardPlan
from mixer.request import SourceTokens
from mixer.stream import SourceStream

ROWS_PER_GROUP_TOKENS = 1 << 20  # a row group holds about a million tokens: a loader's unit of reading

BlockReader = Callable[[str, int], Block]  # (source, block) -> block


@dataclass(frozen=True)
class TokenFormat:
    """How tokens are stored; `end_of_text_id` also fills what is left of a row."""

    id_type: str  # uint16 or uint32
    end_of_text_id: int
    compression: str = storage.COMPRESSION  # of shards: zstd, or none


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
            ("n_tokens", pa.int32()),
        ]
    )


def write_shard(uri: str, plan: MixturePlan, shard: ShardPlan, format_: TokenFormat, read: BlockReader) -> ShardFile:
    """Write the shard's rows in order to `uri`; the bytes depend on the plan and the blocks alone."""
    step = max(1, ROWS_PER_GROUP_TOKENS // plan.request.sequence_length)
    maker = ShardMaker(plan, shard, format_, read)
    written = storage.write_parquet(
        uri,
        shard_schema(format_.id_type),
        (maker.rows(first, min(step, shard.rows - first)) for first in range(0, shard.rows, step)),
        use_dictionary=["source", "phase"],
        compression=format_.compression,
        compression_level=storage.COMPRESSION_LEVEL if format_.compression == storage.COMPRESSION else None,
    )
    return ShardFile(**written._asdict(), cut_rows=maker.cut_rows)


def source_stream(plan: MixturePlan, source: SourceTokens) -> SourceStream:
    """A source's stream, counted in what the packing counts in."""
    units = source.block_tokens if plan.request.packing == "concat" else source.block_rows
    return SourceStream(source.name, plan.request.seed, units)


def source_packer(plan: MixturePlan, source: SourceTokens, format_: TokenFormat, read: BlockReader) -> Packer:
    """What makes the source's sequences."""
    stream, length, dtype = source_stream(plan, source), plan.request.sequence_length, np.dtype(format_.id_type)
    read_block = partial(read, source.name)
    if plan.request.packing == "concat":
        return ConcatPacker(stream, length, dtype, read_block)
    return BestFitPacker(stream, length, dtype, read_block, format_.end_of_text_id)


class ShardMaker:
    """Makes row ranges of one shard."""

    def __init__(self, plan: MixturePlan, shard: ShardPlan, format_: TokenFormat, read: BlockReader) -> None:
        self._plan = plan
        self._shard = shard
        self._phase = plan.phases[shard.phase]
        self._length = plan.request.sequence_length
        self._schema = shard_schema(format_.id_type)
        self._format = format_
        self._packers = [source_packer(plan, source, format_, read) for source in plan.request.sources]
        self._interleaving = Interleaving([part.rows for part in self._phase.sources])
        self.cut_rows: dict[str, int] = {}  # source -> rows made so far that end inside a document

    def rows(self, first: int, count: int) -> pa.Table:
        """Rows [first, first + count) of the shard, as a table of the output schema."""
        start = self._shard.first_row - self._phase.first_row + first
        input_ids = np.empty((count, self._length), np.dtype(self._format.id_type))
        n_tokens = np.empty(count, np.int32)
        source_index = np.empty(count, np.int32)
        starts_by_row: list[npt.NDArray[np.int64]] = []
        row_of_start: list[npt.NDArray[np.int64]] = []
        for index, rows, sequences in self._sequences_within(start, start + count):
            at = rows - start
            input_ids[at] = sequences.input_ids
            n_tokens[at] = sequences.n_tokens
            source_index[at] = index
            row_of_start.append(at[sequences.doc_starts // self._length])
            starts_by_row.append(sequences.doc_starts % self._length)
            self._count_cuts(index, sequences)
        starts = _lists(np.concatenate(row_of_start), np.concatenate(starts_by_row), count, self._schema.field(3).type)
        return self._table(start, input_ids, n_tokens, source_index, starts)

    def _sequences_within(self, start: int, stop: int) -> Iterator[tuple[int, npt.NDArray[np.int64], Sequences]]:
        """(source index, rows in the phase, sequences) of every source with rows in [start, stop) of the phase."""
        order = self._interleaving
        for index, part in enumerate(self._phase.sources):
            low = order.first_sequence_at(index, start)
            high = order.first_sequence_at(index, stop)
            if low < high:
                rows = order.rows_of(index, np.arange(low, high, dtype=np.int64))
                first = part.first_sequence
                yield index, rows, self._packers[index].pack(first + low, first + high)

    def _count_cuts(self, index: int, sequences: Sequences) -> None:
        last_ids = sequences.input_ids[np.arange(len(sequences.n_tokens)), sequences.n_tokens - 1]
        cuts = int(np.count_nonzero(last_ids != self._format.end_of_text_id))
        source = self._phase.sources[index].source
        self.cut_rows[source] = self.cut_rows.get(source, 0) + cuts

    def _table(
        self,
        start: int,
        input_ids: npt.NDArray[np.unsignedinteger],
        n_tokens: npt.NDArray[np.int32],
        source_index: npt.NDArray[np.int32],
        starts: pa.ListArray,
    ) -> pa.Table:
        count = len(source_index)
        id_offsets = np.arange(count + 1, dtype=np.int32) * np.int32(self._length)
        names = [part.source for part in self._phase.sources]
        phase_index = np.full(count, self._shard.phase, np.int32)
        columns = [
            pa.ListArray.from_arrays(
                pa.array(id_offsets), pa.array(input_ids.ravel()), type=self._schema.field(0).type
            ),
            pa.DictionaryArray.from_arrays(pa.array(source_index), pa.array(names)),
            pa.DictionaryArray.from_arrays(pa.array(phase_index), pa.array([p.name for p in self._plan.phases])),
            starts,
            pa.array(np.arange(count, dtype=np.int64) + self._phase.first_row + start),
            pa.array(n_tokens),
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)


def _lists(
    row_of_value: npt.NDArray[np.int64], values: npt.NDArray[np.int64], rows: int, type_: pa.DataType
) -> pa.ListArray:
    """The values of each row, ascending, as one list a row."""
    order = np.lexsort((values, row_of_value))
    per_row = np.bincount(row_of_value, minlength=rows)
    offsets = np.concatenate([[0], np.cumsum(per_row)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values[order].astype(np.int32)), type=type_)

"""Random access to a mixture's rows: finds shard and row group, reads that row group only, checks what it reads."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixer import storage
from mixer.manifest import MixtureManifest, read_manifest, shard_uri
from trainer.errors import ShardError

Int64Array = NDArray[np.int64]
COLUMNS = ["input_ids", "source", "doc_starts", "row", "n_tokens"]


class Rows(NamedTuple):
    """Some rows of a mixture, in the order asked for."""

    rows: Int64Array  # global row indices [n]
    input_ids: Int64Array  # [n, sequence_length]
    n_tokens: Int64Array  # [n], real tokens; what stands behind them is padding
    doc_starts: list[NDArray[np.int32]]  # per row, positions where documents start
    sources: list[str]


class RowSizes(NamedTuple):
    """What is counted of some rows."""

    sources: Int64Array  # [n], index into the manifest's sources
    n_tokens: Int64Array  # [n]


class _RowGroup(NamedTuple):
    first_row: int
    input_ids: NDArray[Any]  # [rows, sequence_length], as stored
    starts: NDArray[np.int32]
    starts_offsets: Int64Array
    sizes: RowSizes

    @property
    def end_row(self) -> int:
        return self.first_row + len(self.input_ids)


class ShardRows:
    """The rows of the mixture at `manifest_uri` by global index; holds one open shard and one decoded row group."""

    def __init__(self, manifest_uri: str) -> None:
        self.manifest: MixtureManifest = read_manifest(manifest_uri)
        self._uri = manifest_uri
        self._names = [source.name for source in self.manifest.sources]
        self._first_rows = [0, *accumulate(shard.rows for shard in self.manifest.files)]
        if self._first_rows[-1] != self.manifest.rows:
            raise ShardError(
                f"{manifest_uri} says {self.manifest.rows} rows but its shards add up to {self._first_rows[-1]}: "
                "build the mixture again"
            )
        self._file: pq.ParquetFile | None = None
        self._shard = -1
        self._group_first_rows: list[int] = []  # of the open shard's row groups, and its end
        self._cached: _RowGroup | None = None

    def read(self, rows: Sequence[int]) -> Rows:
        """The rows with these global indices; IndexError for one outside [0, manifest rows)."""
        input_ids = np.empty((len(rows), self.manifest.sequence_length), dtype=np.int64)
        n_tokens = np.empty(len(rows), dtype=np.int64)
        starts, sources = [], []
        for position, row in enumerate(rows):
            group = self._row_group(row)
            local = row - group.first_row
            input_ids[position] = group.input_ids[local]
            n_tokens[position] = group.sizes.n_tokens[local]
            begin, end = group.starts_offsets[local : local + 2]
            starts.append(group.starts[begin:end])
            sources.append(self._names[group.sizes.sources[local]])
        return Rows(np.array(rows, dtype=np.int64), input_ids, n_tokens, starts, sources)

    def sizes(self, first_row: int, end_row: int) -> RowSizes:
        """Sources and real tokens of rows [first_row, end_row); reads these two columns only."""
        pieces = [RowSizes(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))]
        row = first_row
        while row < end_row:
            file, group = self._locate(row)
            begin, end = self._group_first_rows[group : group + 2]
            cached = self._cached
            if cached is not None and cached.first_row == begin:
                sizes = cached.sizes
            else:
                sizes = self._sizes(self._read(file, group, ["source", "n_tokens"]))
            here = slice(row - begin, end_row - begin)
            pieces.append(RowSizes(sizes.sources[here], sizes.n_tokens[here]))
            row = end
        return RowSizes(*(np.concatenate(column) for column in zip(*pieces, strict=True)))

    def close(self) -> None:
        """Close the open shard; a later read opens it again."""
        if self._file is not None:
            self._file.close()
        self._file, self._shard, self._cached = None, -1, None

    def _row_group(self, row: int) -> _RowGroup:
        cached = self._cached
        if cached is None or not cached.first_row <= row < cached.end_row:
            file, group = self._locate(row)
            cached = self._decode(self._read(file, group, COLUMNS), self._group_first_rows[group])
            self._cached = cached
        return cached

    def _locate(self, row: int) -> tuple[pq.ParquetFile, int]:
        """The open file that holds `row`, and the number of its row group."""
        if not 0 <= row < self.manifest.rows:
            raise IndexError(f"row {row} is outside the mixture's {self.manifest.rows} rows")
        shard = bisect_right(self._first_rows, row) - 1
        if self._file is None or shard != self._shard:
            self._file = self._open(shard)
        return self._file, bisect_right(self._group_first_rows, row) - 1

    def _open(self, shard: int) -> pq.ParquetFile:
        self.close()
        entry = self.manifest.files[shard]
        try:
            file = storage.open_parquet(shard_uri(self._uri, entry))
        except (OSError, pa.ArrowException) as error:  # missing, unreachable or cut off
            raise ShardError(f"shard {entry.path} of {self._uri} cannot be read ({error}): build it again") from error
        missing = set(COLUMNS) - set(file.schema_arrow.names)
        if missing:
            file.close()
            raise ShardError(f"shard {entry.path} of {self._uri} lacks columns {sorted(missing)}: build it again")
        metadata = file.metadata
        if metadata.num_rows != entry.rows:
            file.close()
            raise ShardError(
                f"shard {entry.path} has {metadata.num_rows} rows, the manifest says {entry.rows}: build it again"
            )
        sizes = (metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        self._group_first_rows = list(accumulate(sizes, initial=self._first_rows[shard]))
        self._shard = shard
        return file

    def _read(self, file: pq.ParquetFile, group: int, columns: Sequence[str]) -> pa.Table:
        try:
            return file.read_row_group(group, columns=columns)
        except (OSError, pa.ArrowException) as error:  # a page that fails its checksum, a damaged footer
            raise self._broken(f"row group {group} cannot be read ({error})") from error

    def _decode(self, table: pa.Table, first_row: int) -> _RowGroup:
        expected = np.arange(first_row, first_row + table.num_rows)
        if not np.array_equal(table["row"].to_numpy(), expected):
            raise self._broken(f"rows {first_row}..{expected[-1]} are not numbered so in column 'row'")
        sizes = self._sizes(table)
        starts, offsets = self._doc_starts(table["doc_starts"].combine_chunks(), sizes.n_tokens)
        ids = self._token_ids(table["input_ids"].combine_chunks())
        return _RowGroup(first_row, ids, starts, offsets, sizes)

    def _doc_starts(self, lists: pa.Array, n_tokens: Int64Array) -> tuple[NDArray[np.int32], Int64Array]:
        """All rows' starts behind each other, and where each row's begin (and the last one's end)."""
        counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        starts = pc.fill_null(lists.flatten(), -1).to_numpy(zero_copy_only=False).astype(np.int32)
        outside = (starts < 0) | (starts >= np.repeat(n_tokens, counts))
        if outside.any():
            row = int(np.repeat(np.arange(len(counts)), counts)[outside][0])
            raise self._broken(
                f"column 'doc_starts' leaves a row: {starts[outside][0]} is not one of {n_tokens[row]} tokens"
            )
        return starts, np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))

    def _token_ids(self, lists: pa.Array) -> NDArray[Any]:
        length, vocabulary = self.manifest.sequence_length, self.manifest.tokenizer.vocabulary_size
        if not pc.all(pc.equal(pc.list_value_length(lists), length)).as_py():
            raise self._broken(f"column 'input_ids' has rows that are not {length} tokens long")
        ids: NDArray[Any] = lists.flatten().to_numpy(zero_copy_only=False).reshape(-1, length)
        if ids.max() >= vocabulary:
            raise self._broken(f"token id {ids.max()} is outside the vocabulary of {vocabulary}")
        return ids

    def _sizes(self, table: pa.Table) -> RowSizes:
        n_tokens = np.asarray(pc.fill_null(table["n_tokens"], 0).to_numpy(), dtype=np.int64)
        length = self.manifest.sequence_length
        if not 0 < n_tokens.min() <= n_tokens.max() <= length:
            wrong = n_tokens[(n_tokens < 1) | (n_tokens > length)][0]
            raise self._broken(f"column 'n_tokens' has {wrong}, a row has 1 to {length} tokens")
        return RowSizes(self._source_column(table), n_tokens)

    def _source_column(self, table: pa.Table) -> Int64Array:
        names = table["source"].combine_chunks().cast(pa.string())
        indices = pc.index_in(names, value_set=pa.array(self._names, type=pa.string()))
        if indices.null_count:
            unknown = names.filter(pc.is_null(indices))[0].as_py()
            raise self._broken(f"source {unknown!r} is not in the manifest")
        return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)

    def _broken(self, what: str) -> ShardError:
        path = self.manifest.files[self._shard].path
        return ShardError(f"shard {path} of {self._uri}: {what}; build the mixture again")

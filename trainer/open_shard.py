"""One shard of a mixture, opened: its row groups, decoded and checked against what the manifest says."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs
from numpy.typing import NDArray

from mixer import storage
from mixer.manifest import MixtureManifest, ShardFile
from trainer.errors import ShardError
from trainer.list_pages import DamagedPage, as_tokens, read_lists

Int64Array = NDArray[np.int64]
TOKENS = "input_ids"
SMALL_COLUMNS = ["source", "doc_starts", "row", "n_tokens"]


class RowSizes(NamedTuple):
    """What is counted of some rows."""

    sources: Int64Array  # [n], index into the manifest's sources
    n_tokens: Int64Array  # [n]


class RowGroup(NamedTuple):
    """The rows of one row group."""

    first_row: int  # of the mixture
    input_ids: NDArray[Any]  # [rows, sequence_length], as stored
    starts: NDArray[np.int32]  # of all rows behind each other
    starts_offsets: Int64Array  # [rows + 1]
    sizes: RowSizes

    @property
    def end_row(self) -> int:
        """The row behind the last."""
        return self.first_row + len(self.input_ids)


class OpenShard:
    """The shard `entry` of the mixture at `mixture_uri`, whose file is at `uri` and whose first row is `first_row`.

    ShardError when the file cannot be read or is not what the manifest says.
    """

    def __init__(self, manifest: MixtureManifest, mixture_uri: str, entry: ShardFile, uri: str, first_row: int) -> None:
        self._manifest, self._name = manifest, f"shard {entry.path} of {mixture_uri}"
        self._source_names = pa.array([source.name for source in manifest.sources], type=pa.string())
        try:
            self._file = storage.open_parquet(uri)
            self._bytes = _open_bytes(uri)  # the same file, unparsed
        except (OSError, pa.ArrowException) as error:  # missing, unreachable or cut off
            raise ShardError(f"{self._name} cannot be read ({error}): build it again") from error
        metadata = self._file.metadata
        missing = {TOKENS, *SMALL_COLUMNS} - set(self._file.schema_arrow.names)
        if missing:
            self.close()
            raise ShardError(f"{self._name} lacks columns {sorted(missing)}: build it again")
        if metadata.num_rows != entry.rows:
            self.close()
            raise ShardError(
                f"{self._name} has {metadata.num_rows} rows, the manifest says {entry.rows}: build it again"
            )
        sizes = (metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        self.group_first_rows = list(accumulate(sizes, initial=first_row))  # and the shard's end
        self._tokens_leaf = _leaf_of(metadata.schema, TOKENS)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._bytes.close()

    def sizes(self, group: int) -> RowSizes:
        """Sources and real tokens of a row group; reads these two columns only."""
        return self._sizes(self._read(group, ["source", "n_tokens"]))

    def row_group(self, group: int) -> RowGroup:
        """A whole row group."""
        table, first_row = self._read(group, SMALL_COLUMNS), self.group_first_rows[group]
        expected = np.arange(first_row, first_row + table.num_rows)
        if not np.array_equal(table["row"].to_numpy(), expected):
            raise self._broken(f"rows {first_row}..{expected[-1]} are not numbered so in column 'row'")
        sizes = self._sizes(table)
        starts, offsets = self._doc_starts(table["doc_starts"].combine_chunks(), sizes.n_tokens)
        ids = self._token_ids(group)
        if len(ids) != table.num_rows:
            raise self._broken(f"column {TOKENS!r} has {len(ids)} rows where others have {table.num_rows}")
        return RowGroup(first_row, ids, starts, offsets, sizes)

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

    def _token_ids(self, group: int) -> NDArray[Any]:
        length, vocabulary = self._manifest.sequence_length, self._manifest.tokenizer.vocabulary_size
        ids = self._plain_ids(group)
        if ids is None:
            lists = self._read(group, [TOKENS])[TOKENS].combine_chunks()
            if not pc.all(pc.equal(pc.list_value_length(lists), length)).as_py():
                raise self._broken(f"column {TOKENS!r} has rows that are not {length} tokens long")
            ids = lists.flatten().to_numpy(zero_copy_only=False).reshape(-1, length)
        if ids.max() >= vocabulary:
            raise self._broken(f"token id {ids.max()} is outside the vocabulary of {vocabulary}")
        return ids

    def _plain_ids(self, group: int) -> NDArray[Any] | None:
        """The row group's ids from the pages' bytes, uint32 [rows, length]; None where pyarrow has to read them."""
        column = self._file.metadata.row_group(group).column(self._tokens_leaf)
        if column.dictionary_page_offset is not None:
            return None
        try:
            self._bytes.seek(column.data_page_offset)
            chunk = memoryview(self._bytes.read_buffer(column.total_compressed_size))
            values = read_lists(chunk, column.compression, column.num_values, self._manifest.sequence_length)
        except (OSError, DamagedPage) as error:
            raise self._broken(f"row group {group} cannot be read ({error})") from error
        return None if values is None else as_tokens(values)

    def _read(self, group: int, columns: Sequence[str]) -> pa.Table:
        try:
            return self._file.read_row_group(group, columns=columns, use_threads=False)
        except (OSError, pa.ArrowException) as error:  # a page that fails its checksum, a damaged footer
            raise self._broken(f"row group {group} cannot be read ({error})") from error

    def _sizes(self, table: pa.Table) -> RowSizes:
        n_tokens = np.asarray(pc.fill_null(table["n_tokens"], 0).to_numpy(), dtype=np.int64)
        length = self._manifest.sequence_length
        if not 0 < n_tokens.min() <= n_tokens.max() <= length:
            wrong = n_tokens[(n_tokens < 1) | (n_tokens > length)][0]
            raise self._broken(f"column 'n_tokens' has {wrong}, a row has 1 to {length} tokens")
        return RowSizes(self._source_column(table), n_tokens)

    def _source_column(self, table: pa.Table) -> Int64Array:
        names = table["source"].combine_chunks().cast(pa.string())
        indices = pc.index_in(names, value_set=self._source_names)
        if indices.null_count:
            unknown = names.filter(pc.is_null(indices))[0].as_py()
            raise self._broken(f"source {unknown!r} is not in the manifest")
        return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)

    def _broken(self, what: str) -> ShardError:
        return ShardError(f"{self._name}: {what}; build the mixture again")


def _open_bytes(uri: str) -> Any:
    """The file for reading bytes of; a local one is mapped into memory, so that only what is used is read."""
    filesystem, path = storage.resolve(uri)
    if isinstance(filesystem, pyarrow.fs.LocalFileSystem):
        return pa.memory_map(path)
    return filesystem.open_input_file(path)


def _leaf_of(schema: Any, name: str) -> int:
    """The number of the one column that holds the values of the list column `name`."""
    return next(number for number in range(len(schema)) if schema.column(number).path.split(".")[0] == name)

"""Random access to a mixture's rows: finds shard and row group, and reads that row group only."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixer.manifest import MixtureManifest, read_manifest, shard_uri
from trainer.errors import ShardError
from trainer.open_shard import Int64Array, OpenShard, RowGroup, RowSizes
from trainer.shard_cache import ShardCache, is_remote


class Rows(NamedTuple):
    """Some rows of a mixture, in the order asked for."""

    rows: Int64Array  # global row indices [n]
    input_ids: Int64Array  # [n, sequence_length]
    n_tokens: Int64Array  # [n], real tokens; what stands behind them is padding
    doc_starts: list[NDArray[np.int32]]  # per row, positions where documents start
    sources: list[str]


class ShardRows:
    """The rows of the mixture at `manifest_uri` by global index; holds one open shard and one decoded row group.

    Shards of an object store are read from `cache` (default: one of 16 GiB in the user's cache folder).
    """

    def __init__(self, manifest_uri: str, cache: ShardCache | None = None) -> None:
        self.manifest: MixtureManifest = read_manifest(manifest_uri)
        self._uri = manifest_uri
        self._names = [source.name for source in self.manifest.sources]
        self._first_rows = [0, *accumulate(shard.rows for shard in self.manifest.files)]
        if self._first_rows[-1] != self.manifest.rows:
            raise ShardError(
                f"{manifest_uri} says {self.manifest.rows} rows but its shards add up to {self._first_rows[-1]}: "
                "build the mixture again"
            )
        self._cache = (cache or ShardCache()) if is_remote(manifest_uri) else None
        self._open: tuple[int, OpenShard] | None = None  # its number, and it
        self._group: RowGroup | None = None

    def read(self, rows: Sequence[int]) -> Rows:
        """The rows with these global indices; IndexError for one outside [0, manifest rows)."""
        asked = np.array(rows, dtype=np.int64)
        input_ids = np.empty((len(asked), self.manifest.sequence_length), dtype=np.int64)
        n_tokens = np.empty(len(asked), dtype=np.int64)
        starts: list[NDArray[np.int32]] = []
        sources: list[str] = []
        position = 0
        while position < len(asked):
            group = self._row_group(int(asked[position]))
            local = _leading_rows(asked[position:], group)
            here = slice(position, position + len(local))
            # A slice is cast and copied in one pass, an index array in two: batches are evenly spaced rows.
            input_ids[here] = group.input_ids[_as_slice(local)]
            n_tokens[here] = group.sizes.n_tokens[local]
            bounds = zip(group.starts_offsets[local].tolist(), group.starts_offsets[local + 1].tolist(), strict=True)
            starts += [group.starts[begin:end] for begin, end in bounds]
            sources += [self._names[source] for source in group.sizes.sources[local].tolist()]
            position = here.stop
        return Rows(asked, input_ids, n_tokens, starts, sources)

    def sizes(self, first_row: int, end_row: int) -> RowSizes:
        """Sources and real tokens of rows [first_row, end_row); reads these two columns only."""
        pieces = [RowSizes(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))]
        row = first_row
        while row < end_row:
            shard, group = self._locate(row)
            begin, end = shard.group_first_rows[group : group + 2]
            cached = self._group
            if cached is not None and cached.first_row == begin:
                sizes = cached.sizes
            else:
                sizes = shard.sizes(group)
            here = slice(row - begin, end_row - begin)
            pieces.append(RowSizes(sizes.sources[here], sizes.n_tokens[here]))
            row = end
        return RowSizes(*(np.concatenate(column) for column in zip(*pieces, strict=True)))

    def close(self) -> None:
        """Close the open shard and fetch no more."""
        self._close_shard()
        if self._cache is not None:
            self._cache.close()

    def _local_uri(self, number: int) -> str:
        """Where the shard can be read at: of an object store a copy is, and the next one is fetched meanwhile."""
        files = self.manifest.files
        uri = shard_uri(self._uri, files[number])
        if self._cache is None:
            return uri
        path = self._cache.path_of(uri, files[number])
        if number + 1 < len(files):
            self._cache.fetch_ahead(shard_uri(self._uri, files[number + 1]), files[number + 1])
        return str(path)

    def _close_shard(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = self._group = None

    def _row_group(self, row: int) -> RowGroup:
        cached = self._group
        if cached is None or not cached.first_row <= row < cached.end_row:
            shard, group = self._locate(row)
            cached = self._group = shard.row_group(group)
        return cached

    def _locate(self, row: int) -> tuple[OpenShard, int]:
        """The open shard that holds `row`, and the number of its row group."""
        if not 0 <= row < self.manifest.rows:
            raise IndexError(f"row {row} is outside the mixture's {self.manifest.rows} rows")
        number = bisect_right(self._first_rows, row) - 1
        if self._open is None or number != self._open[0]:
            self._close_shard()
            entry, uri = self.manifest.files[number], self._local_uri(number)
            self._open = number, OpenShard(self.manifest, self._uri, entry, uri, self._first_rows[number])
        shard = self._open[1]
        return shard, bisect_right(shard.group_first_rows, row) - 1


def _leading_rows(rows: Int64Array, group: RowGroup) -> Int64Array:
    """How many of the first rows lie in the group, as places in it; at least one."""
    outside = (rows < group.first_row) | (rows >= group.end_row)
    count = int(np.argmax(outside)) if outside.any() else len(rows)
    local: Int64Array = rows[:count] - group.first_row
    return local


def _as_slice(places: Int64Array) -> "slice | Int64Array":
    """The same places as a slice, where they ascend evenly."""
    if len(places) == 1:
        return slice(int(places[0]), int(places[0]) + 1)
    steps = np.diff(places)
    if steps[0] > 0 and (steps == steps[0]).all():
        return slice(int(places[0]), int(places[-1]) + 1, int(steps[0]))
    return places

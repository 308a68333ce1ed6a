"""Parquet files: cut by row groups, read by the columns that are asked for, in batches of bounded bytes.

A damaged row group costs itself: its rows that were not read are quarantined, each where they are no more than
MAX_LOST_ROWS, else as one record. A file without a readable footer is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.document import Quarantined
from pipelines.readers.inputs import InputPath
from pipelines.readers.resuming import Unreachable
from pipelines.readers.tables.columns import ColumnOptions
from pipelines.readers.tables.values import DAMAGE, TableRow, rows_of
from pipelines.source import Split

SPLIT_BYTES = 256 << 20  # uncompressed; a row group is never cut
BATCH_BYTES = 8 << 20  # of a batch, by the mean size of a row
MAX_BATCH_ROWS = 1024
# A dictionary (or a shared prefix) can make every row of a batch as long as all that is stored: so few rows at once
# that even then a batch stays below this.
MAX_EXPANDED_BYTES = 1 << 30
EXPANDING_ENCODINGS = frozenset({"PLAIN_DICTIONARY", "RLE_DICTIONARY", "DELTA_BYTE_ARRAY"})
MAX_LOST_ROWS = 100_000  # of a split, told one by one: a footer can claim any number
MAX_MEAN_ELEMENTS = 1000  # columns with longer lists are no metadata


class _Column(NamedTuple):
    """A column of one row group, with all that is inside it."""

    uncompressed_bytes: int
    values: int
    expands: bool


def parquet_splits(file: BinaryIO, path: InputPath) -> list[Split]:
    """Ranges of row groups, `start` and `stop`; the whole file where it cannot be told."""
    whole = Split(uri=path.uri, identity=path.identity, size_bytes=path.size_bytes)
    try:
        metadata = _open(file).metadata
        sizes = [max(1, metadata.row_group(group).total_byte_size) for group in range(metadata.num_row_groups)]
    except Unreachable:
        raise
    except DAMAGE:
        return [whole]
    bounds = _bounds(sizes)
    if len(bounds) <= 2 or not path.has_ranges:
        return [whole]
    total = sum(sizes)
    places = [path.size_bytes * sum(sizes[:bound]) // total for bound in bounds]
    return [
        whole.model_copy(
            update={"start": bounds[part], "stop": bounds[part + 1], "size_bytes": places[part + 1] - places[part]}
        )
        for part in range(len(bounds) - 1)
    ]


def _bounds(sizes: Sequence[int]) -> list[int]:
    bounds = [0]
    held_bytes = 0
    for group, size_bytes in enumerate(sizes):
        if held_bytes and held_bytes + size_bytes > SPLIT_BYTES:
            bounds.append(group)
            held_bytes = 0
        held_bytes += size_bytes
    return [*bounds, len(sizes)]


def parquet_rows(file: BinaryIO, split: Split, options: ColumnOptions) -> Iterator[TableRow | Quarantined]:
    """The rows of the split's row groups; references are `file:row`, from 1."""
    try:
        opened = _open(file)
        metadata = opened.metadata
        schema = opened.schema_arrow
        counts = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    except Unreachable:
        raise
    except DAMAGE as error:
        yield Quarantined(split.uri, "not_a_table", f"Parquet: {error}"[:300])
        return
    stop = len(counts) if split.stop is None else min(split.stop, len(counts))
    first = 1 + sum(counts[: split.start])
    losses_left = MAX_LOST_ROWS
    for group in range(split.start, stop):
        read = 0
        try:
            for row in _rows_of_group(opened, schema, group, options):
                read += 1
                yield TableRow(f"{split.uri}:{first + read - 1}", row)
            lost = counts[group] - read
            detail = "the row group ends early"
        except Unreachable:
            raise
        except DAMAGE as error:
            lost, detail = max(1, counts[group] - read), str(error)[:300]
        if lost > 0:
            one_by_one = lost if lost <= losses_left else 1
            losses_left -= one_by_one
            detail = f"row group {group}: {detail}" + (f"; {lost} rows" if one_by_one < lost else "")
            for number in range(one_by_one):
                yield Quarantined(f"{split.uri}:{first + read + number}", "damaged_row_group", detail)
        first += counts[group]


def _open(file: BinaryIO) -> pq.ParquetFile:
    # Without the checksums most flipped bits read back silently.
    return pq.ParquetFile(pa.PythonFile(file, mode="r"), page_checksum_verification=True, pre_buffer=False)


def _rows_of_group(
    opened: pq.ParquetFile, schema: pa.Schema, group: int, options: ColumnOptions
) -> Iterator[dict[str, Any]]:
    metadata = opened.metadata.row_group(group)
    columns = _columns(metadata)
    rows = max(1, metadata.num_rows)
    paths = _chosen(schema.names, columns, rows, options)
    fields = {path.split(".", 1)[0] for path in paths} | set(paths)
    chosen = [columns[name] for name in fields if name in columns]
    batches = opened.iter_batches(_batch_rows(chosen, rows), row_groups=[group], columns=paths, use_threads=False)
    for batch in batches:
        yield from rows_of(batch, batch.schema.names)


def _columns(metadata: Any) -> Mapping[str, _Column]:
    """The top-level columns of a row group."""
    found: dict[str, _Column] = {}
    for index in range(metadata.num_columns):
        leaf = metadata.column(index)
        name = leaf.path_in_schema.split(".", 1)[0]
        before = found.get(name, _Column(0, 0, False))
        found[name] = _Column(
            before.uncompressed_bytes + max(0, leaf.total_uncompressed_size),
            max(before.values, leaf.num_values),
            before.expands or (leaf.physical_type == "BYTE_ARRAY" and bool(EXPANDING_ENCODINGS & set(leaf.encodings))),
        )
    return found


def _chosen(names: Sequence[str], columns: Mapping[str, _Column], rows: int, options: ColumnOptions) -> list[str]:
    """Paths of what is read: the mapped columns, and those that are small enough to be metadata."""
    mapped = options.fields()
    paths = []
    for name in dict.fromkeys(names):
        column = columns.get(name.split(".", 1)[0], _Column(0, 0, False))
        is_small = (
            column.uncompressed_bytes <= options.max_metadata_bytes * rows and column.values <= MAX_MEAN_ELEMENTS * rows
        )
        if name in mapped or is_small:
            paths.append(name)
        else:
            paths += [field for field in mapped if field.startswith(f"{name}.")]
    return paths or list(names[:1])  # rows without a single column that is asked for are counted all the same


def _batch_rows(columns: Sequence[_Column], rows: int) -> int:
    total_bytes = max(1, sum(column.uncompressed_bytes for column in columns))
    expanding_bytes = max(1, sum(column.uncompressed_bytes for column in columns if column.expands))
    at_most = min(MAX_BATCH_ROWS, BATCH_BYTES * rows // total_bytes, MAX_EXPANDED_BYTES // expanding_bytes)
    return max(1, at_most)

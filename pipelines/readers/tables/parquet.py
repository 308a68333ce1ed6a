"""Parquet files: cut by row groups, read by the columns that are asked for, in batches of bounded bytes.

A damaged row group costs itself: its rows that were not read are quarantined, each where they are no more than
MAX_LOST_ROWS, else as one record. A file without a readable footer is one.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.document import Quarantined
from pipelines.readers.inputs import InputPath
from pipelines.readers.resuming import Unreachable
from pipelines.readers.tables.columns import ColumnOptions
from pipelines.readers.tables.parquet_footer import Column, RowGroup, row_groups_of
from pipelines.readers.tables.values import DAMAGE, TableRow, rows_of
from pipelines.source import Split

SPLIT_BYTES = 256 << 20  # uncompressed; a row group is never cut
BATCH_BYTES = 8 << 20  # of a batch, by the mean size of a row
MAX_BATCH_ROWS = 1024
# A dictionary (or a shared prefix) can make every row of a batch as long as all that is stored: so few rows at once
# that even then a batch stays below this.
MAX_EXPANDED_BYTES = 1 << 30
MAX_LOST_ROWS = 100_000  # of a split, told one by one: a footer can claim any number
MAX_MEAN_ELEMENTS = 1000  # columns with longer lists are no metadata


def parquet_splits(file: BinaryIO, path: InputPath) -> list[Split]:
    """Ranges of row groups, `start` and `stop`; the whole file where it cannot be told."""
    whole = Split(uri=path.uri, identity=path.identity, size_bytes=path.size_bytes)
    try:
        sizes = [max(1, group.uncompressed_bytes) for group in row_groups_of(file)]
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
        groups = row_groups_of(file)
        opened = _open(file)
        names = opened.schema_arrow.names
    except Unreachable:
        raise
    except DAMAGE as error:
        yield Quarantined(split.uri, "not_a_table", f"Parquet: {error}"[:300])
        return
    stop = len(groups) if split.stop is None else min(split.stop, len(groups))
    first = 1 + sum(group.rows for group in groups[: split.start])
    losses_left = MAX_LOST_ROWS
    for number in range(split.start, stop):
        told_rows = groups[number].rows
        read = 0
        try:
            for row in _rows_of_group(opened, names, number, groups[number], options):
                read += 1
                yield TableRow(f"{split.uri}:{first + read - 1}", row)
            lost = told_rows - read
            detail = "the row group ends early"
        except Unreachable:
            raise
        except DAMAGE as error:
            lost, detail = max(1, told_rows - read), str(error)[:300]
        if lost > 0:
            one_by_one = lost if lost <= losses_left else 1
            losses_left -= one_by_one
            detail = f"row group {number}: {detail}" + (f"; {lost} rows" if one_by_one < lost else "")
            for row_number in range(first + read, first + read + one_by_one):
                yield Quarantined(f"{split.uri}:{row_number}", "damaged_row_group", detail)
        first += told_rows


def _open(file: BinaryIO) -> pq.ParquetFile:
    # Without the checksums most flipped bits read back silently.
    return pq.ParquetFile(pa.PythonFile(file, mode="r"), page_checksum_verification=True, pre_buffer=False)


def _rows_of_group(
    opened: pq.ParquetFile, names: Sequence[str], number: int, group: RowGroup, options: ColumnOptions
) -> Iterator[dict[str, Any]]:
    paths = _chosen(names, group, options)
    rows = _batch_rows([group.columns[name] for name in names if name in group.columns and _is_in(name, paths)], group)
    for batch in opened.iter_batches(rows, row_groups=[number], columns=paths, use_threads=False):
        yield from rows_of(batch, batch.schema.names)


def _is_in(name: str, paths: Sequence[str]) -> bool:
    return any(path == name or path.startswith(f"{name}.") for path in paths)


def _chosen(names: Sequence[str], group: RowGroup, options: ColumnOptions) -> list[str]:
    """Paths of what is read: the mapped columns, and those that are small enough to be metadata."""
    mapped = options.fields()
    rows = max(1, group.rows)
    paths = []
    for name in dict.fromkeys(names):
        column = group.columns.get(name)
        is_small = (
            column is not None
            and column.uncompressed_bytes <= options.max_metadata_bytes * rows
            and column.values <= MAX_MEAN_ELEMENTS * rows
        )
        if name in mapped or is_small:
            paths.append(name)
        else:
            paths += [field for field in mapped if field.startswith(f"{name}.")]
    return paths or list(names[:1])  # rows without a single column that is asked for are counted all the same


def _batch_rows(columns: Sequence[Column], group: RowGroup) -> int:
    total_bytes = max(1, sum(column.uncompressed_bytes for column in columns))
    expanding_bytes = max(1, sum(column.uncompressed_bytes for column in columns if column.expands))
    rows = max(1, group.rows)
    return max(1, min(MAX_BATCH_ROWS, BATCH_BYTES * rows // total_bytes, MAX_EXPANDED_BYTES // expanding_bytes))

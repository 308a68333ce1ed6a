"""Arrow IPC: files (`.arrow`, `.feather`), cut by record batches, and streams, which are read from the start.

A record batch that cannot be read is one quarantined record, and behind one in a stream nothing can be found again. Of
one that can be, content is checked before it is used, since offsets and indices of a hostile file point anywhere; where
they do, its rows are lost.
"""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from pipelines.document import Quarantined
from pipelines.readers.inputs import InputPath
from pipelines.readers.resuming import Unreachable
from pipelines.readers.tables.columns import ColumnOptions
from pipelines.readers.tables.values import DAMAGE, TableRow, rows_of
from pipelines.source import Split

SPLIT_BYTES = 256 << 20
MAX_LOST_ROWS = 100_000  # of a batch, told one by one: a batch can claim any number
_AS_BYTES = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
}


def arrow_splits(file: BinaryIO, path: InputPath) -> list[Split]:
    """Ranges of record batches, `start` and `stop`, of about SPLIT_BYTES each if batches are alike."""
    whole = Split(uri=path.uri, identity=path.identity, size_bytes=path.size_bytes)
    try:
        batches = pa.ipc.open_file(pa.PythonFile(file, mode="r")).num_record_batches
    except Unreachable:
        raise
    except DAMAGE:
        return [whole]
    parts = min(batches, -(-path.size_bytes // SPLIT_BYTES))
    if parts <= 1 or not path.has_ranges:
        return [whole]
    bounds = [batches * part // parts for part in range(parts + 1)]
    places = [path.size_bytes * bound // batches for bound in bounds]
    return [
        whole.model_copy(
            update={"start": bounds[part], "stop": bounds[part + 1], "size_bytes": places[part + 1] - places[part]}
        )
        for part in range(parts)
    ]


def arrow_file_rows(file: BinaryIO, split: Split, options: ColumnOptions) -> Iterator[TableRow | Quarantined]:
    """The rows of the split's record batches; references are `file@batch:row`, both from 0 and 1."""
    try:
        reader = pa.ipc.open_file(pa.PythonFile(file, mode="r"))
        batches = reader.num_record_batches
    except Unreachable:
        raise
    except DAMAGE as error:
        yield Quarantined(split.uri, "not_a_table", f"Arrow file: {error}"[:300])
        return
    for number in range(split.start, batches if split.stop is None else min(split.stop, batches)):
        reference = f"{split.uri}@{number}"
        try:
            batch = reader.get_batch(number)
        except Unreachable:
            raise
        except DAMAGE as error:
            yield Quarantined(reference, "damaged_record_batch", str(error)[:300])
            continue
        yield from _checked_rows(batch, reference, options)


def arrow_stream_rows(file: BinaryIO, split: Split, options: ColumnOptions) -> Iterator[TableRow | Quarantined]:
    """The rows of a stream; references as for files."""
    try:
        reader = pa.ipc.open_stream(pa.PythonFile(file, mode="r"))
    except Unreachable:
        raise
    except DAMAGE as error:
        yield Quarantined(split.uri, "not_a_table", f"Arrow stream: {error}"[:300])
        return
    number = 0
    while True:
        reference = f"{split.uri}@{number}"
        number += 1
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except Unreachable:
            raise
        except DAMAGE as error:
            yield Quarantined(reference, "damaged_record_batch", str(error)[:300])
            return
        yield from _checked_rows(batch, reference, options)


def _checked_rows(batch: pa.RecordBatch, reference: str, options: ColumnOptions) -> Iterator[TableRow | Quarantined]:
    """The rows of a batch whose content is what its types say, but for texts: one that is none costs its row."""
    try:
        for column in batch.columns:
            column.view(_AS_BYTES.get(column.type, column.type)).validate(full=True)
    except DAMAGE as error:
        lost = batch.num_rows if batch.num_rows <= MAX_LOST_ROWS else 1
        for number in range(1, lost + 1):
            yield Quarantined(f"{reference}:{number}", "damaged_record_batch", str(error)[:300])
        return
    yield from _rows(batch, reference, options)


def _rows(batch: pa.RecordBatch, reference: str, options: ColumnOptions) -> Iterator[TableRow]:
    roots = {field.split(".", 1)[0] for field in options.fields()} | set(options.fields())
    room_bytes = options.max_metadata_bytes * max(1, batch.num_rows)
    names = [
        name
        for index, name in enumerate(batch.schema.names)
        if name in roots or batch.column(index).nbytes <= room_bytes
    ]
    for number, row in enumerate(rows_of(batch, names), 1):
        yield TableRow(f"{reference}:{number}", row)

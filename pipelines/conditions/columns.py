"""What conditions read of one part of a source: columns of its documents and of their signals, row for row."""

from collections.abc import Iterable

import pyarrow as pa

from mixer import storage
from pipelines.conditions.condition import PROVENANCE_COLUMNS


def read_part(documents_uri: str, annotated_uri: str, columns: Iterable[str]) -> pa.Table:
    """The part's `doc_id` and `columns` (names of `conditions.COLUMNS`); reads those columns alone.

    DamagedFile when the two files do not hold the same number of documents.
    """
    wanted = {"doc_id", *columns}
    provenance = [name for name in PROVENANCE_COLUMNS.names if name in wanted - {"doc_id"}]
    signals = sorted(wanted - set(provenance))
    table = storage.read_table(annotated_uri, signals)
    if not provenance:
        return table
    documents = storage.read_table(documents_uri, provenance)
    if documents.num_rows != table.num_rows:
        raise storage.DamagedFile(
            f"{annotated_uri} has {table.num_rows:,} rows and {documents_uri} {documents.num_rows:,}: "
            "delete the folder of the first and run again, it will be made anew"
        )
    for name in provenance:
        table = table.append_column(name, _without_zone(documents.column(name), PROVENANCE_COLUMNS.field(name).type))
    return table


def _without_zone(column: pa.ChunkedArray, column_type: pa.DataType) -> pa.ChunkedArray:
    return column.cast(column_type) if column.type != column_type else column

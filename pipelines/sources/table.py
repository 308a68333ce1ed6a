"""Source kind `table`: prose from tables (Parquet, Arrow, CSV), one document a row (FineWeb)."""

from collections.abc import Iterator

from pipelines.document import Record
from pipelines.readers.tables.reading import TableOptions, records_of, splits_of
from pipelines.source import SourceKind, Split

FORMAT = "page"


def splits(uri: str, options: TableOptions) -> list[Split]:
    """Row groups of Parquet, record batches of Arrow files; other files whole."""
    return splits_of(uri, options)


def read(split: Split, options: TableOptions) -> Iterator[Record]:
    """One record for every row."""
    return records_of(split, options, FORMAT)


SOURCE = SourceKind(name="table", group="text", options=TableOptions, splits=splits, read=read, lists_files=True)

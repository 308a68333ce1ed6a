"""Source kind `table_code`: code from tables (Parquet, Arrow, CSV), one document a row (The Stack, StarCoderData)."""

from collections.abc import Iterator

from pipelines.document import Record
from pipelines.readers.tables.reading import TableCodeOptions, records_of, splits_of
from pipelines.source import SourceKind, Split

FORMAT = "file"


def splits(uri: str, options: TableCodeOptions) -> list[Split]:
    """Row groups of Parquet, record batches of Arrow files; other files whole."""
    return splits_of(uri, options)


def read(split: Split, options: TableCodeOptions) -> Iterator[Record]:
    """One record for every row."""
    return records_of(split, options, FORMAT)


SOURCE = SourceKind(
    name="table_code",
    group="code",
    options=TableCodeOptions,
    splits=splits,
    read=read,
    code_like=True,
    lists_files=True,
)

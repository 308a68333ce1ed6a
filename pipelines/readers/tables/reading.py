"""Tables as records: a file's splits and rows, by its format."""

from collections.abc import Iterator
from typing import BinaryIO, Self

from pydantic import Field, model_validator

from pipelines.document import Quarantined, Record
from pipelines.readers.inputs import InputPath, open_input
from pipelines.readers.tables.arrow_files import arrow_file_rows, arrow_splits, arrow_stream_rows
from pipelines.readers.tables.columns import CodeColumnOptions, ColumnOptions
from pipelines.readers.tables.csv_files import Dialect, csv_rows
from pipelines.readers.tables.formats import format_of, tables_at
from pipelines.readers.tables.parquet import parquet_rows, parquet_splits
from pipelines.readers.tables.records import record_of_row
from pipelines.readers.tables.values import TableRow
from pipelines.source import Split

TAB_NAMES = (".tsv", ".tab")


class TableOptions(ColumnOptions):
    """What a recipe may set for tables of any kind; the last five are of CSV."""

    delimiter: str | None = Field(None, min_length=1, max_length=1, description="What parts fields.")
    quote: str | None = Field('"', min_length=1, max_length=1, description="What encloses fields; null: nothing does.")
    escape: str | None = Field(None, min_length=1, max_length=1, description="What escapes a character in a field.")
    column_names: tuple[str, ...] | None = Field(None, description="The columns of files without a header.")
    max_row_bytes: int = Field(16 << 20, ge=1, description="Longer rows, uncompressed, are quarantined.")

    @model_validator(mode="after")
    def _dialect_is_one(self) -> Self:
        used = [mark for mark in (self.delimiter or ",", self.quote, self.escape) if mark is not None]
        if len(set(used)) < len(used) or any(mark in "\r\n \0" for mark in used):
            raise ValueError("delimiter, quote and escape must be different, and no space or line end")
        if self.column_names is not None and len(set(self.column_names)) < len(self.column_names):
            raise ValueError(f"column_names has a name twice: {self.column_names}")
        return self

    def is_text(self) -> bool:
        """Whether the recipe speaks of CSV, so that a file without a mark of its own is that."""
        return self.delimiter is not None or self.column_names is not None


class TableCodeOptions(TableOptions, CodeColumnOptions):
    """What a recipe may set for tables of code."""


def splits_of(uri: str, options: TableOptions) -> list[Split]:
    """Row groups of Parquet, record batches of Arrow files; other files whole."""
    return [split for path in tables_at(uri) for split in _splits_of_file(path, options)]


def records_of(split: Split, options: TableOptions, document_format: str) -> Iterator[Record]:
    """One record for every row of the split, and for each stretch that is lost."""
    with open_input(split.uri) as file:
        for row in _rows(file, split, options):
            if isinstance(row, Quarantined):
                yield row
            else:
                yield record_of_row(row.values, row.reference, options, document_format)


def _splits_of_file(path: InputPath, options: TableOptions) -> list[Split]:
    with open_input(path.uri) as file:
        found = format_of(file, path.uri, options.is_text())
        if found == "parquet":
            return parquet_splits(file, path)
        if found == "arrow_file":
            return arrow_splits(file, path)
    return [Split(uri=path.uri, identity=path.identity, size_bytes=path.size_bytes)]


def _rows(file: BinaryIO, split: Split, options: TableOptions) -> Iterator[TableRow | Quarantined]:
    found = format_of(file, split.uri, options.is_text())
    if found == "parquet":
        return parquet_rows(file, split, options)
    if found == "arrow_file":
        return arrow_file_rows(file, split, options)
    if found == "arrow_stream":
        return arrow_stream_rows(file, split, options)
    if found == "csv":
        return csv_rows(file, split.uri, _dialect(split.uri, options))
    return iter([Quarantined(split.uri, "not_a_table", "neither Parquet nor Arrow, and not named as CSV")])


def _dialect(uri: str, options: TableOptions) -> Dialect:
    is_tabs = any(f"{name}." in f"{uri.lower()}." for name in TAB_NAMES)
    delimiter = options.delimiter or ("\t" if is_tabs else ",")
    return Dialect(delimiter, options.quote, options.escape, options.column_names, options.max_row_bytes)

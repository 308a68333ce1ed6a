"""Source kind `jsonl`: prose from JSON lines, one document an object (Dolma, SlimPajama, FineWeb)."""

from collections.abc import Iterator

from pipelines.document import Quarantined, Record
from pipelines.readers.json_records import JsonlOptions, record_of
from pipelines.readers.jsonl import lines_of, splits_of
from pipelines.source import SourceKind, Split

FORMAT = "page"


def splits(uri: str, _options: JsonlOptions) -> list[Split]:
    """Byte ranges of plain files, and each compressed file."""
    return splits_of(uri)


def read(split: Split, options: JsonlOptions) -> Iterator[Record]:
    """One record for every line that is not blank."""
    for line in lines_of(split, options.max_line_bytes):
        yield line if isinstance(line, Quarantined) else record_of(line, options, FORMAT)


SOURCE = SourceKind(name="jsonl", group="text", options=JsonlOptions, splits=splits, read=read, lists_files=True)

"""Source kind `jsonl_code`: code from JSON lines, one document an object (The Stack, StarCoderData)."""

from collections.abc import Iterator

from pipelines.document import Quarantined, Record
from pipelines.readers.json_records import JsonlCodeOptions, record_of
from pipelines.readers.jsonl import lines_of, splits_of
from pipelines.source import SourceKind, Split

FORMAT = "file"


def splits(uri: str, _options: JsonlCodeOptions) -> list[Split]:
    """Byte ranges of plain files, and each compressed file."""
    return splits_of(uri)


def read(split: Split, options: JsonlCodeOptions) -> Iterator[Record]:
    """One record for every line that is not blank."""
    for line in lines_of(split, options.max_line_bytes):
        yield line if isinstance(line, Quarantined) else record_of(line, options, FORMAT)


SOURCE = SourceKind(
    name="jsonl_code",
    group="code",
    options=JsonlCodeOptions,
    splits=splits,
    read=read,
    code_like=True,
    lists_files=True,
)

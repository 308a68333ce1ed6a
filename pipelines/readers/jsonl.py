"""JSON lines: which files a uri names, the splits they are read in, and the lines of a split with their places.

Plain files are cut into byte ranges; a line belongs to the range in which it begins. A compressed file is one split.
A line's place is `file@offset`, in bytes of uncompressed content. What cannot be read comes as Quarantined: a line
over the limit (`line_too_long`), and what a damaged stream lost, as one record (`broken_compression`).
"""

from collections.abc import Iterator
from typing import NamedTuple

from pipelines.document import Quarantined
from pipelines.readers.compressed import forward_reader, is_compressed
from pipelines.readers.inputs import InputPath, inputs_at, open_input
from pipelines.readers.web.forward_reader import DamagedStream, ForwardReader
from pipelines.source import Split

COMPRESSIONS = ("", ".gz", ".zst", ".bz2", ".xz", ".lz4")
SUFFIXES = tuple(f"{name}{compression}" for name in (".jsonl", ".json", ".ndjson") for compression in COMPRESSIONS)
SPLIT_BYTES = 64 << 20  # below a minute of a task, by far the most of it spent on the text and not here
SKIP_BYTES = 1 << 20  # of a line over the limit, held at once
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line that is not blank, without its line end."""

    reference: str
    data: bytes


def splits_of(uri: str, split_bytes: int = SPLIT_BYTES) -> list[Split]:
    """The splits of a file, a folder (searched with its subfolders) or a glob pattern, by ascending path.

    FileNotFoundError where nothing matches.
    """
    files = inputs_at(uri, SUFFIXES, "JSON lines")
    return [split for file in files for split in _splits_of_file(file, split_bytes)]


def lines_of(split: Split, max_line_bytes: int) -> Iterator[Line | Quarantined]:
    """Every line of the split that is not blank, in order, in memory of a line."""
    offset = split.start
    with open_input(split.uri) as file:
        try:
            reader = forward_reader(file, max(0, split.start - 1))
            if split.start > 0:  # the line that ends at or behind the byte before began in the range before
                offset += skip_line(reader) - 1
            while split.stop is None or offset < split.stop:
                data = reader.readline(max_line_bytes + 1)
                if not data:
                    return
                reference = f"{split.uri}@{offset}"
                offset += len(data)
                if len(data) > max_line_bytes and not data.endswith(b"\n"):
                    offset += skip_line(reader)
                    yield Quarantined(reference, "line_too_long", f"over max_line_bytes = {max_line_bytes}")
                elif line := data.removeprefix(BYTE_ORDER_MARK).strip():
                    yield Line(reference, line)
        except DamagedStream as damaged:
            yield Quarantined(f"{split.uri}@{offset}", "broken_compression", damaged.detail)


def skip_line(reader: ForwardReader) -> int:
    """Passes over the rest of a line and returns how many bytes that were, with the line feed."""
    skipped = 0
    while data := reader.readline(SKIP_BYTES):
        skipped += len(data)
        if data.endswith(b"\n"):
            break
    return skipped


def _splits_of_file(file: InputPath, split_bytes: int) -> list[Split]:
    size_bytes = file.size_bytes
    if size_bytes <= split_bytes or not file.has_ranges or _is_compressed(file.uri):
        return [Split(uri=file.uri, identity=file.identity, size_bytes=size_bytes)]
    ranges = [(start, min(start + split_bytes, size_bytes)) for start in range(0, size_bytes, split_bytes)]
    return [
        Split(uri=file.uri, identity=file.identity, size_bytes=stop - start, start=start, stop=stop)
        for start, stop in ranges
    ]


def _is_compressed(uri: str) -> bool:
    with open_input(uri) as file:
        return is_compressed(file)

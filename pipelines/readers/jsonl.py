"""JSON lines: which files a uri names, the splits they are read in, and the lines of a split with their places.

Plain files are cut into byte ranges; a line belongs to the range in which it begins. A compressed file is one split.
A line's place is `file@offset`, in bytes of uncompressed content. What cannot be read comes as Quarantined: a line
over the limit (`line_too_long`), and what a damaged stream lost, as one record (`broken_compression`).
"""

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipelines.document import Quarantined
from pipelines.readers.web.forward_reader import GZIP_MAGIC, LZ4_MAGIC, ZSTD_MAGIC, DamagedStream, ForwardReader
from pipelines.source import Split

SUFFIXES = tuple(f"{name}{compression}" for name in (".jsonl", ".json") for compression in ("", ".gz", ".zst"))
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
    paths = _paths(uri)
    if not paths:
        raise FileNotFoundError(
            f"no JSON lines at {uri!r}: give a file, a glob pattern that matches files, or a folder "
            f"with files named {', '.join('*' + suffix for suffix in SUFFIXES)}"
        )
    return [split for path in paths for split in _splits_of_file(path, split_bytes)]


def lines_of(split: Split, max_line_bytes: int) -> Iterator[Line | Quarantined]:
    """Every line of the split that is not blank, in order, in memory of a line."""
    offset = split.start
    with open(split.uri, "rb") as file:
        reader = ForwardReader(file, max(0, split.start - 1))
        try:
            if split.start > 0:  # the line that ends at or behind the byte before began in the range before
                offset += _skip_line(reader) - 1
            while split.stop is None or offset < split.stop:
                data = reader.readline(max_line_bytes + 1)
                if not data:
                    return
                reference = f"{split.uri}@{offset}"
                offset += len(data)
                if len(data) > max_line_bytes and not data.endswith(b"\n"):
                    offset += _skip_line(reader)
                    yield Quarantined(reference, "line_too_long", f"over max_line_bytes = {max_line_bytes}")
                elif line := data.removeprefix(BYTE_ORDER_MARK).strip():
                    yield Line(reference, line)
        except DamagedStream as damaged:
            yield Quarantined(f"{split.uri}@{offset}", "broken_compression", damaged.detail)


def _skip_line(reader: ForwardReader) -> int:
    """Passes over the rest of a line and returns how many bytes that were, with the line feed."""
    skipped = 0
    while data := reader.readline(SKIP_BYTES):
        skipped += len(data)
        if data.endswith(b"\n"):
            break
    return skipped


def _paths(uri: str) -> list[Path]:
    path = Path(uri)
    if path.is_file():
        return [path]
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.name.endswith(SUFFIXES) and file.is_file())
    return sorted(file for file in map(Path, glob.glob(uri, recursive=True)) if file.is_file())


def _splits_of_file(path: Path, split_bytes: int) -> list[Split]:
    status = path.stat()
    identity = f"{path.name}:{status.st_size}:{status.st_mtime_ns}"
    if _is_compressed(path) or status.st_size <= split_bytes:
        return [Split(uri=str(path), identity=identity, size_bytes=status.st_size)]
    ranges = [(start, min(start + split_bytes, status.st_size)) for start in range(0, status.st_size, split_bytes)]
    return [
        Split(uri=str(path), identity=identity, size_bytes=stop - start, start=start, stop=stop)
        for start, stop in ranges
    ]


def _is_compressed(path: Path) -> bool:
    """By the first bytes, as ForwardReader sees it, whatever the name says."""
    with path.open("rb") as file:
        return file.read(len(ZSTD_MAGIC)).startswith((GZIP_MAGIC, LZ4_MAGIC, ZSTD_MAGIC))

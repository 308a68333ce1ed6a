"""Event archives as lines: which files a uri names, and their lines with the place of each.

An archive is a file of one JSON event a line, gzipped (`2025-03-01-10.json.gz`) or plain (`.json`). Lines
come with the reference `file:line`; what cannot be read comes as Quarantined: a line over the cap, and a
broken gzip tail, which counts for one record (the line that it cut off).
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelines.document import Quarantined
from pipelines.readers.inputs import InputPath, inputs_at, open_input

TABLE_SUFFIXES = (".csv", ".csv.gz")  # tables of REST answers
ARCHIVE_SUFFIXES = (".json.gz", ".json", ".jsonl.gz", ".jsonl", *TABLE_SUFFIXES)
MAX_LINE_BYTES = 64 << 20  # the longest event seen in public archives is below 10 MiB
PIECE_BYTES = 1 << 18


class Line(NamedTuple):
    """One line of an archive, without its line end, and where it stands."""

    reference: str
    data: bytes


def archive_files(uri: str) -> list[InputPath]:
    """The files of `uri` (a file, a folder or a pattern) by ascending name; FileNotFoundError if none."""
    return inputs_at(uri, ARCHIVE_SUFFIXES, "event archive")


def identity_of(files: Iterable[InputPath]) -> str:
    """A hash over the files' identities: another input, another identity."""
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(f"{file.identity}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def file_lines(file: InputPath, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[Line | Quarantined]:
    """Every line of `file` that is not blank, in order, streamed."""
    number = 0
    try:
        for number, data in enumerate(split_lines(_pieces(file.uri), max_line_bytes), 1):
            if data is None:
                detail = f"longer than {max_line_bytes} bytes"
                yield Quarantined(f"{file.uri}:{number}", "line_too_long", detail)
            elif data.strip():
                yield Line(f"{file.uri}:{number}", data)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        yield Quarantined(f"{file.uri}:{number + 1}", "broken_gzip", str(error))


def _pieces(uri: str) -> Iterator[bytes]:
    """The file's bytes, decompressed, in pieces of bounded size whatever the compression ratio."""
    with open_input(uri) as stream:
        if not uri.endswith(".gz"):
            while piece := stream.read(PIECE_BYTES):
                yield piece
            return
        with gzip.GzipFile(fileobj=stream, mode="rb") as unzipped:
            while piece := unzipped.read1(PIECE_BYTES):
                yield piece


def split_lines(pieces: Iterable[bytes], max_line_bytes: int) -> Iterator[bytes | None]:
    """The lines of the bytes in `pieces`, without their ends; None for a line over `max_line_bytes`."""
    pending: list[bytes] = []
    pending_bytes = 0
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for part in ended:
            pending.append(part)
            yield b"".join(pending) if pending_bytes + len(part) <= max_line_bytes else None
            pending, pending_bytes = [], 0
        pending.append(rest)
        pending_bytes += len(rest)
        if pending_bytes > max_line_bytes:
            pending.clear()
    if pending_bytes:
        yield b"".join(pending) if pending_bytes <= max_line_bytes else None

"""Event archives as lines: which files a uri names, and their lines with the place of each.

An archive is a file of one JSON event a line, gzipped (`2025-03-01-10.json.gz`) or plain (`.json`). Lines
come with the reference `file:line`; what cannot be read comes as Quarantined: a line over the cap, and a
broken gzip tail, which counts for one record (the line that it cut off).
"""

import fnmatch
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

import pyarrow.fs

from mixer.storage import resolve
from pipelines.document import Quarantined

ARCHIVE_SUFFIXES = (".json.gz", ".json")
MAX_LINE_BYTES = 64 << 20  # the longest event seen in public archives is below 10 MiB
PIECE_BYTES = 1 << 18
_WILDCARDS = frozenset("*?[")


class ArchiveFile(NamedTuple):
    """One file of an input; `name` is its path below what the uri names."""

    path: str
    name: str
    size_bytes: int
    modified_ns: int


class Line(NamedTuple):
    """One line of an archive, without its line end, and where it stands."""

    reference: str
    data: bytes


def archive_files(uri: str) -> list[ArchiveFile]:
    """The files of `uri` (a file, a directory searched to its leaves, or a glob), by ascending name.

    A glob matches path component by path component; `*` does not cross a slash. Raises FileNotFoundError
    where nothing matches.
    """
    filesystem, path = resolve(uri)
    base, matches = _base_and_matches(filesystem, path)
    files = [
        ArchiveFile(info.path, _below(base, info.path), info.size, info.mtime_ns or 0)
        for info in matches
        if info.type == pyarrow.fs.FileType.File
    ]
    if not files:
        raise FileNotFoundError(
            f"no event archive at {uri}: found no file, no directory with {' or '.join(ARCHIVE_SUFFIXES)} "
            "files and no match of the pattern; correct the source's uri"
        )
    return sorted(files, key=lambda file: file.name)


def identity_of(files: Iterable[ArchiveFile]) -> str:
    """A hash over names, sizes and modification times: another input, another identity."""
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(f"{file.name}\0{file.size_bytes}\0{file.modified_ns}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def archive_lines(
    uri: str, files: Iterable[ArchiveFile], max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[Line | Quarantined]:
    """Every line that is not blank of `files` of `uri`, in order, streamed."""
    filesystem, _ = resolve(uri)
    for file in files:
        yield from _lines_of_file(filesystem, file.path, max_line_bytes)


def _lines_of_file(filesystem: pyarrow.fs.FileSystem, path: str, max_line_bytes: int) -> Iterator[Line | Quarantined]:
    number = 0
    try:
        for number, data in enumerate(split_lines(_pieces(filesystem, path), max_line_bytes), 1):
            if data is None:
                detail = f"longer than {max_line_bytes} bytes"
                yield Quarantined(f"{path}:{number}", "line_too_long", detail)
            elif data.strip():
                yield Line(f"{path}:{number}", data)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        yield Quarantined(f"{path}:{number + 1}", "broken_gzip", str(error))


def _pieces(filesystem: pyarrow.fs.FileSystem, path: str) -> Iterator[bytes]:
    """The file's bytes, decompressed, in pieces of bounded size whatever the compression ratio."""
    with filesystem.open_input_stream(path, compression=None) as stream:
        if not path.endswith(".gz"):
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


def _base_and_matches(filesystem: pyarrow.fs.FileSystem, path: str) -> tuple[str, list[pyarrow.fs.FileInfo]]:
    """The folder that names are relative to, and what `path` matches as a file, a directory or a glob."""
    path = path.rstrip("/") or "/"
    info = filesystem.get_file_info(path)
    if info.type == pyarrow.fs.FileType.File:
        return str(PurePosixPath(path).parent), [info]
    if info.type == pyarrow.fs.FileType.Directory:
        found = _files_below(filesystem, path)
        return path, [entry for entry in found if entry.path.endswith(ARCHIVE_SUFFIXES)]
    base = _folder_before_wildcards(path)
    return base, [entry for entry in _files_below(filesystem, base) if _matches(entry.path, path)]


def _files_below(filesystem: pyarrow.fs.FileSystem, folder: str) -> list[pyarrow.fs.FileInfo]:
    selector = pyarrow.fs.FileSelector(folder, allow_not_found=True, recursive=True)
    return list(filesystem.get_file_info(selector))


def _folder_before_wildcards(pattern: str) -> str:
    """The longest leading folder of `pattern` that holds no wildcard."""
    parts = PurePosixPath(pattern).parts[:-1]
    wild = (index for index, part in enumerate(parts) if _WILDCARDS & set(part))
    return str(PurePosixPath(*parts[: next(wild, len(parts))]))


def _matches(path: str, pattern: str) -> bool:
    parts, pattern_parts = PurePosixPath(path).parts, PurePosixPath(pattern).parts
    return len(parts) == len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))


def _below(base: str, path: str) -> str:
    return str(PurePosixPath(path).relative_to(base))

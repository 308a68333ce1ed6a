"""Input files of every source: which ones a uri names, and opening them, on disk, in an object store or on the web.

A uri is a file, a folder (searched with its subfolders) or a glob pattern (`**` crosses folders, `*` does not), local
or `s3://`; or the address of one file on the web, `https://`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple, cast

import fsspec
import pyarrow.fs

from mixer.storage import resolve

WEB = ("https://", "http://")
WEB_BLOCK_BYTES = 4 << 20  # fetched at once, ahead of the reader
_WILDCARD = re.compile(r"[*?\[]")


class InputPath(NamedTuple):
    """One file of an input; `name` is its path below what the uri names, `identity` changes with its content."""

    uri: str
    name: str
    size_bytes: int
    identity: str


def inputs_at(uri: str, suffixes: tuple[str, ...], what: str) -> list[InputPath]:
    """The files of `uri` by ascending name; in a folder those that end in one of `suffixes`, and no hidden ones.

    FileNotFoundError, naming `what` was looked for, where there is none.
    """
    found = _on_the_web(uri) if uri.startswith(WEB) else sorted(_stored(uri, suffixes), key=lambda file: file.name)
    if not found:
        raise FileNotFoundError(
            f"no {what} at {uri!r}: give a file, a glob pattern that matches files, or a folder "
            f"with files named {', '.join('*' + suffix for suffix in suffixes)}"
        )
    return found


def open_input(uri: str) -> BinaryIO:
    """The file at `uri` for reading, with `seek`; what is read is not decompressed."""
    if uri.startswith(WEB):
        return cast(BinaryIO, fsspec.open(uri, "rb", block_size=WEB_BLOCK_BYTES).open())
    filesystem, path = resolve(uri)
    if isinstance(filesystem, pyarrow.fs.LocalFileSystem):
        return open(path, "rb")
    return cast(BinaryIO, filesystem.open_input_file(path))


def _stored(uri: str, suffixes: tuple[str, ...]) -> Iterator[InputPath]:
    filesystem, path = resolve(uri)
    path = path.rstrip("/") or "/"
    info = filesystem.get_file_info(path)
    prefix = uri[: uri.index("://") + 3] if "://" in uri else ""
    if info.type == pyarrow.fs.FileType.File:
        yield _input(prefix, str(PurePosixPath(path).parent), info)
    elif info.type == pyarrow.fs.FileType.Directory:
        for entry in _files_below(filesystem, path):
            below = PurePosixPath(entry.path).relative_to(path)
            if entry.path.endswith(suffixes) and not any(part.startswith(".") for part in below.parts):
                yield _input(prefix, path, entry)
    elif _WILDCARD.search(path):
        folder = _folder_before_wildcards(path)
        for entry in _files_below(filesystem, folder):
            if _pattern(path).fullmatch(entry.path):
                yield _input(prefix, folder, entry)


def _input(prefix: str, folder: str, info: pyarrow.fs.FileInfo) -> InputPath:
    name = str(PurePosixPath(info.path).relative_to(folder))
    identity = f"{name}:{info.size}:{info.mtime_ns or 0}"
    return InputPath(f"{prefix}{info.path}", name, info.size, identity)


def _files_below(filesystem: pyarrow.fs.FileSystem, folder: str) -> list[pyarrow.fs.FileInfo]:
    selector = pyarrow.fs.FileSelector(folder, allow_not_found=True, recursive=True)
    return [info for info in filesystem.get_file_info(selector) if info.type == pyarrow.fs.FileType.File]


def _folder_before_wildcards(pattern: str) -> str:
    parts = PurePosixPath(pattern).parts
    wild = next(index for index, part in enumerate(parts) if _WILDCARD.search(part))
    return str(PurePosixPath(*parts[:wild])) if wild else "."


@lru_cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """A glob pattern as an expression over whole paths."""
    pieces = []
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", pattern, re.DOTALL):
        if part in ("**/", "**"):
            pieces.append("(?:.*/)?" if part == "**/" else ".*")
        elif part in "*?":
            pieces.append("[^/]*" if part == "*" else "[^/]")
        elif len(part) > 1:
            pieces.append(f"[{'^' if part[1] == '!' else ''}{re.escape(part[1:-1].lstrip('!'))}]".replace(r"\-", "-"))
        else:
            pieces.append(re.escape(part))
    return re.compile("".join(pieces), re.DOTALL)


def _on_the_web(address: str) -> list[InputPath]:
    """The one file of an address; its identity is the server's tag or date, beside the size."""
    try:
        info = fsspec.filesystem("https").info(address)
    except (OSError, ValueError) as error:
        raise FileNotFoundError(f"{address} cannot be fetched: {error}") from error
    version = info.get("ETag") or info.get("Last-Modified") or ""
    size_bytes = int(info.get("size") or 0)
    name = PurePosixPath(info["name"]).name
    return [InputPath(address, name, size_bytes, f"{name}:{size_bytes}:{version}")]

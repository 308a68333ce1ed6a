"""Files below a folder or matching a glob pattern, on disk or in an object store: one way to list, one to match.

`*`, `?` and `[...]` stay within a folder's name, a part `**` stands for any number of folders. Hidden names (a leading
dot) are found only by a pattern part that begins with a dot. Links to files are followed; links to folders are where
the pattern names their level, and not by `**` or in the search of a folder: a loop would not end, and a file would be
read twice.
"""

import os
import re
import stat
from collections.abc import Iterator
from fnmatch import translate
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

import pyarrow.fs

from mixer.object_store.client import Found
from mixer.object_store.filesystem import ObjectStoreHandler

_WILDCARD = re.compile(r"[*?\[]")


class Listed(NamedTuple):
    """A file or folder; `version` changes when the file's content does, as far as the store tells."""

    path: str
    is_folder: bool
    is_link: bool
    size_bytes: int
    version: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


class Store(Protocol):
    """What is asked of a disk or an object store."""

    def at(self, path: str) -> Listed | None:
        """The file or folder at `path`; None where there is none."""

    def within(self, folder: str) -> list[Listed]:
        """The files and folders directly in `folder` by name; empty where there is no such folder."""


class Disk:
    """The local disk. What is neither file nor folder (a pipe, a device) is not there."""

    def at(self, path: str) -> Listed | None:
        """See Store."""
        try:
            return _listed(path, os.stat(path), os.path.islink(path))
        except (OSError, ValueError):
            return None

    def within(self, folder: str) -> list[Listed]:
        """See Store. FileNotFoundError for a link that leads nowhere or in a circle, ValueError for a name that is no
        text: nothing is left out silently.
        """
        try:
            names = sorted(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = (self._entry(os.path.join(folder, name)) for name in names)
        return [entry for entry in found if entry is not None]

    def _entry(self, path: str) -> Listed | None:
        try:
            status = os.stat(path)
        except OSError:
            status = None
        return _listed(path, status, os.path.islink(path))


def _listed(path: str, status: os.stat_result | None, is_link: bool) -> Listed | None:
    if status is None:  # told only where it is asked for, see `readable`
        return Listed(path, False, is_link, -1, "") if is_link else None
    is_folder = stat.S_ISDIR(status.st_mode)
    if not is_folder and not stat.S_ISREG(status.st_mode):
        return None
    return Listed(path, is_folder, is_link, status.st_size, str(status.st_mtime_ns))


class ArrowStore:
    """A filesystem of pyarrow's."""

    def __init__(self, filesystem: pyarrow.fs.FileSystem) -> None:
        self._filesystem = filesystem

    def at(self, path: str) -> Listed | None:
        """See Store."""
        info = self._filesystem.get_file_info(path)
        return None if info.type == pyarrow.fs.FileType.NotFound else _stored(info)

    def within(self, folder: str) -> list[Listed]:
        """See Store."""
        selector = pyarrow.fs.FileSelector(folder, allow_not_found=True)
        return sorted((_stored(info) for info in self._filesystem.get_file_info(selector)), key=lambda item: item.path)


class StoredObjects:
    """An object store, by paths that begin with the bucket; `version` is the object's tag, which is of its content."""

    def __init__(self, handler: ObjectStoreHandler) -> None:
        self._handler = handler

    def at(self, path: str) -> Listed | None:
        """See Store."""
        bucket, _, key = path.partition("/")
        found = self._handler.store.head(bucket, key) if key else None
        if found is not None:
            return _object(bucket, found)
        is_there = any(self._handler.within(bucket, f"{key}/" if key else ""))
        return Listed(path, True, False, 0, "") if is_there else None

    def within(self, folder: str) -> list[Listed]:
        """See Store."""
        bucket, _, key = folder.partition("/")
        found = self._handler.within(bucket, f"{key}/" if key else "")
        return sorted((_object(bucket, entry) for entry in found), key=lambda item: item.path)


def _object(bucket: str, found: Found) -> Listed:
    version = found.tag or str(round(found.modified_seconds * 1e9))
    return Listed(f"{bucket}/{found.key.removesuffix('/')}", found.is_folder, False, found.size_bytes, version)


def _stored(info: pyarrow.fs.FileInfo) -> Listed:
    is_folder = info.type == pyarrow.fs.FileType.Directory
    return Listed(info.path, is_folder, False, info.size or 0, str(info.mtime_ns or 0))


def files_in(store: Store, folder: str, suffixes: tuple[str, ...]) -> Iterator[Listed]:
    """The files in `folder` and its subfolders whose names end in one of `suffixes`, but hidden ones."""
    for entry in store.within(folder):
        if entry.name.startswith("."):
            continue
        if not entry.is_folder:
            if entry.name.endswith(suffixes):
                yield readable(entry)
        elif not entry.is_link:
            yield from files_in(store, entry.path, suffixes)


def is_pattern(path: str) -> bool:
    """Whether there is a wildcard in `path`."""
    return _WILDCARD.search(path) is not None


def folder_of(pattern: str) -> str:
    """The folder before the first part with a wildcard."""
    return str(PurePosixPath(*_parts(pattern)[0]))


def files_matching(store: Store, pattern: str) -> Iterator[Listed]:
    """The files whose path matches the glob `pattern`, each once."""
    _, parts = _parts(pattern)
    yield from _matching(store, folder_of(pattern), parts, set())


def readable(entry: Listed) -> Listed:
    """The file as it was found; FileNotFoundError or ValueError where it cannot be read or named."""
    if entry.size_bytes < 0:
        raise FileNotFoundError(f"{entry.path} is a link that leads nowhere: restore what it points to, or remove it")
    try:
        entry.path.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the name of {entry.path!r} is no UTF-8: rename the file") from error
    return entry


def _parts(pattern: str) -> tuple[list[str], list[str]]:
    """The parts before the first with a wildcard, and the others."""
    parts = list(PurePosixPath(pattern).parts)
    wild = next((index for index, part in enumerate(parts) if is_pattern(part)), len(parts) - 1)
    return parts[:wild], parts[wild:]


def _matching(store: Store, folder: str, parts: list[str], seen: set[tuple[str, int]]) -> Iterator[Listed]:
    """`seen` has the folders that were searched, each with the number of parts still to match."""
    if (folder, len(parts)) in seen:
        return
    seen.add((folder, len(parts)))
    first, rest = parts[0], parts[1:]
    if first == "**" and rest:
        yield from _matching(store, folder, rest, seen)
    for entry in store.within(folder):
        if not _matches(entry.name, first):
            continue
        if not entry.is_folder:
            if not rest:
                yield readable(entry)
        elif first == "**":
            if not entry.is_link:
                yield from _matching(store, entry.path, parts, seen)
        elif rest:
            yield from _matching(store, entry.path, rest, seen)


def _matches(name: str, part: str) -> bool:
    return name.startswith(".") == part.startswith(".") and _expression(part).match(name) is not None


@lru_cache
def _expression(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))

"""Input files of every source: which ones a uri names, and opening them, on disk, in an object store or on the web.

A uri is a file, a folder (searched with its subfolders) or a glob pattern, local or `s3://`; or the address of one file
on the web, `https://`. A file whose very name has wildcards is that file. What fails for a moment on a network is tried
again, so a task goes on where it was.
"""

import hashlib
import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import unquote, urlsplit

import pyarrow.fs

from mixer.object_store.errors import StoreError
from mixer.object_store.filesystem import ObjectStoreHandler, handler_of
from mixer.object_store.object_file import ObjectFile
from mixer.storage import resolve
from pipelines.readers.dated_inputs import taken_apart
from pipelines.readers.file_listing import (
    ArrowStore,
    Disk,
    Listed,
    Store,
    StoredObjects,
    files_in,
    files_matching,
    folder_of,
    is_pattern,
    readable,
)
from pipelines.readers.resuming import Interrupted, Unreachable, buffered
from pipelines.readers.web_file import WebFile

WEB = ("https://", "http://")
TAGS_AT_ONCE = 32  # requests for the tags of an object store's files, each some 30 ms
PIECE_BYTES = 4 << 20
STORED_BUFFER_BYTES = 256 << 10  # small reads are served from it; the object's own pieces are larger
SPOOLED_IN_MEMORY_BYTES = 8 << 20


class InputPath(NamedTuple):
    """One file of an input; `name` is its path below what the uri names, `identity` changes with its content.

    `has_ranges` is False for a file that can only be had whole: it is no use to read it in several splits.
    """

    uri: str
    name: str
    size_bytes: int
    identity: str
    has_ranges: bool = True


def inputs_at(uri: str, suffixes: tuple[str, ...], what: str) -> list[InputPath]:
    """The files of `uri` by ascending name; in a folder those that end in one of `suffixes`, and no hidden ones.

    FileNotFoundError, naming `what` was looked for, where there is none or one is a link to nothing; ValueError for an
    address or a file name that is not allowed, and for files without the time by which a uri chooses among them.
    """
    choice = taken_apart(uri)
    uri = choice.uri
    found = [_on_the_web(uri)] if uri.startswith(WEB) else sorted(_stored(uri, suffixes), key=lambda file: file.name)
    if not found:
        raise FileNotFoundError(
            f"no {what} at {uri!r}: give a file, a glob pattern that matches files, or a folder "
            f"with files named {', '.join('*' + suffix for suffix in suffixes)}"
        )
    return choice.chosen(found)


def open_input(uri: str) -> BinaryIO:
    """The file at `uri` for reading, with `seek`; what is read is not decompressed.

    FileNotFoundError where it is gone; OSError when a network fails for longer than a minute or two.
    """
    if uri.startswith(WEB):
        remote = WebFile(uri)
        return cast(BinaryIO, buffered(remote)) if remote.info.has_ranges else _whole(remote)
    filesystem, path = resolve(uri)
    if isinstance(filesystem, pyarrow.fs.LocalFileSystem):
        return open(path, "rb")
    if handler := handler_of(filesystem):
        return cast(BinaryIO, _stored_object(handler, path))
    return cast(BinaryIO, buffered(_StoredFile(uri, filesystem, path)))


def _stored_object(handler: ObjectStoreHandler, path: str) -> io.BufferedReader:
    """An object for reading through, whose reads are resumed by the store's own client."""
    bucket, _, key = path.partition("/")
    try:
        return io.BufferedReader(_Object(handler.store, bucket, key, "start"), STORED_BUFFER_BYTES)
    except StoreError as error:
        raise Unreachable(f"{error}") from error


class _Object(ObjectFile):
    """What the store cannot give is Unreachable, which no reader takes for damage."""

    def readinto(self, buffer: Any) -> int:
        """See ObjectFile."""
        try:
            return super().readinto(buffer)
        except StoreError as error:
            raise Unreachable(f"{error}") from error

    def readall(self) -> bytes:
        """See ObjectFile."""
        try:
            return super().readall()
        except StoreError as error:
            raise Unreachable(f"{error}") from error


class _StoredFile:
    """A file of another filesystem of Arrow's (`gs://` ...); see `pipelines.readers.resuming.Remote`."""

    def __init__(self, uri: str, filesystem: pyarrow.fs.FileSystem, path: str) -> None:
        self.name = uri
        self._filesystem = filesystem
        self._path = path
        self._file = filesystem.open_input_file(path)
        self.size_bytes = int(self._file.size())

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """See Remote."""
        try:
            data = bytes(self._file.read_at(size_bytes, offset))
        except (FileNotFoundError, PermissionError):
            raise
        except OSError as error:
            raise Interrupted(str(error)[:300]) from error
        if not data:
            raise Interrupted("nothing came")
        return data

    def close(self) -> None:
        """See Remote."""
        self._file.close()


def _stored(uri: str, suffixes: tuple[str, ...]) -> list[InputPath]:
    filesystem, path = resolve(uri)
    path = path.rstrip("/") or "/"
    is_local = isinstance(filesystem, pyarrow.fs.LocalFileSystem)
    handler = handler_of(filesystem)
    store: Store = Disk() if is_local else StoredObjects(handler) if handler else ArrowStore(filesystem)
    at = store.at(path)
    if at is not None and not at.is_folder:
        folder, found = str(PurePosixPath(path).parent), [readable(at)]
    elif at is not None:
        folder, found = path, list(files_in(store, path, suffixes))
    elif is_pattern(path):
        folder, found = folder_of(path), list(files_matching(store, path))
    else:
        return []
    if is_local:
        return [_input("", folder, file, file.version) for file in found]
    prefix, query = uri[: uri.index("://") + 3], _query(uri, path)
    if isinstance(store, StoredObjects):  # its listing has the tags
        return [
            _input(prefix, folder, file, file.version)._replace(uri=f"{prefix}{file.path}{query}") for file in found
        ]
    with ThreadPoolExecutor(TAGS_AT_ONCE) as pool:
        versions = pool.map(lambda file: _tag(filesystem, file), found)
        named = list(zip(found, versions, strict=True))
    return [
        _input(prefix, folder, file, version)._replace(uri=f"{prefix}{file.path}{query}") for file, version in named
    ]


def _query(uri: str, path: str) -> str:
    """What stands behind the path in a uri: settings of the store (`?region=...`)."""
    _, found, query = uri.rpartition("?")
    return f"?{query}" if found and not path.endswith(f"?{query}") else ""


def _input(prefix: str, folder: str, file: Listed, version: str) -> InputPath:
    name = str(PurePosixPath(file.path).relative_to(folder))
    return InputPath(f"{prefix}{file.path}", name, file.size_bytes, f"{name}:{file.size_bytes}:{version}")


def _tag(filesystem: pyarrow.fs.FileSystem, file: Listed) -> str:
    """The object's tag, which is of its content; its date, in whole seconds, where the store has none."""
    with filesystem.open_input_file(file.path) as opened:
        metadata = opened.metadata() or {}
    return str(metadata.get("ETag", b"").decode("latin-1")) or file.version


def _on_the_web(address: str) -> InputPath:
    """The one file of an address; its identity is the server's tag or date beside the size, else a digest."""
    try:
        remote = WebFile(address)
    except OSError as error:
        raise FileNotFoundError(f"{address} cannot be fetched: {error}") from error
    try:
        name = PurePosixPath(unquote(urlsplit(address).path)).name or "index"
        size_bytes, version, has_ranges = remote.info
        version = version or _digest(cast(BinaryIO, buffered(remote)))
    finally:
        remote.close()
    return InputPath(address, name, size_bytes, f"{name}:{size_bytes}:{version}", has_ranges)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def _whole(remote: WebFile) -> BinaryIO:
    """A file that the server gives only whole, on this disk until it is closed."""
    kept = tempfile.SpooledTemporaryFile(SPOOLED_IN_MEMORY_BYTES)  # noqa: SIM115 - the reader closes it
    with buffered(remote) as file:
        while piece := file.read(PIECE_BYTES):
            kept.write(piece)
    kept.seek(0)
    return cast(BinaryIO, kept)

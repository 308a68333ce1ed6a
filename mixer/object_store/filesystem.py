"""The object store as one of Arrow's filesystems, for all that reads and lists through `storage.resolve`."""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.fs

from mixer.object_store.client import Found, ObjectStore
from mixer.object_store.object_file import ObjectFile
from mixer.object_store.upload import Upload

File, Directory, NotFound = pyarrow.fs.FileType.File, pyarrow.fs.FileType.Directory, pyarrow.fs.FileType.NotFound


class ObjectStoreHandler(pyarrow.fs.FileSystemHandler):  # type: ignore[misc]  # pyarrow has no types
    """Paths are `bucket/key`. Folders are what keys have in common; there is nothing to create or delete of them."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectStoreHandler) and self.store.settings == other.store.settings

    __hash__ = None  # type: ignore[assignment]

    def get_type_name(self) -> str:
        """See pyarrow.fs.FileSystemHandler, also below."""
        return "object-store"

    def normalize_path(self, path: str) -> str:
        """As it stands: two slashes are two slashes in a key."""
        return path

    def get_file_info(self, paths: list[str]) -> list[pyarrow.fs.FileInfo]:
        """What is at each path: a file, a folder that holds some, or nothing."""
        return [self._info(path) for path in paths]

    def get_file_info_selector(self, selector: pyarrow.fs.FileSelector) -> list[pyarrow.fs.FileInfo]:
        """What is in a folder, by one request a thousand entries."""
        bucket, key = _split(selector.base_dir)
        prefix = f"{key.rstrip('/')}/" if key else ""
        found = list(self.within(bucket, prefix, recursive=selector.recursive))
        if not found and not selector.allow_not_found:
            raise FileNotFoundError(f"no folder at {selector.base_dir}")
        return [_info_of(bucket, entry) for entry in found]

    def within(self, bucket: str, prefix: str, recursive: bool = False) -> Iterator[Found]:
        """Files and folders below `prefix`, without the empty objects by which some tools mark folders."""
        for entry in self.store.listing(bucket, prefix, delimiter="" if recursive else "/"):
            if entry.is_folder or not (entry.key == prefix or entry.key.endswith("/")):
                yield entry

    def open_input_stream(self, path: str) -> pa.NativeFile:
        """For reading through."""
        return pa.PythonFile(ObjectFile(self.store, *_split(path), "start"), mode="r")

    def open_input_file(self, path: str) -> pa.NativeFile:
        """For reading here and there, the footer first."""
        return pa.PythonFile(ObjectFile(self.store, *_split(path), "end"), mode="r")

    def open_output_stream(self, path: str, metadata: Any) -> pa.NativeFile:
        """Refused: Arrow completes what it drops, so half a file would appear. `storage.AtomicSink` writes."""
        raise NotImplementedError("object stores are written through storage.AtomicSink")

    def open_append_stream(self, path: str, metadata: Any) -> pa.NativeFile:
        """Refused: an object is written whole."""
        raise NotImplementedError("an object is written whole")

    def delete_file(self, path: str) -> None:
        """FileNotFoundError where there is none, as on a disk; the store itself would not say."""
        bucket, key = _split(path)
        if self.store.head(bucket, key) is None:
            raise FileNotFoundError(f"no file at s3://{path}")
        self.store.delete(bucket, key)

    def delete_dir(self, path: str) -> None:
        """Every object below."""
        bucket, key = _split(path)
        if not key:
            raise ValueError(f"s3://{bucket}: a bucket is not emptied from here")
        for entry in list(self.store.listing(bucket, f"{key.rstrip('/')}/", delimiter="")):
            self.store.delete(bucket, entry.key)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:  # noqa: ARG002 - Arrow's
        """As delete_dir: a folder is what it holds."""
        self.delete_dir(path)

    def delete_root_dir_contents(self) -> None:
        """Refused."""
        raise NotImplementedError("buckets are not emptied from here")

    def create_dir(self, path: str, recursive: bool) -> None:
        """Nothing: a key needs no folder."""

    def move(self, src: str, dest: str) -> None:
        """Refused: an object has no other name."""
        raise NotImplementedError("an object cannot be renamed")

    def copy_file(self, src: str, dest: str) -> None:
        """Through this process, in pieces."""
        source = ObjectFile(self.store, *_split(src), "start")
        upload = Upload(self.store, *_split(dest))
        try:
            while piece := source.read(4 << 20):
                upload.write(memoryview(piece))
        except BaseException:
            upload.abandon()
            raise
        upload.commit()

    def _info(self, path: str) -> pyarrow.fs.FileInfo:
        bucket, key = _split(path)
        found = self.store.head(bucket, key) if key and not key.endswith("/") else None
        if found is not None:
            return _info_of(bucket, found)
        prefix = f"{key.rstrip('/')}/" if key else ""
        if not key:
            self.store.check_bucket(bucket)
        is_folder = not key or any(self.store.listing(bucket, prefix, delimiter="", limit=1))
        return pyarrow.fs.FileInfo(path, Directory if is_folder else NotFound)


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.partition("/")
    return bucket, key


def _info_of(bucket: str, found: Found) -> pyarrow.fs.FileInfo:
    path = f"{bucket}/{re.sub('/$', '', found.key)}"
    if found.is_folder:
        return pyarrow.fs.FileInfo(path, Directory)
    return pyarrow.fs.FileInfo(path, File, size=found.size_bytes, mtime_ns=round(found.modified_seconds * 1e9))


def handler_of(filesystem: pyarrow.fs.FileSystem) -> ObjectStoreHandler | None:
    """The handler of a filesystem that is an object store of ours; None of others."""
    handler = getattr(filesystem, "handler", None)
    return handler if isinstance(handler, ObjectStoreHandler) else None

"""What a sink writes to: files that appear under their name when they are committed, or never."""

import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pyarrow.fs


class Target(Protocol):
    """A file being written."""

    def write(self, view: memoryview) -> None:
        """Append."""

    def commit(self) -> None:
        """The file appears under its name, whole, and in place of the one before."""

    def abandon(self) -> None:
        """Nothing remains."""


class LocalTarget:
    """A file of the local disk, under a temporary name until it is renamed into place; its folders are made."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._written_to = f"{path}.{uuid.uuid4().hex}.tmp"
        filesystem = pyarrow.fs.LocalFileSystem()
        filesystem.create_dir(str(Path(path).parent), recursive=True)
        self._stream = filesystem.open_output_stream(self._written_to, compression=None)

    def write(self, view: memoryview) -> None:
        """See Target."""
        self._stream.write(view)

    def commit(self) -> None:
        """See Target; what is renamed is on the disk before."""
        self._stream.close()
        with open(self._written_to, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(self._written_to, self._path)

    def abandon(self) -> None:
        """See Target."""
        try:
            self._stream.close()
        finally:
            Path(self._written_to).unlink(missing_ok=True)


class ArrowTarget:
    """A file of another filesystem of Arrow's (`gs://` ...), written in place.

    Arrow cannot abort: it completes a stream that is dropped. So what is abandoned is there for a moment, and deleted.
    """

    def __init__(self, filesystem: pyarrow.fs.FileSystem, path: str) -> None:
        self._filesystem, self._path = filesystem, path
        self._stream = filesystem.open_output_stream(path, compression=None)

    def write(self, view: memoryview) -> None:
        """See Target."""
        self._stream.write(view)

    def commit(self) -> None:
        """See Target."""
        self._stream.close()

    def abandon(self) -> None:
        """See Target."""
        try:
            self._stream.close()
        finally:
            with suppress(FileNotFoundError):
                self._filesystem.delete_file(self._path)

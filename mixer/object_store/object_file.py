"""An object as a Python file for reading, with `seek`: few requests, each resumed where a connection breaks."""

from typing import Any, Literal

from mixer.object_store.client import ObjectStore
from mixer.object_store.errors import StoreError
from mixer.object_store.settings import S3
from mixer.seekable_file import SeekableFile

PIECE_BYTES = 8 << 20  # fetched at once where a file is read from its beginning
TAIL_BYTES = 256 << 10  # a Parquet file's footer, and all of a small one


class ObjectFile(SeekableFile):
    """The object at `bucket`, `key`; FileNotFoundError where there is none.

    The first request is for its `start`, for those who read it through, or its `end`, for those who read a footer
    first; the answer says how large it is. A file that is replaced while it is read is a StoreError.
    """

    def __init__(self, store: ObjectStore, bucket: str, key: str, first: Literal["start", "end"]) -> None:
        self._store, self._bucket, self._key = store, bucket, key
        self._held_at, self._held = 0, memoryview(b"")
        begun = store.read(bucket, key, *((0, PIECE_BYTES) if first == "start" else (-TAIL_BYTES, 0)))
        self.size_bytes, self._tag = begun.size_bytes, begun.tag
        self._hold(0 if first == "start" else self.size_bytes - len(begun.data), begun.data)
        self._reads_through = first == "start"

    def size(self) -> int:
        """Bytes in all."""
        return self.size_bytes

    def read(self, size: int | None = -1) -> bytes:
        """All that was asked for, as far as the file goes; not less, as a raw file might."""
        left = max(0, self.size_bytes - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self.read_at(self._at, wanted)
        self._at += len(data)
        return data  # type: ignore[return-value]  # a view: Arrow and callers take any buffer, and nothing is copied

    def readall(self) -> bytes:
        """The rest of the file."""
        return bytes(self.read())

    def readinto(self, buffer: Any) -> int:
        """Fills `buffer` as far as the file goes."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read_at(self, start: int, size_bytes: int) -> memoryview:
        """Bytes from `start`, exactly `size_bytes` of them."""
        stop = start + size_bytes
        if not self._holds(start, stop):
            if self._reads_through and size_bytes < PIECE_BYTES:
                self._fetch_on(start, stop)
            else:
                return memoryview(self._fetched(start, stop))
        return self._held[start - self._held_at : stop - self._held_at]

    def _holds(self, start: int, stop: int) -> bool:
        return start == stop or (self._held_at <= start and stop <= self._held_at + len(self._held))

    def _fetch_on(self, start: int, stop: int) -> None:
        """Hold what is asked for and what probably comes next."""
        held_end = self._held_at + len(self._held)
        kept = bytes(self._held[start - self._held_at :]) if self._held_at <= start < held_end else b""
        begin = start + len(kept)
        end = min(self.size_bytes, max(stop, begin + PIECE_BYTES))
        fetched = self._fetched(begin, end)
        self._hold(start, kept + fetched if kept else fetched)

    def _fetched(self, start: int, stop: int) -> bytes | bytearray:
        found = self._store.read(self._bucket, self._key, start, stop)
        if (found.tag, found.size_bytes) != (self._tag, self.size_bytes):
            raise StoreError(f"{S3}{self._bucket}/{self._key} was replaced while it was read: run again")
        return found.data

    def _hold(self, at: int, data: bytes | bytearray) -> None:
        self._held_at, self._held = at, memoryview(data)

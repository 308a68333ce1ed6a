"""An object being written: in memory while it is small, by a multipart upload that can be aborted beyond that."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from mixer.object_store.client import ObjectStore
from mixer.object_store.errors import StoreError
from mixer.object_store.settings import S3

PART_BYTES = 16 << 20  # S3 takes 5 MiB to 5 GiB, and some stores want all parts equal
MAX_PARTS = 10_000  # S3's limit: 156 GiB


class Upload:
    """Nothing is visible before `commit`, and nothing remains after `abandon`; holds two parts in memory at most."""

    def __init__(self, store: ObjectStore, bucket: str, key: str) -> None:
        self._store, self._bucket, self._key = store, bucket, key
        self._part = bytearray()  # being filled
        self._size_bytes = 0
        self._id: str | None = None  # of the multipart upload
        self._tags: list[str] = []
        self._sender: ThreadPoolExecutor | None = None  # one part travels while the next is filled
        self._sending: Future[str] | None = None

    def write(self, view: memoryview) -> None:
        """Append; sends each part that is full."""
        at = 0
        while at < view.nbytes:
            if len(self._part) == PART_BYTES:
                self._send()
            piece = view[at : at + PART_BYTES - len(self._part)]
            self._part += piece
            at += len(piece)
        self._size_bytes += view.nbytes

    def commit(self) -> None:
        """The object appears, whole, and in place of the one before."""
        if self._id is None:
            self._store.put(self._bucket, self._key, self._part)
            return
        try:
            self._send()
            self._arrived()
            self._store.complete(self._bucket, self._key, self._id, self._tags, self._size_bytes)
        except BaseException:
            self.abandon()
            raise
        self._stop()

    def abandon(self) -> None:
        """Throw away what was sent; where even that fails, it stays invisible until it is collected."""
        self._stop()
        if self._id is not None:
            with suppress(StoreError):
                self._store.abort(self._bucket, self._key, self._id)

    def _send(self) -> None:
        """Hand on the full part, once the one before has arrived."""
        if self._id is None:
            self._id = self._store.start_upload(self._bucket, self._key)
            self._sender = ThreadPoolExecutor(1, "upload")
        self._arrived()
        number = len(self._tags) + 1
        if number > MAX_PARTS:
            limit = MAX_PARTS * PART_BYTES
            raise StoreError(f"{S3}{self._bucket}/{self._key}: more than {limit:,} bytes; write smaller files")
        assert self._sender is not None  # noqa: S101 - with the id
        part, self._part = self._part, bytearray()
        self._sending = self._sender.submit(self._store.upload_part, self._bucket, self._key, self._id, number, part)

    def _arrived(self) -> None:
        if self._sending is not None:
            sending, self._sending = self._sending, None
            self._tags.append(sending.result())

    def _stop(self) -> None:
        """No part travels any more: one that came after the abort would be stored for nothing."""
        if self._sender is not None:
            self._sender.shutdown(wait=True, cancel_futures=True)

"""Bytes of an object, asked for again from where they stopped when a connection breaks in the middle."""

from typing import Any, NamedTuple

from mixer.object_store.errors import ShortAnswer, StoreError, as_told, status_of
from mixer.object_store.retries import Patience
from mixer.object_store.settings import S3

PIECE_BYTES = 1 << 20  # of a body, read at once


class Range(NamedTuple):
    """Bytes of an object, how many it has in all, and the tag of its content."""

    data: bytes | bytearray
    size_bytes: int
    tag: str


class RangeRead:
    """Bytes [start, stop) of an object as far as it goes, or its last `-start` ones where `start` is negative."""

    def __init__(self, client: Any, place: str, bucket: str, key: str, start: int, stop: int) -> None:
        self._client, self._place, self._bucket, self._key = client, place, bucket, key
        self._uri = f"{S3}{bucket}/{key}"
        self._start, self._stop = start, stop
        self._got = bytearray()
        self._size_bytes = -1  # of the object; known with the first answer
        self._tag = ""

    def run(self, seconds: float) -> Range:
        """The bytes. FileNotFoundError where there is no object; StoreError when nothing comes for `seconds`, or where
        the object was replaced meanwhile.
        """
        patience = Patience(self._uri, seconds)
        while not self._is_whole():
            before = len(self._got)
            try:
                self._ask()
            except Exception as error:
                if len(self._got) > before:
                    patience.progressed()
                try:
                    patience.wait_after(error)
                except Exception as final:
                    raise as_told(final, self._uri, self._place) from final
        return Range(self._got, self._size_bytes, self._tag)

    def _is_whole(self) -> bool:
        return self._size_bytes >= 0 and self._start + len(self._got) >= min(self._stop, self._size_bytes)

    def _ask(self) -> None:
        at = self._start + len(self._got)
        wanted = f"bytes={self._start}" if self._start < 0 else f"bytes={at}-{self._stop - 1}"
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key, Range=wanted)
        except Exception as error:
            if status_of(error)[0] != 416:
                raise
            self._find_nothing()  # no byte there: HTTP has no form for an empty range
            return
        first, size_bytes = _content_range(answer)
        tag = answer.get("ETag", "")
        if self._start < 0:
            self._start, self._stop, at = first, size_bytes, first
        if self._size_bytes >= 0 and (tag, size_bytes) != (self._tag, self._size_bytes):
            raise StoreError(f"{self._uri} was replaced while it was read: run again")
        if first != at:
            raise StoreError(
                f"{self._uri}: {self._place} gives bytes from {first} where those from {at} were asked for"
            )
        self._size_bytes, self._tag = size_bytes, tag
        before = len(self._got)
        self._receive(answer["Body"])
        if len(self._got) == before and not self._is_whole():
            raise ShortAnswer("an empty body")

    def _receive(self, body: Any) -> None:
        """Append the body's bytes; those that came before a failure are kept."""
        try:
            while piece := body.read(PIECE_BYTES):
                self._got += piece
        except BaseException:
            body.close()
            raise

    def _find_nothing(self) -> None:
        """No bytes, of an object that ends before `start`."""
        answer = self._client.head_object(Bucket=self._bucket, Key=self._key)
        self._size_bytes, self._tag = int(answer["ContentLength"]), answer.get("ETag", "")
        if self._start < 0 and not self._size_bytes:
            self._start = 0
        if not self._is_whole():
            raise StoreError(f"{self._uri}: {self._place} refuses a range of an object of {self._size_bytes:,} bytes")


def _content_range(answer: dict[str, Any]) -> tuple[int, int]:
    """(first byte, size of the whole object) of an answer; one without a range is the whole object."""
    written = answer.get("ContentRange")
    if not written:
        return 0, int(answer["ContentLength"])
    place, _, total = written.removeprefix("bytes ").partition("/")
    return int(place.partition("-")[0]), int(total)

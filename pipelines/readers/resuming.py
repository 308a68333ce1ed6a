"""Reading over a network: what failed for a moment is asked for again, from the byte where it stopped."""

import io
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from mixer.seekable_file import SeekableFile

ATTEMPTS = 6  # without a byte between them; 0.5 + 1 + 2 + 4 + 8 seconds
FIRST_WAIT_SECONDS = 0.5
MAX_WAIT_SECONDS = 60.0  # also of what a server asks for (RFC 9110, Retry-After)
BUFFER_BYTES = 4 << 20  # fetched at once, so that small reads are no request each

Result = TypeVar("Result")


class Interrupted(Exception):
    """The other side failed in a way that may pass; `wait_seconds` is what it asked for, if anything."""

    def __init__(self, detail: str, wait_seconds: float = 0.0) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


class Unreachable(OSError):
    """A file elsewhere that cannot be read any further: no fault of its content, so no reader takes it for damage."""


class Remote(Protocol):
    """A file elsewhere."""

    name: str
    size_bytes: int

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """Some bytes from `offset`, at least one and at most `size_bytes`; Interrupted where another try may help."""

    def close(self) -> None:
        """Let go of the connection."""


def patiently(what: str, attempt: Callable[[], Result]) -> Result:
    """What `attempt` gives, tried again with growing waits; Unreachable when it is interrupted ATTEMPTS times in a
    row.
    """
    wait_seconds = FIRST_WAIT_SECONDS
    for number in range(1, ATTEMPTS + 1):
        try:
            return attempt()
        except Interrupted as interrupted:
            if number == ATTEMPTS:
                raise Unreachable(f"{what}: {interrupted}, {ATTEMPTS} times") from interrupted
            time.sleep(min(max(wait_seconds, interrupted.wait_seconds), MAX_WAIT_SECONDS))
            wait_seconds *= 2
    raise AssertionError("unreachable")


class ResumingFile(SeekableFile):
    """A remote file as a Python file; a read that is interrupted goes on where it stopped."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self.size_bytes = remote.size_bytes

    def readall(self) -> bytes:
        """The rest of the file: in few requests, where io.RawIOBase would take one for every 8 KiB."""
        rest = bytearray(max(0, self._remote.size_bytes - self._at))
        self.readinto(rest)
        return bytes(rest)

    def readinto(self, buffer: Any) -> int:
        """Fills `buffer` as far as the file goes."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self._remote.size_bytes - self._at))
        filled = 0
        while filled < wanted:
            data = self._next(wanted - filled)
            view[filled : filled + len(data)] = data
            filled += len(data)
            self._at += len(data)
        return filled

    def _next(self, size_bytes: int) -> bytes:
        at = self._at
        return patiently(f"{self._remote.name} at byte {at}", lambda: self._remote.read_at(at, size_bytes))

    def close(self) -> None:
        """See io.IOBase."""
        if not self.closed:
            self._remote.close()
        super().close()


def buffered(remote: Remote) -> io.BufferedReader:
    """`remote` as a file for reading, with `seek`."""
    return io.BufferedReader(ResumingFile(remote), BUFFER_BYTES)

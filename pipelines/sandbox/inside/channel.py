"""Messages over a pair of file descriptors: a length of four bytes, then a value of `wire`."""

import os

MAX_MESSAGE_BYTES = 16 << 20


class Closed(EOFError):
    """The other side ended."""


class Spoiled(EOFError):
    """The other side sent what is no message."""


def read_exactly(descriptor: int, size_bytes: int) -> bytes:
    """`size_bytes` bytes; Closed where there are fewer."""
    parts = []
    while size_bytes:
        part = os.read(descriptor, min(size_bytes, 1 << 20))
        if not part:
            raise Closed("the other side is gone")
        parts.append(part)
        size_bytes -= len(part)
    return b"".join(parts)


def write_all(descriptor: int, data: bytes) -> None:
    """Writes all of `data`; Closed where nobody reads."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except BrokenPipeError as error:
        raise Closed("the other side is gone") from error


def send(descriptor: int, message: bytes) -> None:
    """Writes one message; OverflowError where it is over the limit, Closed where nobody reads."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise OverflowError(f"a message of {len(message)} bytes, over {MAX_MESSAGE_BYTES}")
    write_all(descriptor, len(message).to_bytes(4, "big") + message)


def receive(descriptor: int) -> bytes:
    """Reads one message; Spoiled where it would be over the limit, Closed where there is none."""
    size_bytes = int.from_bytes(read_exactly(descriptor, 4), "big")
    if size_bytes > MAX_MESSAGE_BYTES:
        raise Spoiled(f"a message of {size_bytes} bytes, over {MAX_MESSAGE_BYTES}")
    return read_exactly(descriptor, size_bytes)

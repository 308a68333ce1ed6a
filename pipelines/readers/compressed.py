"""Compressed files read forward: by their first bytes, gzip, lz4 and zstd (by ForwardReader), bzip2 and xz (here)."""

import bz2
import io
import lzma
from typing import Any, BinaryIO, Protocol, cast

from pipelines.readers.web.forward_reader import (
    GZIP_MAGIC,
    LZ4_MAGIC,
    ZSTD_MAGIC,
    DamagedStream,
    ForwardReader,
)

BZIP2_MAGIC = b"BZh"
XZ_MAGIC = b"\xfd7zXZ\x00"  # The .xz File Format 1.2.1, section 2.1.1.1
MAGIC_BYTES = 6
XZ_MEMORY_BYTES = 256 << 20  # `xz -9` needs 65 MB to decompress
READ_BYTES = 1 << 16
PIECE_BYTES = 1 << 20  # a compressed piece yields at most this much at once, however far it would expand


class _Decompressor(Protocol):
    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def is_compressed(file: BinaryIO) -> bool:
    """By the first bytes, whatever the name says; the file is left at its start."""
    magic = file.read(MAGIC_BYTES)
    file.seek(0)
    return magic.startswith((GZIP_MAGIC, LZ4_MAGIC, ZSTD_MAGIC, BZIP2_MAGIC, XZ_MAGIC))


def forward_reader(file: BinaryIO, start: int = 0) -> ForwardReader:
    """A reader of the content of `file` from byte `start`, which is in a compressed file of no use but 0."""
    magic = file.read(MAGIC_BYTES)
    file.seek(0)
    if magic.startswith(BZIP2_MAGIC) or magic == XZ_MAGIC:
        return ForwardReader(cast(BinaryIO, _Decompressed(file, magic)))
    return ForwardReader(file, start)


def _decompressor(magic: bytes) -> _Decompressor:
    if magic == XZ_MAGIC:
        return cast(_Decompressor, lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES))
    return cast(_Decompressor, bz2.BZ2Decompressor())


class _Decompressed(io.RawIOBase):
    """The content of a bzip2 or xz file, of one stream or several; DamagedStream where it cannot go on."""

    def __init__(self, file: BinaryIO, magic: bytes) -> None:
        self._file = file
        self._magic = magic
        self._stream = _decompressor(magic)
        self._pending = b""
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To the start; ForwardReader asks for nothing else."""
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only to the start")
        self.__init__(self._file, self._magic)  # type: ignore[misc]
        self._file.seek(0)
        return 0

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self._next(min(len(view), PIECE_BYTES))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _next(self, size_bytes: int) -> bytes:
        """At least a byte, or none at the end."""
        while True:
            if self._stream.eof:
                self._pending = (self._stream.unused_data or self._file.read(READ_BYTES)).lstrip(b"\0")
                if not self._pending:
                    return b""
                self._stream = _decompressor(self._magic)
            elif self._stream.needs_input and not self._pending:
                self._pending = self._file.read(READ_BYTES)
                if not self._pending:
                    raise DamagedStream(self._at, "the compressed stream is cut off")
            try:
                data = self._stream.decompress(self._pending, size_bytes)
            except (OSError, EOFError, ValueError, MemoryError, lzma.LZMAError) as error:
                raise DamagedStream(self._at, f"the compressed stream is damaged: {error}") from error
            self._pending = b""
            if data:
                return data

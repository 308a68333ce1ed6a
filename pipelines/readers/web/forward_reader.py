"""Forward reading of plain, gzip, lz4 and zstd files in lines and blocks, with the offset of what comes next.

fastwarc's GzipReader ends a cut-off member silently, so gzip is read here: lost bytes must show in the books.
"""

import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from fastwarc.stream_io import Lz4Reader, ZstdReader

GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952
LZ4_MAGIC = b"\x04\x22\x4d\x18"  # LZ4 frame format
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878
READ_BYTES = 1 << 16
PIECE_BYTES = 1 << 20  # a compressed piece yields at most this much at once, however far it would expand
NON_SPACE = re.compile(rb"\S")
GZIP_WRAPPER_BITS = 31  # zlib: 15 window bits + 16 for the gzip header and checksum


class DamagedStream(Exception):
    """The bytes cannot be decompressed any further; `offset` says from where in the file."""

    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(detail)
        self.offset = offset
        self.detail = detail


class Piece(NamedTuple):
    """Some content, and where it begins in the file: inside a gzip member all of it begins at the member."""

    offset: int
    data: bytes
    in_member: bool = False
    is_plain: bool = False


class ForwardReader:
    """Reads `file` from byte `start`, decompressing by its first bytes; raises DamagedStream where it cannot
    go on.

    Offsets are bytes in the file for plain files, the start of the gzip member for gzip, and bytes of
    uncompressed content for lz4 and zstd.
    """

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        self._file = file
        self._pieces = _pieces(file, start)
        self._piece = Piece(start, b"")
        self._at = 0

    def offset(self) -> int:
        """Where the next byte is; at the end of the input, where the last piece ended."""
        self._fill()
        return self._piece.offset if self._piece.in_member else self._piece.offset + self._at

    def readline(self, limit_bytes: int) -> bytes:
        """The next line with its line feed, cut after `limit_bytes`; empty at the end of the input."""
        parts = []
        missing = limit_bytes
        while missing and self._fill():
            newline = self._piece.data.find(b"\n", self._at, self._at + missing)
            part = self._take(missing if newline < 0 else newline + 1 - self._at)
            parts.append(part)
            missing -= len(part)
            if newline >= 0:
                break
        return b"".join(parts)

    def read(self, size_bytes: int) -> bytes:
        """The next `size_bytes`; fewer only at the end of the input."""
        parts = []
        while size_bytes and self._fill():
            parts.append(self._take(size_bytes))
            size_bytes -= len(parts[-1])
        return b"".join(parts)

    def skip(self, size_bytes: int) -> int:
        """Passes over `size_bytes` in constant memory and returns how many there were."""
        missing = size_bytes
        if missing > READ_BYTES and self._piece.is_plain:
            missing -= self._seek_forward(missing)
        while missing and self._fill():
            missing -= len(self._take(missing))
        return size_bytes - missing

    def _seek_forward(self, size_bytes: int) -> int:
        """Passes over all but the last byte without reading: the last one shows that the file has as many."""
        target = self._piece.offset + self._at + size_bytes - 1
        end = self._file.seek(0, io.SEEK_END)
        if target >= end:
            return 0  # cut off: `skip` reads on and counts
        self._pieces = _plain_pieces(self._file, target)
        self._piece, self._at = Piece(target, b"", is_plain=True), 0
        return size_bytes - 1

    def skip_whitespace(self) -> None:
        """Passes over spaces and blank lines, of which a small compressed file can hold gigabytes."""
        while self._fill():
            found = NON_SPACE.search(self._piece.data, self._at)
            self._at = found.start() if found else len(self._piece.data)
            if found:
                return

    def skip_to_line(self, prefix: bytes, last_read: bytes) -> None:
        """Passes over everything up to the next line that begins with `prefix`; `last_read` is what stands
        before."""
        before = last_read[-1:]
        while self._fill():
            window = before + self._piece.data[self._at :]
            if not self._piece.in_member:
                self._piece = self._piece._replace(offset=self._piece.offset + self._at - len(before))
            self._piece = self._piece._replace(data=window)
            found = window.find(b"\n" + prefix)
            self._at = found + 1 if found >= 0 else len(window)
            if found >= 0:
                return
            before = window[-len(prefix) :]

    def _take(self, size_bytes: int) -> bytes:
        taken = self._piece.data[self._at : self._at + size_bytes]
        self._at += len(taken)
        return taken

    def _fill(self) -> bool:
        while self._at >= len(self._piece.data):
            following = next(self._pieces, None)
            if following is None:
                return False
            self._piece = following
            self._at = 0
        return True


def _pieces(file: BinaryIO, start: int) -> Iterator[Piece]:
    file.seek(0)
    magic = file.read(len(ZSTD_MAGIC))
    if magic.startswith(GZIP_MAGIC):
        return _gzip_pieces(file, start)
    if magic in (LZ4_MAGIC, ZSTD_MAGIC):
        return _framed_pieces(file, start, Lz4Reader if magic == LZ4_MAGIC else ZstdReader)
    return _plain_pieces(file, start)


def _plain_pieces(file: BinaryIO, start: int) -> Iterator[Piece]:
    file.seek(start)
    offset = start
    while data := file.read(READ_BYTES):
        yield Piece(offset, data, is_plain=True)
        offset += len(data)


def _gzip_pieces(file: BinaryIO, start: int) -> Iterator[Piece]:
    """Every member's content; zero bytes between members are padding."""
    file.seek(start)
    offset = start
    pending = file.read(READ_BYTES)
    while pending:
        padding = len(pending) - len(pending.lstrip(b"\0"))
        offset += padding
        pending = pending[padding:] or file.read(READ_BYTES)
        if not pending.strip(b"\0"):
            continue
        member = zlib.decompressobj(GZIP_WRAPPER_BITS)
        member_offset = offset
        while not member.eof:
            try:
                data = member.decompress(pending, PIECE_BYTES)
            except zlib.error as error:
                raise DamagedStream(member_offset, f"gzip member: {error}") from error
            offset += len(pending) - len(member.unconsumed_tail) - len(member.unused_data)
            pending = member.unconsumed_tail
            if data:
                yield Piece(member_offset, data, in_member=True)
            elif not member.eof and not pending:
                pending = file.read(READ_BYTES)
                if not pending:
                    raise DamagedStream(member_offset, "gzip member is cut off")
        pending = member.unused_data or file.read(READ_BYTES)


def _framed_pieces(file: BinaryIO, start: int, reader_type: type) -> Iterator[Piece]:
    file.seek(0)
    offset = 0
    try:
        reader = reader_type(file)
        while data := bytes(reader.read(READ_BYTES)):
            if offset + len(data) > start:
                kept_from = max(0, start - offset)
                yield Piece(offset + kept_from, data[kept_from:])
            offset += len(data)
    except OSError as error:
        raise DamagedStream(offset, str(error)) from error

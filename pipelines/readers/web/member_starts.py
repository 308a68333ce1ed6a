"""Where an archive of one gzip member a record can be entered: the first member from a byte on.

Any bytes can stand in a payload, also whole gzip members of another archive. Deflate keeps such bytes as they are only
in stored blocks of at most 65,535 bytes (RFC 1951, section 3.2.4), a gzip header in an extra field no longer than that.
So a run of intact members that is longer, or that ends with the file, is no part of a payload. All splits of a file
decide by this alone, whatever lies before.
"""

import re
import zlib
from typing import BinaryIO

GZIP_START = b"\x1f\x8b\x08"  # RFC 1952: magic, deflate
MAX_STORED_BYTES = 65_535
WINDOW_BYTES = 1 << 20
FIRST_BYTES = 4096  # of a record, to tell that it is one
READ_BYTES = 1 << 16
PIECE_BYTES = 1 << 20
GZIP_WRAPPER_BITS = 31
RECORD_START = re.compile(rb"\s*(?:WARC/\d|filedesc:|\S[^\n]* \d{14} [^\n]* \d+\r?\n)")


def next_member(file: BinaryIO, start: int, stop: int | None = None) -> int | None:
    """The offset of the first sure member with a record in [start, stop); None if there is none.

    Leaves the file where it was.
    """
    position = file.tell()
    try:
        return _search(file, start, stop)
    finally:
        file.seek(position)


def _search(file: BinaryIO, start: int, stop: int | None) -> int | None:
    unsure: set[int] = set()  # members of runs that broke off: no need to follow those again
    offset = start
    while stop is None or offset < stop:
        file.seek(offset)
        window = file.read(WINDOW_BYTES)
        at = window.find(GZIP_START)
        while at >= 0:
            candidate = offset + at
            if stop is not None and candidate >= stop:
                return None
            if candidate not in unsure and _is_sure(file, candidate, unsure):
                return candidate
            at = window.find(GZIP_START, at + 1)
        if len(window) < WINDOW_BYTES:
            return None
        offset += WINDOW_BYTES - len(GZIP_START) + 1
    return None


def _is_sure(file: BinaryIO, candidate: int, unsure: set[int]) -> bool:
    """Whether a record begins here and a run of intact members that no payload can hold."""
    file.seek(candidate)
    pending = file.read(READ_BYTES)
    offset = candidate
    while True:
        unsure.add(offset)
        member = zlib.decompressobj(GZIP_WRAPPER_BITS)
        first = b""
        is_checked = offset != candidate
        while not member.eof:
            try:
                content = member.decompress(pending, PIECE_BYTES)
            except zlib.error:
                return False
            offset += len(pending) - len(member.unconsumed_tail) - len(member.unused_data)
            pending = member.unconsumed_tail
            if not is_checked:
                first += content[:FIRST_BYTES]
                is_checked = len(first) >= FIRST_BYTES or member.eof
                if is_checked and RECORD_START.match(first) is None:
                    return False
            if not member.eof and not pending:
                pending = file.read(READ_BYTES)
                if not pending:
                    return False
        if offset - candidate > MAX_STORED_BYTES + len(GZIP_START):
            return True
        pending = member.unused_data or file.read(READ_BYTES)
        while pending and not pending.strip(b"\0"):
            offset += len(pending)
            pending = file.read(READ_BYTES)
        if not pending:
            return True
        offset += len(pending) - len(pending.lstrip(b"\0"))
        pending = pending.lstrip(b"\0")

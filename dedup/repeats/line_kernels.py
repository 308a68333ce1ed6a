"""The compiled kernel that hashes lines or paragraphs; beside it its constants, as numba's cache asks for."""

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import kernel
from dedup.kernels import mix64

NEWLINE, SPACE = 0x0A, 0x20
# Two running hashes of the shape of FNV-1a (Fowler, Noll, Vo) with the odd multipliers of rrxmrrxmsx_0 (Evensen 2018)
# and of the golden ratio: 128 bits together.
HASH_START, CHECK_START = 0xCBF29CE484222325, 0x84222325CBF29CE4
HASH_MULTIPLIER, CHECK_MULTIPLIER = 0x9FB21C651E98DF25, 0x9E3779B97F4A7C15


@kernel
def hash_units(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    paragraphs: bool,
    min_bytes: int,
    hashes: NDArray[np.uint64],
    checks: NDArray[np.uint64],
    documents: NDArray[np.int32],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
) -> int:
    """Hash every line (or paragraph) that has `min_bytes` without its outer and repeated whitespace; how many.

    Starts and ends count from the document's begin. A line ends behind its newline, a paragraph where the next one
    begins, so that cutting it leaves no hole. The arrays need room for (bytes + 1) / (min_bytes + 1) units a document.
    """
    count = 0
    for document in range(len(offsets) - 1):
        begin, end = offsets[document], offsets[document + 1]
        position = begin
        unit = begin  # where the unit began that is open
        size = 0  # of it, normalised; 0: none is open
        is_closed = False  # a blank line followed it
        pending_space = False
        one, two = np.uint64(HASH_START), np.uint64(CHECK_START)
        while position < end:
            line = position
            is_blank = True
            while position < end and data[position] != NEWLINE:
                byte = data[position]
                position += 1
                if byte == SPACE or 0x09 <= byte <= 0x0D:
                    pending_space = True
                    continue
                if is_blank:
                    is_blank = False
                    if is_closed:
                        if size >= min_bytes:
                            hashes[count], checks[count] = mix64(one), mix64(two)
                            documents[count], starts[count], ends[count] = document, unit - begin, line - begin
                            count += 1
                        size, is_closed = 0, False
                        one, two = np.uint64(HASH_START), np.uint64(CHECK_START)
                    if size == 0:
                        unit = line
                if pending_space and size > 0:
                    one = (one ^ np.uint64(SPACE)) * np.uint64(HASH_MULTIPLIER)
                    two = (two + np.uint64(SPACE)) * np.uint64(CHECK_MULTIPLIER)
                    size += 1
                pending_space = False
                one = (one ^ np.uint64(byte)) * np.uint64(HASH_MULTIPLIER)
                two = (two + np.uint64(byte)) * np.uint64(CHECK_MULTIPLIER)
                size += 1
            position += 1
            pending_space = True
            if is_blank:
                is_closed = size > 0
            elif not paragraphs:
                if size >= min_bytes:
                    hashes[count], checks[count] = mix64(one), mix64(two)
                    documents[count], starts[count] = document, unit - begin
                    ends[count] = min(position, end) - begin
                    count += 1
                size = 0
                one, two = np.uint64(HASH_START), np.uint64(CHECK_START)
        if size >= min_bytes:
            hashes[count], checks[count] = mix64(one), mix64(two)
            documents[count], starts[count], ends[count] = document, unit - begin, end - begin
            count += 1
    return count

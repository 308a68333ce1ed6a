"""Content hashes: documents that are equal up to runs of whitespace have equal ones."""

from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.buffers import string_buffers
from dedup.kernel import kernel

HASH_BYTES = 16  # 128 bits: among 10^12 documents a chance collision has probability 1.5e-15


@kernel
def _collapse_whitespace(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    collapsed: NDArray[np.uint8],
    collapsed_offsets: NDArray[np.int64],
) -> None:
    written = 0
    for document in range(len(offsets) - 1):
        first = written
        pending_space = False
        for position in range(offsets[document], offsets[document + 1]):
            byte = data[position]
            if byte == 0x20 or 0x09 <= byte <= 0x0D:
                pending_space = written > first
            else:
                if pending_space:
                    collapsed[written] = 0x20
                    written += 1
                    pending_space = False
                collapsed[written] = byte
                written += 1
        collapsed_offsets[document + 1] = written


def content_hashes(text: pa.StringArray) -> pa.FixedSizeBinaryArray:
    """BLAKE2b-128 of each document's UTF-8, with runs of ASCII whitespace made one space and the ends bare.

    So copies that differ in line ends, indentation or wrapping are exact duplicates; nothing else is
    normalised. Null text has a null hash.
    """
    data, offsets = string_buffers(text)
    collapsed = np.empty(offsets[-1] - offsets[0], np.uint8)
    collapsed_offsets = np.zeros(len(offsets), np.int64)
    _collapse_whitespace(data, offsets, collapsed, collapsed_offsets)
    view = collapsed.data
    digests = [
        blake2b(view[start:end], digest_size=HASH_BYTES).digest() if valid else None
        for start, end, valid in zip(
            collapsed_offsets[:-1].tolist(),
            collapsed_offsets[1:].tolist(),
            text.is_valid().to_pylist(),
            strict=True,
        )
    ]
    return pa.array(digests, pa.binary(HASH_BYTES))

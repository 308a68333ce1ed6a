"""Arrow text as the NumPy arrays that kernels read: the bytes of a column without a copy, and its offsets."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.kernel import kernel

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]

MAX_DOCUMENT_BYTES = (1 << 31) - 1  # kernels keep positions inside a document in 32 bits


def text_buffers(text: pa.StringArray | pa.LargeStringArray) -> tuple[Bytes, Offsets]:
    """The column's UTF-8 bytes (read-only, no copy) and its n + 1 offsets into them; a null counts as empty.

    Document i is data[offsets[i]:offsets[i + 1]]; slices are respected. Raises TypeError for any other type,
    ValueError for offsets that lead out of the bytes and for a document over MAX_DOCUMENT_BYTES.
    """
    if text.type not in (pa.string(), pa.large_string()):
        raise TypeError(f"Text must be an Arrow array of string or large_string, not {text.type}; cast it.")
    if text.null_count:
        text = text.fill_null("")
    _, offset_buffer, data_buffer = text.buffers()
    data = np.frombuffer(data_buffer or b"", np.uint8)
    data.flags.writeable = False  # one compiled version, whoever owns the buffer
    return data, _offsets(text, offset_buffer, len(data))


@kernel
def most_bytes(offsets: Any) -> int:
    """The length of the longest document, for what kernels keep of one: 0 if there is none."""
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    return longest


def byte_strings(text: pa.StringArray | pa.LargeStringArray) -> list[bytes]:
    """Every document's bytes, whether they are UTF-8 or not; a null counts as empty. For what is not compiled."""
    binary = pa.binary() if text.type == pa.string() else pa.large_binary()
    return [content or b"" for content in text.cast(binary).to_pylist()]


def _offsets(text: pa.Array, buffer: pa.Buffer | None, n_data_bytes: int) -> Offsets:
    if len(text) == 0 or buffer is None:
        return np.zeros(1, np.int64)
    width = np.dtype(np.int32 if text.type == pa.string() else np.int64)
    stored = np.frombuffer(buffer, width, len(text) + 1, text.offset * width.itemsize)
    offsets = stored.astype(np.int64)
    sizes = np.diff(offsets)
    if offsets[0] < 0 or offsets[-1] > n_data_bytes or sizes.min() < 0:
        raise ValueError(f"Broken Arrow array: an offset leads out of its {n_data_bytes:,} bytes.")
    if sizes.max() > MAX_DOCUMENT_BYTES:
        raise ValueError(
            f"Document {sizes.argmax()} has {sizes.max():,} bytes, more than {MAX_DOCUMENT_BYTES:,}: "
            "split it or leave it out where it is read."
        )
    return offsets

"""Arrow string columns as the NumPy arrays that the kernels read."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def string_buffers(text: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """UTF-8 bytes and the n + 1 offsets of n strings, zero-copy but for the offsets' width; null reads as "".

    Both arrays are read-only, whatever the Arrow buffer is: numba compiles another version for writable ones.

    Raises TypeError when `text` is no Array of string or large_string.
    """
    if not isinstance(text, pa.StringArray | pa.LargeStringArray):
        found = text.type if isinstance(text, pa.Array) else type(text).__name__
        raise TypeError(f"text must be an Arrow Array of string or large_string, found {found}: cast it first")
    if text.null_count:
        text = pc.fill_null(text, "")
    _, offsets_buffer, data_buffer = text.buffers()
    width = np.int32 if isinstance(text, pa.StringArray) else np.int64
    if len(text) == 0:
        offsets = np.zeros(1, np.int64)
    else:
        stored = np.frombuffer(offsets_buffer, width)
        offsets = stored[text.offset : text.offset + len(text) + 1].astype(np.int64)
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.empty(0, np.uint8)
    data.flags.writeable = False
    offsets.flags.writeable = False
    return data, offsets

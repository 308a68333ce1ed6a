"""Sets of document ids as sorted arrays of 16 bytes: ten million ids take 160 MB."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ID_BYTES = 16
ID_DIGITS = 2 * ID_BYTES  # `document_id` writes them as hex

# NumPy ignores zero bytes at the end of an `S16`, which makes no difference between values of one length.
Ids = npt.NDArray[np.bytes_]  # dtype S16

_NO_DIGIT = 16
_DIGIT_VALUES = np.full(256, _NO_DIGIT, np.uint8)
_DIGIT_VALUES[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


def no_ids(count: int = 0) -> Ids:
    """Room for `count` ids."""
    return np.empty(count, f"S{ID_BYTES}")


def ids_of(column: pa.ChunkedArray | pa.Array) -> Ids:
    """The ids of a string column, in its order; ValueError for one that is not 32 lower-case hex digits."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return np.concatenate([no_ids(), *(_ids_of_chunk(chunk.cast(pa.large_string())) for chunk in chunks)])


def hex_of(document_id: np.bytes_) -> str:
    """The id as it is written in every table."""
    return bytes(document_id).ljust(ID_BYTES, b"\0").hex()


def positions_in(sorted_ids: Ids, ids: Ids) -> npt.NDArray[np.int64]:
    """Where each of `ids` stands in `sorted_ids`, int64 [ids]; -1: nowhere."""
    if not len(sorted_ids):
        return np.full(len(ids), -1, np.int64)
    order = np.argsort(ids)  # neighbours are looked for side by side: several times faster on large sets
    places = np.empty(len(ids), np.int64)
    places[order] = np.searchsorted(sorted_ids, ids[order])
    places[places == len(sorted_ids)] = 0
    return np.where(sorted_ids[places] == ids, places, -1)


def _ids_of_chunk(chunk: pa.Array) -> Ids:
    offsets = np.frombuffer(chunk.buffers()[1], np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    if chunk.null_count or np.any(np.diff(offsets) != ID_DIGITS):
        raise ValueError(f"a document id is not {ID_DIGITS} hex digits")
    if not len(chunk):
        return no_ids()
    text = np.frombuffer(chunk.buffers()[2], np.uint8)[int(offsets[0]) : int(offsets[-1])]
    digits = _DIGIT_VALUES[text]
    if np.any(digits == _NO_DIGIT):
        raise ValueError(f"a document id is not {ID_DIGITS} hex digits")
    return (digits[0::2] << 4 | digits[1::2]).view(f"S{ID_BYTES}")

"""A seeded few documents of many, chosen by their ids alone: the same ones however the documents are cut into parts."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer.order import UInt64s, mix64

ID_CHARS = 32  # of a document's id; see pipelines/document.py
ID_WORDS = ID_CHARS // 8


class Place(NamedTuple):
    """Where a document lies in its source."""

    part: int  # index in the source's list of parts
    row: int


def id_words(doc_ids: pa.Array) -> UInt64s:
    """uint64[n, 4]: the ids' characters, for `id_hashes`; ValueError for what is no document's id."""
    if not len(doc_ids):
        return np.empty((0, ID_WORDS), np.uint64)
    if not pc.all(pc.equal(pc.binary_length(doc_ids), ID_CHARS)).as_py():
        raise ValueError(f"a document's id has {ID_CHARS} characters")
    _, _, data = doc_ids.cast(pa.string()).buffers()
    text = np.frombuffer(data, "<u8", len(doc_ids) * ID_WORDS, doc_ids.offset * ID_CHARS)
    return text.reshape(-1, ID_WORDS)


def id_hashes(words: UInt64s, key: np.uint64) -> UInt64s:
    """uint64[n]: a scramble of each id under `key`."""
    hashes = np.full(len(words), key, np.uint64)
    for column in words.T:
        hashes = mix64(hashes ^ column)
    return hashes


class LeastHashes:
    """Of the documents offered, the `size` with the least hashes; one that is offered twice counts once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._hashes = np.empty(0, np.uint64)
        self._parts = np.empty(0, np.int64)
        self._rows = np.empty(0, np.int64)

    def offer(self, hashes: UInt64s, part: int, rows: npt.NDArray[np.int64]) -> None:
        """Add documents of a part, by row, with their hashes."""
        if len(self._hashes) == self._size:
            few = hashes < self._hashes[-1]
            hashes, rows = hashes[few], rows[few]
        hashes = np.concatenate([self._hashes, hashes])
        self._hashes, first = np.unique(hashes, return_index=True)
        parts = np.concatenate([self._parts, np.full(len(rows), part)])
        self._parts = parts[first][: self._size]
        self._rows = np.concatenate([self._rows, rows])[first][: self._size]
        self._hashes = self._hashes[: self._size]

    def places(self) -> list[Place]:
        """The chosen ones by hash."""
        return [Place(part, row) for part, row in zip(self._parts.tolist(), self._rows.tolist(), strict=True)]

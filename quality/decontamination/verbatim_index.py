"""The index of verbatim text: the benchmarks' texts without whitespace, and anchors that lead into them.

Made for code. Whitespace is left out of the comparison as for StarCoder2 (Lozhkov et al. 2024), and ASCII letters are
lower case as in BigCode's scripts for StarCoder. They ask for a whole docstring or solution; here a stretch of
`min_bytes` is enough, or a whole text of at least half of that. All other characters must be the same.

An anchor is a window of `min_bytes` / 2. Anchors stand in a text at such distances that every stretch of `min_bytes`
holds one, so documents are looked at window by window and texts only where an anchor is.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes, Offsets
from quality.decontamination.hash_table import HashTable, hash_table
from quality.kernel import kernel

# Of an anchor, the places in texts that are looked at. What begins alike in more texts is still found, in these.
MAX_PLACES = 16
# An anchor of fewer different bytes, such as a line of dashes or "0,0,0,0", says nothing.
MIN_DISTINCT_BYTES = 8

WINDOW_BASE = np.uint64(0xD6E8FEB86659FD93)  # odd: of a polynomial hash modulo 2^64
SPACE_BYTE = ord(" ")  # this and all below are whitespace or controls
N_BYTE_VALUES = 256


class VerbatimIndex(NamedTuple):
    """Texts without whitespace; anchor i is at places[place_starts[i]:place_starts[i + 1]], (text, byte) each."""

    min_bytes: int
    anchors: HashTable
    place_starts: npt.NDArray[np.int64]
    places: npt.NDArray[np.int32]
    texts: Bytes
    text_starts: Offsets
    item_of: npt.NDArray[np.int32]

    @property
    def n_bytes(self) -> int:
        """Memory of the index."""
        arrays = (self.place_starts, self.places, self.texts, self.text_starts, self.item_of)
        return self.anchors.n_bytes + sum(array.nbytes for array in arrays)


def verbatim_index(data: Bytes, offsets: Offsets, item_of: npt.NDArray[np.int32], min_bytes: int) -> VerbatimIndex:
    """The index of the texts data[offsets[i]:offsets[i + 1]], where text i belongs to item `item_of[i]`."""
    n_texts = len(offsets) - 1
    texts = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    text_starts = np.zeros(n_texts + 1, np.int64)
    size = window_bytes(min_bytes)
    stride = min_bytes - size + 1
    _strip(data, offsets, stripped_bytes(), texts, text_starts)
    texts = texts[: text_starts[-1]].copy()
    room = len(texts) // stride + n_texts
    keys, places = np.empty(room, np.uint64), np.empty((room, 2), np.int32)
    n = _anchors(texts, text_starts, size, stride, keys, places)
    anchors, ids = hash_table(keys[:n], keys[:n])
    order = np.argsort(ids, kind="stable")
    counts = np.bincount(ids, minlength=int(ids.max(initial=-1)) + 1)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    is_kept = np.arange(n) - starts[ids[order]] < MAX_PLACES
    kept_starts = np.concatenate([[0], np.cumsum(np.minimum(counts, MAX_PLACES))]).astype(np.int64)
    return VerbatimIndex(min_bytes, anchors, kept_starts, places[:n][order[is_kept]], texts, text_starts, item_of)


def window_bytes(min_bytes: int) -> int:
    """Bytes of an anchor, and of the shortest text that is looked for."""
    return min_bytes // 2


def stripped_bytes() -> Bytes:
    """For every byte: 0 where it is left out, else what it is compared as."""
    table = np.arange(N_BYTE_VALUES, dtype=np.uint8)
    table[: SPACE_BYTE + 1] = 0
    table[ord("A") : ord("Z") + 1] += ord("a") - ord("A")
    table.flags.writeable = False
    return table


@kernel
def _strip(data: Any, offsets: Any, stripped: Any, texts: Any, text_starts: Any) -> None:
    n = 0
    for text in range(len(offsets) - 1):
        for at in range(offsets[text], offsets[text + 1]):
            byte = stripped[data[at]]
            if byte != 0:
                texts[n] = byte
                n += 1
        text_starts[text + 1] = n


@kernel
def _anchors(texts: Any, text_starts: Any, size: int, stride: int, keys: Any, places: Any) -> int:
    """The hash and place of every anchor; how many there are."""
    n = 0
    for text in range(len(text_starts) - 1):
        for at in range(text_starts[text], text_starts[text + 1] - size + 1, stride):
            if _says_something(texts, at, size):
                keys[n] = _window_hash(texts, at, size)
                places[n, 0] = text
                places[n, 1] = at - text_starts[text]
                n += 1
    return n


@kernel
def _window_hash(texts: Any, start: int, size: int) -> Any:
    value = np.uint64(0)
    for i in range(start, start + size):
        value = value * WINDOW_BASE + np.uint64(texts[i])
    return value


@kernel
def _says_something(texts: Any, start: int, size: int) -> bool:
    seen = np.zeros(N_BYTE_VALUES, np.bool_)
    n_distinct = 0
    for i in range(start, start + size):
        if not seen[texts[i]]:
            seen[texts[i]] = True
            n_distinct += 1
    return n_distinct >= MIN_DISTINCT_BYTES

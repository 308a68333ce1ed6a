"""A seeded simple random sample of documents by their place, drawn in one pass over the parts."""

import numpy as np
import numpy.typing as npt

from mixer.order import key64, mix64

SAMPLE_DOCUMENTS = 400

Place = tuple[int, int]  # index of the part in the source's list of parts, row in it


class SeededSample:
    """Of the documents offered, those with the smallest keys: each set of that size is equally probable.

    A document's key depends on its place alone, so the samples of two sets that overlap share documents, and the
    difference between two estimates is not drowned in chance (permanent random numbers; Ohlsson 1995).
    """

    def __init__(self, seed: int, source: str, size: int = SAMPLE_DOCUMENTS) -> None:
        self._seed_parts = ("stored sample", seed, source)
        self._size = size
        self._keys = np.empty(0, np.uint64)
        self._parts = np.empty(0, np.int64)
        self._rows = np.empty(0, np.int64)

    def offer(self, part: int, rows: npt.NDArray[np.int64]) -> None:
        """Add a part's documents, by row, to those that the sample is drawn from."""
        part_key = key64(*self._seed_parts, part)
        keys = mix64(mix64(rows.astype(np.uint64) ^ part_key) + part_key)
        smallest = np.argpartition(keys, self._size)[: self._size] if len(keys) > self._size else np.arange(len(keys))
        keys = np.concatenate([self._keys, keys[smallest]])
        order = np.argsort(keys, kind="stable")[: self._size]
        self._keys = keys[order]
        self._parts = np.concatenate([self._parts, np.full(len(smallest), part)])[order]
        self._rows = np.concatenate([self._rows, rows[smallest]])[order]

    def places(self) -> list[Place]:
        """The sample in random order: its first n are a simple random sample too."""
        return list(zip(self._parts.tolist(), self._rows.tolist(), strict=True))

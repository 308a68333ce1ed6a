"""A source as one endless stream: its blocks in seeded order, epoch after epoch.

It is counted in units: tokens where documents stand behind each other (`concat`), sequences where each block is
packed by itself (`best_fit`). Only the blocks' sizes are needed to say where any range of the stream lies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mixer.order import key64, seeded_order


@dataclass(frozen=True, slots=True)
class Piece:
    """Units [start, stop) of one block, in the order that the block has in that epoch."""

    epoch: int
    block: int
    start: int
    stop: int


class SourceStream:
    """The stream of one source under one seed; `block_units` maps a block's number to its size."""

    def __init__(self, source: str, seed: int, block_units: Mapping[int, int]) -> None:
        filled = sorted((block, units) for block, units in block_units.items() if units)
        self.source = source
        self.seed = seed
        self._blocks = np.array([block for block, _ in filled], np.uint64)
        self._units = np.array([units for _, units in filled], np.int64)
        self.epoch_units = int(self._units.sum())
        self.n_blocks = len(filled)
        self.epoch = lru_cache(maxsize=4)(self._order_epoch)

    def document_key(self, epoch: int, block: int) -> np.uint64:
        """The key that orders the documents of `block` in `epoch`."""
        return key64("documents", self.seed, self.source, epoch, block)

    def row_order(self, epoch: int, block: int, rows: int) -> npt.NDArray[np.int64]:
        """The order in `epoch` of a block's `rows` sequences, where it was packed by itself."""
        key = key64("rows", self.seed, self.source, epoch, block)
        return seeded_order(np.arange(rows, dtype=np.uint64), key)

    def pieces(self, start: int, stop: int) -> Iterator[Piece]:
        """The pieces that make up stream units [start, stop); ValueError for a source without tokens."""
        if start < stop and not self.epoch_units:
            raise ValueError(
                f"source {self.source!r} has no tokens, yet {start} to {stop} of its stream were asked for"
            )
        while start < stop:
            epoch, inside = divmod(start, self.epoch_units)
            blocks, ends = self.epoch(epoch)
            slot = int(np.searchsorted(ends, inside, side="right"))
            block_start = int(ends[slot - 1]) if slot else 0
            taken = min(stop - start, int(ends[slot]) - inside)
            yield Piece(epoch, int(blocks[slot]), inside - block_start, inside - block_start + taken)
            start += taken

    def _order_epoch(self, epoch: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """The blocks in the epoch's order, and where each ends in it."""
        order = seeded_order(self._blocks, key64("blocks", self.seed, self.source, epoch))
        return self._blocks[order], np.cumsum(self._units[order])

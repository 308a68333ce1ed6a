"""A source as one endless token stream: its blocks in seeded order, epoch after epoch.

Only the blocks' token counts are needed to say where any range of the stream lies, so planning never grows with the
number of documents.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mixer.order import key64, seeded_order


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens [start, stop) of one block, in the order that the block has in that epoch."""

    epoch: int
    block: int
    start: int
    stop: int


class SourceStream:
    """The stream of one source under one seed; `block_tokens` maps a block's number to its tokens."""

    def __init__(self, source: str, seed: int, block_tokens: Mapping[int, int]) -> None:
        filled = sorted((block, tokens) for block, tokens in block_tokens.items() if tokens)
        self.source = source
        self.seed = seed
        self._blocks = np.array([block for block, _ in filled], np.uint64)
        self._tokens = np.array([tokens for _, tokens in filled], np.int64)
        self.epoch_tokens = int(self._tokens.sum())
        self._epoch = lru_cache(maxsize=4)(self._order_epoch)

    def document_key(self, epoch: int, block: int) -> np.uint64:
        """The key that orders the documents of `block` in `epoch`."""
        return key64("documents", self.seed, self.source, epoch, block)

    def pieces(self, start: int, stop: int) -> Iterator[Piece]:
        """The pieces that make up stream tokens [start, stop); ValueError for a source without tokens."""
        if start < stop and not self.epoch_tokens:
            raise ValueError(f"source {self.source!r} has no tokens, yet tokens {start} to {stop} were asked of it")
        while start < stop:
            epoch, inside = divmod(start, self.epoch_tokens)
            blocks, ends = self._epoch(epoch)
            slot = int(np.searchsorted(ends, inside, side="right"))
            block_start = int(ends[slot - 1]) if slot else 0
            taken = min(stop - start, int(ends[slot]) - inside)
            yield Piece(epoch, int(blocks[slot]), inside - block_start, inside - block_start + taken)
            start += taken

    def _order_epoch(self, epoch: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        order = seeded_order(self._blocks, key64("blocks", self.seed, self.source, epoch))
        return self._blocks[order], np.cumsum(self._tokens[order])

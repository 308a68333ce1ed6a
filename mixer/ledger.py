"""How many tokens a source's rows hold: with `concat` all alike, with `best_fit` what fits."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mixer.stream import SourceStream

Fills = Mapping[int, npt.NDArray[np.int32]]  # block -> real tokens of each of its sequences, as they were packed


class Ledger(Protocol):
    """Token counts of a source's rows; row 0 is the first of its first epoch."""

    def tokens_between(self, first: int, last: int) -> int:
        """Real tokens of rows [first, last)."""

    def rows_for(self, first: int, tokens: Fraction) -> int:
        """The number of rows from `first` on whose tokens are nearest to `tokens`; ties go up."""


class ConcatLedger:
    """Every row is full."""

    def __init__(self, sequence_length: int) -> None:
        self._length = sequence_length

    def tokens_between(self, first: int, last: int) -> int:
        """Rows times the sequence length."""
        return (last - first) * self._length

    def rows_for(self, first: int, tokens: Fraction) -> int:  # noqa: ARG002 all rows are alike
        """Rounded."""
        return int(tokens / self._length + Fraction(1, 2))


class BestFitLedger:
    """Rows as full as the packing made them, in the order that each epoch has."""

    def __init__(self, stream: SourceStream, fills: Fills) -> None:
        self._stream = stream
        self._block_tokens = {block: int(fill.sum()) for block, fill in fills.items()}
        self._fills = fills
        self._epoch_tokens = sum(self._block_tokens.values())
        self._ends = lru_cache(maxsize=4)(self._ends_of_epoch)
        self._block_ends = lru_cache(maxsize=64)(self._ends_in_block)

    def tokens_between(self, first: int, last: int) -> int:
        """Real tokens of the rows, counted from whole epochs, whole blocks and one block's rows."""
        return self._before(last) - self._before(first)

    def rows_for(self, first: int, tokens: Fraction) -> int:
        """By bisection: tokens grow with rows."""
        if tokens <= 0 or not self._epoch_tokens:
            return 0
        target = self._before(first) + tokens
        low, high = 0, self._stream.epoch_units * (int(tokens) // self._epoch_tokens + 2)
        while low < high:  # the fewest rows that reach the target
            middle = (low + high) // 2
            if self._before(first + middle) < target:
                low = middle + 1
            else:
                high = middle
        over = self._before(first + low) - target
        under = target - self._before(first + low - 1)
        return low if over <= under else low - 1

    def _before(self, row: int) -> int:
        """Real tokens of rows [0, row)."""
        if not self._stream.epoch_units:
            return 0
        epoch, inside = divmod(row, self._stream.epoch_units)
        row_ends, token_ends = self._ends(epoch)
        slot = int(np.searchsorted(row_ends, inside, side="right"))
        tokens = epoch * self._epoch_tokens + int(token_ends[slot - 1] if slot else 0)
        rest = inside - int(row_ends[slot - 1] if slot else 0)
        if rest:
            blocks, _ = self._stream.epoch(epoch)
            tokens += int(self._block_ends(epoch, int(blocks[slot]))[rest - 1])
        return tokens

    def _ends_of_epoch(self, epoch: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        blocks, row_ends = self._stream.epoch(epoch)
        tokens = np.array([self._block_tokens[int(block)] for block in blocks], np.int64)
        return row_ends, np.cumsum(tokens)

    def _ends_in_block(self, epoch: int, block: int) -> npt.NDArray[np.int64]:
        fill = self._fills[block]
        return np.cumsum(fill[self._stream.row_order(epoch, block, len(fill))], dtype=np.int64)

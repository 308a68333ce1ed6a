"""Batches of a mixture in training order; where it stands is one integer.

Global batch k is rows [k·B, (k+1)·B) of the mixture, and rank r of w takes every w-th of them from the r-th on. So the
order needs no shuffling, no seed and no bookkeeping: after a restart, with any number of ranks, the rows continue at
the next one. A last global batch that would not be full is not fed (its rows are `rows_left_over`): every rank would
not get the same number of rows.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from trainer.audit import SourceAudit
from trainer.errors import SettingError
from trainer.open_shard import RowSizes
from trainer.shard_cache import ShardCache
from trainer.shard_rows import Rows, ShardRows

AHEAD_TOKENS = 1 << 18  # read at once, all ranks together: 2 MB of int64 ids, best of 2^14 to 2^19 on one core

__all__ = ["Rows", "ShardRows", "TrainingLoader"]


class TrainingLoader(Iterator[Rows]):
    """Iterates over one rank's part of each global batch of the mixture at `manifest_uri`.

    `batch_rows` is the global batch, a multiple of `world`. The next ones are read by a thread while this one trains;
    the state counts only batches that were handed out. Use it as a context manager, or call `close`.
    """

    def __init__(
        self, manifest_uri: str, batch_rows: int, rank: int = 0, world: int = 1, cache: ShardCache | None = None
    ) -> None:
        check_share(batch_rows, rank, world)
        self._shards = ShardRows(manifest_uri, cache)
        self.manifest = self._shards.manifest
        self.batch_rows = batch_rows
        self._rank, self._world = rank, world
        self._next_row = 0
        self._audit = SourceAudit(self.manifest)
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shard-reader")
        self._ready: deque[tuple[Rows, RowSizes]] = deque()  # from the next row on
        self._ahead: tuple[int, Future[deque[tuple[Rows, RowSizes]]]] | None = None  # and what comes behind

    def __next__(self) -> Rows:
        """The next batch's rows for this rank; ShardError where the shards contradict the manifest."""
        if self.batches_left == 0:
            raise StopIteration
        if not self._ready:
            self._ready = self._take()
        batch, sizes = self._ready.popleft()
        self._next_row += self.batch_rows
        self._audit.feed(sizes)
        return batch

    @property
    def next_row(self) -> int:
        """First global row that was not handed out yet."""
        return self._next_row

    @property
    def batches_left(self) -> int:
        """Whole global batches from here to the mixture's end."""
        return (self.manifest.rows - self._next_row) // self.batch_rows

    @property
    def rows_left_over(self) -> int:
        """Rows at the end that no whole batch will take."""
        return (self.manifest.rows - self._next_row) % self.batch_rows

    def tokens_by_source(self) -> dict[str, int]:
        """Packed training tokens, padding left out, of rows [0, next row) by source, all ranks together."""
        return self._audit.tokens_by_source()

    def state_dict(self) -> dict[str, int]:
        """Where the loader stands; independent of rank, world and batch size."""
        return {"next_row": self._next_row}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Continue at a saved state; what was fed before is counted again from the shards' small columns."""
        next_row = row_of_state(state, self.manifest.rows)
        audit = SourceAudit(self.manifest)
        audit.feed(self._reader.submit(self._shards.sizes, 0, next_row).result())
        self._audit, self._next_row, self._ahead = audit, next_row, None
        self._ready.clear()

    def close(self) -> None:
        """Stop the reading thread and close the open shard."""
        self._reader.shutdown(wait=True, cancel_futures=True)
        self._shards.close()

    def __enter__(self) -> "TrainingLoader":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> "deque[tuple[Rows, RowSizes]]":
        """The batches from the next row on that were read ahead; those behind them are read meanwhile."""
        first_row = self._next_row
        if self._ahead is None or self._ahead[0] != first_row:
            self._read_ahead(first_row)
        if self._ahead is None:
            raise RuntimeError("nothing was read ahead")
        future, self._ahead = self._ahead[1], None
        batches = future.result()
        self._read_ahead(first_row + len(batches) * self.batch_rows)
        return batches

    def _read_ahead(self, first_row: int) -> None:
        # All reads go through the one thread: ShardRows keeps an open file and is not made for two.
        if first_row + self.batch_rows <= self.manifest.rows:
            self._ahead = first_row, self._reader.submit(self._read, first_row)

    def _read(self, first_row: int) -> "deque[tuple[Rows, RowSizes]]":
        """This rank's part of some batches: of several at once where they are small, or handing over costs most."""
        batches = max(1, AHEAD_TOKENS // (self.batch_rows * self.manifest.sequence_length))
        batches = min(batches, (self.manifest.rows - first_row) // self.batch_rows)
        end_row = first_row + batches * self.batch_rows
        rows = self._shards.read(range(first_row + self._rank, end_row, self._world))
        sizes = self._shards.sizes(first_row, end_row)
        mine = self.batch_rows // self._world
        return deque(
            (_some_rows(rows, at * mine, (at + 1) * mine), _some_sizes(sizes, at * self.batch_rows, self.batch_rows))
            for at in range(batches)
        )


def check_share(batch_rows: int, rank: int, world: int) -> None:
    """SettingError for ranks that cannot share a global batch."""
    if not 0 <= rank < world:
        raise SettingError(f"rank {rank} is not one of {world} ranks (0 to {world - 1})")
    if batch_rows < 1 or batch_rows % world:
        raise SettingError(f"batch_rows {batch_rows} is not a positive multiple of the {world} ranks")


def row_of_state(state: dict[str, int], rows: int) -> int:
    """The next row of a mixture of so many rows; SettingError where it has none of that number."""
    next_row = state["next_row"]
    if not 0 <= next_row <= rows:
        raise SettingError(f"next row {next_row} is outside the mixture's {rows} rows")
    return next_row


def _some_rows(rows: Rows, start: int, stop: int) -> Rows:
    part = slice(start, stop)
    return Rows(rows.rows[part], rows.input_ids[part], rows.n_tokens[part], rows.doc_starts[part], rows.sources[part])


def _some_sizes(sizes: RowSizes, start: int, count: int) -> RowSizes:
    part = slice(start, start + count)
    return RowSizes(sizes.sources[part], sizes.n_tokens[part])

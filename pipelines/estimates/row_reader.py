"""Single rows out of a stage's parts, measured: the few hundred documents whose text an estimate reads."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from pipelines.estimates.seeded_sample import Place

READ_SECONDS = 10.0  # for one sample; a large lake's documents lie in as many row groups
WAVE_DOCUMENTS = 50  # read before the clock is looked at, so at least as many are sampled
READERS = 4  # row groups held at once; decoding and tokenizing run outside Python's lock

Measured = TypeVar("Measured")


class RowReader(Generic[Measured]):
    """Reads rows of the parts at `part_uris` and keeps what `measure` makes of each; no row is read twice.

    `measure` takes a table of `columns` and returns one value a row. `beside` names further parts, with the same rows
    and row groups, and the columns to take from those.
    """

    def __init__(
        self,
        part_uris: Sequence[str],
        columns: Sequence[str],
        measure: Callable[[pa.Table], list[Measured]],
        beside: tuple[Sequence[str], Sequence[str]] = ((), ()),
    ) -> None:
        self._part_uris = part_uris
        self._columns = list(columns)
        self._beside_uris, self._beside_columns = beside[0], list(beside[1])
        self._measure = measure
        self._known: dict[Place, Measured] = {}
        self._group_ends: dict[int, npt.NDArray[np.int64]] = {}

    def measured(self, places: Sequence[Place]) -> list[Measured]:
        """The values of `places` in order; of the first ones alone when time runs out, but of a wave at least."""
        deadline = time.monotonic() + READ_SECONDS
        values: list[Measured] = []
        for start in range(0, len(places), WAVE_DOCUMENTS):
            if start and time.monotonic() > deadline:
                break
            wave = places[start : start + WAVE_DOCUMENTS]
            self._read([place for place in wave if place not in self._known])
            values += [self._known[place] for place in wave]
        return values

    def _read(self, places: Sequence[Place]) -> None:
        by_group: dict[tuple[int, int], list[int]] = defaultdict(list)
        for part, row in places:
            group = int(np.searchsorted(self._ends(part), row, side="right"))
            by_group[part, group].append(row)
        with ThreadPoolExecutor(READERS) as pool:
            tables = pool.map(partial(self._read_rows, by_group), by_group)
            for (part, group), values in zip(by_group, tables, strict=True):
                rows = by_group[part, group]
                self._known.update(zip(((part, row) for row in rows), values, strict=True))

    def _read_rows(self, by_group: dict[tuple[int, int], list[int]], place: tuple[int, int]) -> list[Measured]:
        part, group = place
        first_row = int(self._ends(part)[group - 1]) if group else 0
        rows = [row - first_row for row in by_group[place]]
        table = _read_group(self._part_uris[part], group, self._columns).take(rows)
        if self._beside_uris:
            further = _read_group(self._beside_uris[part], group, self._beside_columns).take(rows)
            for field, column in zip(further.schema, further.columns, strict=True):
                table = table.append_column(field, column)
        return self._measure(table)

    def _ends(self, part: int) -> npt.NDArray[np.int64]:
        """Where each row group of a part ends, in rows."""
        if part not in self._group_ends:
            with storage.open_parquet(self._part_uris[part]) as file:
                metadata = file.metadata
                rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
            self._group_ends[part] = np.cumsum(rows, dtype=np.int64)
        return self._group_ends[part]


def _read_group(uri: str, group: int, columns: list[str]) -> pa.Table:
    with storage.open_parquet(uri) as file, storage.naming_damage(uri):
        return file.read_row_group(group, columns, use_threads=False)

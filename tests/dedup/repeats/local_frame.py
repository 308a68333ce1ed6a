"""The few operations on a frame that finding repeats takes, in this process and with partitions, for tests without Spark."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa


class LocalFrame:
    """Partitions, a table each."""

    def __init__(self, partitions: list[pa.Table], batch_rows: int = 3) -> None:
        self.partitions = partitions
        self.batch_rows = batch_rows

    def mapInArrow(self, work: Any, schema: str) -> "LocalFrame":
        found = []
        for table in self.partitions:
            batches = list(work(iter(table.to_batches(max_chunksize=self.batch_rows))))
            found.append(pa.Table.from_batches(batches) if batches else pa.table({}))
        return LocalFrame(found, self.batch_rows)

    def repartition(self, partitions: int, column: str) -> "LocalFrame":
        tables = [table for table in self.partitions if table.num_rows]
        if not tables:
            return self
        whole = pa.concat_tables(tables)
        numbers = whole.column(column).to_pylist()
        places = {number: place for place, number in enumerate(sorted(set(numbers), key=lambda n: n * 7919 % 1009))}
        found = []
        for partition in range(partitions):
            rows = [row for row, number in enumerate(numbers) if places[number] % partitions == partition]
            found.append(whole.take(pa.array(rows[::-1], pa.int64())))  # rows arrive in any order
        return LocalFrame(found, self.batch_rows)

    def sortWithinPartitions(self, column: str) -> "LocalFrame":
        return LocalFrame(
            [table.sort_by(column) if table.num_rows else table for table in self.partitions], self.batch_rows
        )

    def collect(self) -> Iterator[dict[str, Any]]:
        for table in self.partitions:
            yield from table.to_pylist()

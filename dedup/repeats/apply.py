"""Repeated lines and spans of all documents, found on Spark: a chain of passes over the text and meetings.

    text -> lines, anchors -> meet by hash -> cuts, repeated anchors -> text -> windows -> meet by hash -> cuts -> parts

What meets are hashes with their places; text stays where it is read. No row goes to one place for one hash alone.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from dedup.repeats.meeting import Plan, cuts_of_part, first_rows, met, passed_cuts, repeated_of, second_rows
from dedup.repeats.occurrences import Cuts, Texts
from dedup.repeats.rows import ROW_SQL, Row, batch_of, by_bucket
from dedup.repeats.windows import anchor_set

# That leave a worker at once, whichever comes first.
ROWS_AT_ONCE = 256
BYTES_AT_ONCE = 16 << 20

# `part`'s texts, batch by batch; (has_lines, has_substrings) of a part; what to write of a part's cuts.
Read = Callable[[int], Iterator[Texts]]
Asked = Callable[[int], tuple[bool, bool]]
Finish = Callable[[int, Cuts], pa.RecordBatch]


def find_repeats(parts: DataFrame, plan: Plan, read: Read, asked: Asked, finish: Finish, finished_sql: str) -> Any:
    """Rows of `finish` (of type `finished_sql`), one for each part that has cuts.

    In: `parts`, a column `task` of JSON objects with `part`, the numbers 0 to plan.parts - 1. `read` and
    `asked` are called in the workers, `read` once or (for spans) twice a part; the position of a document of part *n*
    is n << 32 | its row, its order whatever ranks documents.
    """
    rows = parts.mapInArrow(_first_pass(read, asked, plan), ROW_SQL)
    rows = _at_parts(_at_buckets(rows, plan).mapInArrow(_meeting(plan), ROW_SQL), plan)
    if plan.substrings is not None:
        rows = rows.mapInArrow(_second_pass(read, plan, plan.substrings.min_bytes), ROW_SQL)
        rows = _at_parts(_at_buckets(rows, plan).mapInArrow(_meeting(plan), ROW_SQL), plan)
    return rows.mapInArrow(_finishing(finish), finished_sql)


def _at_buckets(rows: Any, plan: Plan) -> Any:
    return rows.repartition(plan.partitions, "partition").sortWithinPartitions("bucket")


def _at_parts(rows: Any, plan: Plan) -> Any:
    return rows.repartition(plan.parts, "partition").sortWithinPartitions("bucket")


def _first_pass(read: Read, asked: Asked, plan: Plan) -> Any:
    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _batched(
            row
            for batch in batches
            for task in batch.column("task").to_pylist()
            for part in [json.loads(task)["part"]]
            for texts in read(part)
            for row in first_rows(texts, part, plan, *asked(part))
        )

    return work


def _second_pass(read: Read, plan: Plan, window_bytes: int) -> Any:
    def rows_of(part: int, rows: list[Row]) -> Iterator[Row]:
        yield from passed_cuts(rows, plan)
        repeated = repeated_of(rows)
        if len(repeated):
            table = anchor_set(repeated)
            for texts in read(part):
                yield from second_rows(texts, part, plan, window_bytes, table)

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _batched(row for part, rows in by_bucket(batches) for row in rows_of(part, list(rows)))

    return work


def _meeting(plan: Plan) -> Any:
    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _batched(row for _, rows in by_bucket(batches) for row in met(list(rows), plan))

    return work


def _finishing(finish: Finish) -> Any:
    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part, rows in by_bucket(batches):
            cuts = cuts_of_part(rows)
            if len(cuts.position):
                yield finish(part, cuts)

    return work


def _batched(rows: Iterator[Row]) -> Iterator[pa.RecordBatch]:
    held: list[Row] = []
    held_bytes = 0
    for row in rows:
        held.append(row)
        held_bytes += len(row.payload)
        if len(held) == ROWS_AT_ONCE or held_bytes >= BYTES_AT_ONCE:
            yield batch_of(held)
            held, held_bytes = [], 0
    if held:
        yield batch_of(held)

"""Signals and verdicts of the same documents, a row group in memory at a time."""

from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa

from mixer import storage

# Of the stored reasons their names alone: values and bounds are most of the bytes.
REASON_NAMES = "reasons.list.element.reason"


def judged_rows(
    annotated_uri: str, verdicts_uri: str, signals: Collection[str], verdicts: Sequence[str]
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """(columns `signals`, columns `verdicts`) of the same rows, for every row group of an annotated part.

    DamagedFile when the two parts do not hold the same number of rows.
    """
    decided = storage.read_table(verdicts_uri, verdicts)
    first_row = 0
    for table in storage.row_groups(annotated_uri, sorted(signals)):
        rows = decided.slice(first_row, table.num_rows)
        first_row += table.num_rows
        if rows.num_rows == table.num_rows:
            yield table, rows
    if first_row != decided.num_rows:
        raise storage.DamagedFile(
            f"{verdicts_uri} has {decided.num_rows:,} verdicts on the {first_row:,} documents of {annotated_uri}: "
            "delete its folder and run again"
        )

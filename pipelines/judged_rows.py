"""Signals and verdicts of the same documents, a row group in memory at a time."""

from collections.abc import Collection, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from quality.signals.classifiers import SCORES

# Of the stored reasons their names alone: values and bounds are most of the bytes.
REASON_NAMES = "reasons.list.element.reason"


def stored_column(signal: str) -> str:
    """The column of an annotated part that holds a signal: itself, or the column of maps in `column.key`."""
    return signal.partition(".")[0]


def score_signals(classifiers: Iterable[str]) -> tuple[str, ...]:
    """The signals that the classifiers give: `scores.edu`."""
    return tuple(f"{SCORES}.{name}" for name in classifiers)


def signal_type(schema: pa.Schema, signal: str) -> pa.DataType | None:
    """The type of a signal's values; None where the part does not hold it."""
    column, _, key = signal.partition(".")
    if column not in schema.names:
        return None
    type_ = schema.field(column).type
    return type_.item_type if key and pa.types.is_map(type_) else type_


def signal_values(signals: pa.Table, signal: str) -> pa.ChunkedArray:
    """A signal's values: a column, or of a column of maps the values of one key (null where there is none)."""
    column, _, key = signal.partition(".")
    found = signals.column(column)
    return pc.map_lookup(found, pa.scalar(key), "first") if key else found


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

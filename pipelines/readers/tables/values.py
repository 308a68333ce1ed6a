"""Columns of Arrow as Python values: JSON-like ones, and bytes."""

import datetime
import decimal
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

# What Arrow and its conversions to Python raise on damaged or strange content; Unreachable is told apart before.
DAMAGE = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError, RecursionError)
SLICE_ROWS = 512  # as Python values at once


class TableRow(NamedTuple):
    """One row; `reference` says where it lies."""

    reference: str
    values: dict[str, Any]


def rows_of(batch: pa.RecordBatch, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of a batch as mappings of the columns `fields`, in order."""
    names = [name for name in dict.fromkeys(batch.schema.names) if name in fields]
    indices = [batch.schema.get_all_field_indices(name)[-1] for name in names]
    for start in range(0, batch.num_rows, SLICE_ROWS):
        rows = min(SLICE_ROWS, batch.num_rows - start)
        columns = [values_of(batch.column(index).slice(start, rows)) for index in indices]
        for number in range(rows):
            yield {name: column[number] for name, column in zip(names, columns, strict=True)}


def values_of(column: pa.Array) -> list[Any]:
    """The values of an array; what is no text although it should be is bytes, what has no value in Python is None."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _timestamps(column)
    try:
        values = column.to_pylist()
    except DAMAGE:
        values = [_value(column[index]) for index in range(len(column))]
    is_plain = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
    return values if is_plain else [_json_like(value) for value in values]


def _timestamps(column: pa.Array) -> list[Any]:
    """ISO 8601, in UTC where the column has a zone; None where no datetime can hold it."""
    zone = column.type.tz
    try:
        microseconds = pc.cast(column, pa.timestamp("us", "UTC" if zone else None), safe=False).cast(pa.int64())
    except DAMAGE:
        return [None] * len(column)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC if zone else None)
    found: list[Any] = []
    for value in microseconds.to_pylist():
        try:
            found.append(None if value is None else (epoch + datetime.timedelta(microseconds=value)).isoformat())
        except OverflowError:
            found.append(None)
    return found


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        try:
            return scalar.as_buffer().to_pybytes()
        except (AttributeError, *DAMAGE):
            return None
    except DAMAGE:
        return None


def _json_like(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): _json_like(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json_like(inner) for inner in value]
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal) else value

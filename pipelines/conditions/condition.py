"""Conditions on stored signals and provenance: what `where` in a recipe and a tombstone's `match` say."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.conditions.scores import SUFFIX, check_classifiers, classifier_of, classifiers_in
from pipelines.conditions.syntax import ConditionError, names_in, shown
from pipelines.document import DOCUMENT_SCHEMA
from pipelines.judged_rows import signal_values
from pipelines.recipe_keys.problems import unknown
from quality.signal_group import signals_schema
from quality.signals.classifiers import SCORES

Mask = npt.NDArray[np.bool_]

SIGNAL_COLUMNS = signals_schema()
# Where a document comes from: what ingest stores about it, but its text.
PROVENANCE_COLUMNS = pa.schema(
    [field for field in DOCUMENT_SCHEMA if field.name not in ("text", "marks", "metadata", "date")]
    # Without a zone, so that no setting of the machine decides what a day is. Stored dates are in UTC.
    + [("date", pa.timestamp("us"))]
)
COLUMNS = pa.schema([*SIGNAL_COLUMNS, *PROVENANCE_COLUMNS])

SHORT_NAMES = {"repo": "repository"}

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",  # neither files nor the network
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # no table is a Python variable
    "threads": "1",  # the other cores have tasks of their own
}

# A document that no condition should fail on: text that is no number, numbers that are no zero.
_PROBE = {"string": "x", "int": 1, "float": 0.5, "double": 0.5, "timestamp[us]": datetime(2000, 1, 1)}


@dataclass(frozen=True)
class Condition:
    """A boolean expression in DuckDB's SQL, checked; null counts as no match."""

    text: str
    columns: tuple[str, ...]  # the stored columns that it reads, sorted
    classifiers: frozenset[str] = frozenset()  # whose scores it reads
    short: frozenset[str] = frozenset()  # of those, the ones that it names as `edu_score`

    @classmethod
    def parse(cls, text: str, classifiers: Collection[str] | None = None) -> "Condition":
        """The condition `text`; ConditionError names an unknown column or what else is wrong with it.

        `classifiers` are those that the documents are scored by; None: whatever the condition names.
        """
        condition = _parsed(text)
        if classifiers is not None:
            check_classifiers(text, condition.classifiers, classifiers, COLUMNS.names)
        return condition

    def matches(self, table: pa.Table) -> Mask:
        """bool[rows of `table`], which holds at least `columns`; ConditionError when it fails on a value."""
        return matching([self], table)[0]


def matching(conditions: Sequence[Condition], table: pa.Table) -> list[Mask]:
    """For each condition, bool[rows of `table`], which holds all their columns; ConditionError as `matches`."""
    if not conditions:
        return []
    columns = sorted({name for condition in conditions for name in condition.columns})
    short = {name for condition in conditions for name in condition.short}
    with duckdb.connect(":memory:", config=SETTINGS) as connection:
        connection.execute("SET lock_configuration = true")
        connection.register("documents", _documents(table, columns, short))
        return [_evaluate(connection, condition.text) for condition in conditions]


def _evaluate(connection: duckdb.DuckDBPyConnection, text: str) -> Mask:
    try:
        # One thread keeps the rows' order. The text was checked to be one expression.
        values = connection.sql(f"SELECT (\n{text}\n) FROM documents").to_arrow_table().column(0)  # noqa: S608
    except duckdb.Error as error:
        raise ConditionError(f"{shown(text)}: {str(error).strip().splitlines()[0]}") from None
    if values.type != pa.bool_():
        raise ConditionError(f"{shown(text)}: gives {values.type}; a condition is true or false")
    matched: Mask = values.fill_null(False).to_numpy()
    return matched


@lru_cache(maxsize=1024)  # every part of a source asks for the same ones
def _parsed(text: str) -> Condition:
    named = names_in(text)
    names = {SHORT_NAMES.get(name, name) for name in named.columns}
    short = {name: classifier for name in names - set(COLUMNS.names) if (classifier := classifier_of(name))}
    for name in sorted(names - set(COLUMNS.names) - short.keys()):
        raise ConditionError(f"{shown(text)}: {unknown('column', name, COLUMNS.names)}")
    stored = names - short.keys() | ({SCORES} if short else set())
    classifiers = classifiers_in(text, named.keys) | set(short.values())
    condition = Condition(text, tuple(sorted(stored)), frozenset(classifiers), frozenset(short.values()))
    condition.matches(_probe_table())
    return condition


def _documents(table: pa.Table, columns: Iterable[str], classifiers: Iterable[str]) -> pa.Table:
    """The columns that an expression may name, short names and classifiers' as well; a table of the same rows."""
    named: dict[str, Any] = {name: table.column(name) for name in columns}
    named |= {short: named[name] for short, name in SHORT_NAMES.items() if name in named}
    named |= {f"{name}{SUFFIX}": signal_values(table, f"{SCORES}.{name}") for name in classifiers}
    return pa.table(named or {"row": pa.nulls(table.num_rows, pa.int8())})


def _probe_table() -> pa.Table:
    """One document with a value in every column."""
    return pa.Table.from_pylist([{field.name: _probe(field.type) for field in COLUMNS}], schema=COLUMNS)


def _probe(column_type: pa.DataType) -> Any:
    if pa.types.is_list(column_type):
        return [_probe(column_type.value_type)]
    if pa.types.is_struct(column_type):
        return {field.name: _probe(field.type) for field in column_type.fields}
    if pa.types.is_map(column_type):
        return [(_probe(column_type.key_type), _probe(column_type.item_type))]
    return next(value for name, value in _PROBE.items() if str(column_type).startswith(name))

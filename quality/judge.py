"""Judging: stored signals against the checks of rules. Reads no text, and records every check that fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from quality.rule import CODE_LANGUAGE_COLUMN, LANGUAGE_COLUMN, Check

Mask = npt.NDArray[np.bool_]

FAILURE_TYPE = pa.struct([("reason", pa.string()), ("value", pa.string()), ("bound", pa.string())])
REASONS_TYPE = pa.list_(FAILURE_TYPE)

MEMBERS_SHOWN = 10  # of an `in` check's set, in the recorded bound: the recipe holds the whole


@dataclass(frozen=True)
class _Failures:
    """The failures of one check: row numbers, ascending, and of each the reason, value and bound as text."""

    rows: npt.NDArray[np.int64]
    reasons: pa.Array
    values: pa.Array
    bounds: pa.Array


def judge(signals: pa.Table, rules: Mapping[str, tuple[Check, ...]]) -> tuple[pa.BooleanArray, pa.ListArray]:
    """Keep or drop every document, with every reason for a drop.

    `signals` has a row per document and a column per signal that the checks name; `rules` maps a rule's
    name to its checks. Returns `keep` (no check fails) and, per document, its failures as REASONS_TYPE, in
    the order of `rules` and their checks: reason `<rule>.<reason>`, and value and bound as text (numbers in
    shortest form, a null as null).

    A bound is compared in its column's own precision, so a float32 score stored as 0.65 passes `>= 0.65`; NaN
    fails. An `in` check reads a string column, or a list<list<string>> of alternatives: then it passes where
    some alternative has all of its members in the bound.

    Raises KeyError for a column that a check needs and the table lacks, TypeError for one of the wrong type.
    """
    found = [_failures(signals, rule_name, check) for rule_name, checks in rules.items() for check in checks]
    failures = [failed for failed in found if failed is not None]
    n_failures = np.zeros(signals.num_rows, np.int64)
    for failed in failures:
        np.add.at(n_failures, failed.rows, 1)
    return pa.array(n_failures == 0), _by_document(failures, n_failures)


def numbers_of(signals: pa.Table, rule_name: str, signal: str) -> npt.NDArray[np.float32]:
    """The values of a signal in float32, nulls and NaN left out."""
    column = _column(signals, rule_name, signal).cast(pa.float32()).drop_null()
    numbers: npt.NDArray[np.float32] = column.to_numpy(zero_copy_only=False)
    return numbers[~np.isnan(numbers)]


def _failures(signals: pa.Table, rule_name: str, check: Check) -> _Failures | None:
    """The failures of one check, if any."""
    column = _column(signals, rule_name, check.signal)
    if check.comparison == "none":
        return _given_failures(column, f"{rule_name}.{check.reason}")
    passes = _COMPARISONS[check.comparison](column, check, rule_name)
    if column.null_count:
        passes = np.where(_to_mask(column.is_null()), not check.null_fails, passes)
    rows = np.flatnonzero(~(passes | is_passed_over(signals, rule_name, check)))
    if not len(rows):
        return None
    return _Failures(
        rows,
        pa.repeat(f"{rule_name}.{check.reason}", len(rows)),
        _values_as_text(column.take(pa.array(rows))),
        pa.repeat(bound_as_text(check), len(rows)),
    )


def is_passed_over(signals: pa.Table, rule_name: str, check: Check) -> Mask:
    """bool[n]: the check is not for documents of this programming or natural language."""
    passed_over = np.zeros(signals.num_rows, np.bool_)
    if check.exempt_languages:
        passed_over |= _is_member(_column(signals, rule_name, CODE_LANGUAGE_COLUMN), check.exempt_languages)
    if check.only_for_code_languages:
        passed_over |= ~_is_member(_column(signals, rule_name, CODE_LANGUAGE_COLUMN), check.only_for_code_languages)
    if check.only_for:
        passed_over |= ~_is_member(_column(signals, rule_name, LANGUAGE_COLUMN), check.only_for)
    if check.not_for:
        passed_over |= _is_member(_column(signals, rule_name, LANGUAGE_COLUMN), check.not_for)
    return passed_over


def _given_failures(column: pa.ListArray, prefix: str) -> _Failures | None:
    """The failures that a column of REASONS_TYPE lists, if any."""
    if pa.types.is_null(column.type):
        column = pa.nulls(len(column), REASONS_TYPE)
    counts = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    found = column.flatten()
    if not len(found):
        return None
    return _Failures(
        np.repeat(np.arange(len(column)), counts),
        pc.binary_join_element_wise(prefix, found.field("reason"), "."),
        found.field("value"),
        found.field("bound"),
    )


def _column(signals: pa.Table, rule_name: str, name: str) -> pa.Array:
    """The signal of that name: a column, or `column.key` the values of one key of a column of maps."""
    column_name, _, key = name.partition(".")
    if signals.schema.get_field_index(column_name) < 0:  # column_names makes all names anew
        raise KeyError(
            f"Rule {rule_name!r} needs the column {column_name!r}. Available signals: "
            f"{', '.join(sorted(signals.column_names)) or 'none'}. "
            "Add the column before judging, or remove the rule."
        )
    chunks = signals.column(column_name)
    column = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()  # which copies one chunk, too
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return pc.map_lookup(column, pa.scalar(key), "first") if key else column


def _at_least(column: pa.Array, check: Check, rule_name: str) -> Mask:
    numbers, bound = _numbers_and_bound(column, check, rule_name)
    return numbers >= bound


def _at_most(column: pa.Array, check: Check, rule_name: str) -> Mask:
    numbers, bound = _numbers_and_bound(column, check, rule_name)
    return numbers <= bound


def _numbers_and_bound(column: pa.Array, check: Check, rule_name: str) -> tuple[npt.NDArray[np.float64], float]:
    """The column as numbers (of its own precision; nulls as 0) and the bound to compare them with."""
    if pa.types.is_null(column.type):
        column = column.cast(pa.float64())
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if not is_number or isinstance(check.bound, frozenset):
        raise TypeError(
            f"Rule {rule_name!r}, check {check.reason!r}: {check.comparison!r} compares numbers, but signal "
            f"{check.signal!r} has the type {column.type} and the bound is {bound_as_text(check)}."
        )
    return column.fill_null(0).to_numpy(zero_copy_only=False), float(check.bound)


def _within(column: pa.Array, check: Check, rule_name: str) -> Mask:
    members = check.bound
    if isinstance(members, frozenset):
        if _is_text(column.type):
            return _is_member(column, members)
        if pa.types.is_list(column.type) and pa.types.is_list(column.type.value_type):
            return _some_alternative_within(column, members)
    raise TypeError(
        f"Rule {rule_name!r}, check {check.reason!r}: 'in' compares strings, or lists of lists of strings, "
        f"with a set of strings, but signal {check.signal!r} has the type {column.type} and the bound is "
        f"{bound_as_text(check)}."
    )


_COMPARISONS: Mapping[str, Callable[[pa.Array, Check, str], Mask]] = {
    ">=": _at_least,
    "<=": _at_most,
    "in": _within,
}


def _is_text(type_: pa.DataType) -> bool:
    return type_ in (pa.string(), pa.large_string(), pa.null())


def _is_member(column: pa.Array, members: frozenset[str]) -> Mask:
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.bool_)
    return _to_mask(pc.is_in(column, value_set=pa.array(sorted(members), column.type)))


def _some_alternative_within(column: pa.Array, members: frozenset[str]) -> Mask:
    alternatives = column.flatten()
    outsiders = ~_is_member(alternatives.flatten(), members)
    alternative_passes = _count_per_list(alternatives, outsiders) == 0
    return np.asarray(_count_per_list(column, alternative_passes) > 0)


def _count_per_list(lists: pa.Array, is_counted: Mask) -> npt.NDArray[np.int64]:
    """How many of each list's members are counted; `is_counted` has one entry per member, over all lists."""
    ends = np.cumsum(pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False))
    before = np.concatenate([[0], np.cumsum(is_counted)])
    return np.diff(before[np.concatenate([[0], ends]).astype(np.int64)])


def _to_mask(column: pa.BooleanArray) -> Mask:
    mask: Mask = column.to_numpy(zero_copy_only=False)
    return mask


def _values_as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        return pa.array(map(_alternatives_as_text, column.to_pylist()), pa.string())
    return column.cast(pa.string())


def _alternatives_as_text(alternatives: list[list[str]] | None) -> str | None:
    if alternatives is None:
        return None
    return " OR ".join(" AND ".join(members) for members in alternatives)


def bound_as_text(check: Check) -> str:
    """The bound as it is recorded beside a failure."""
    if not isinstance(check.bound, frozenset):
        return str(pa.scalar(float(check.bound)).cast(pa.string()))
    members = sorted(check.bound)
    n_left_out = len(members) - MEMBERS_SHOWN
    if n_left_out > 0:
        members = [*members[:MEMBERS_SHOWN], f"and {n_left_out} more"]
    return "{" + ", ".join(members) + "}"


def _by_document(failures: list[_Failures], n_failures: npt.NDArray[np.int64]) -> pa.ListArray:
    """Turn failures per check into failures per document, keeping the order of the checks."""
    offsets = np.concatenate([[0], np.cumsum(n_failures)]).astype(np.int32)
    if not failures:
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array([], FAILURE_TYPE))
    by_document = pa.array(np.argsort(np.concatenate([failed.rows for failed in failures]), kind="stable"))
    fields = [
        pa.concat_arrays([failed.reasons for failed in failures]),
        pa.concat_arrays([failed.values for failed in failures]),
        pa.concat_arrays([failed.bounds for failed in failures]),
    ]
    structs = pa.StructArray.from_arrays([field.take(by_document) for field in fields], fields=list(FAILURE_TYPE))
    return pa.ListArray.from_arrays(pa.array(offsets), structs)

"""Judging a source's stored signals: the recipe's checks, and those that hold for every document."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from quality.judge import REASONS_TYPE, judge
from quality.rule import Check

# Whatever a recipe says: a document without text teaches nothing.
TEXT_CHECKS = {"text": (Check("nothing_left", "n_final_bytes", ">=", 1),)}

UNMEASURED = "unmeasured"  # the reasons of documents that could not be measured begin with it


def judged(signals: pa.Table, checks: Mapping[str, tuple[Check, ...]]) -> tuple[pa.BooleanArray, pa.ListArray]:
    """Keep or drop, and why, for every row of `signals`, which has `judged_columns`; as `quality.judge.judge`.

    A document that was not measured is not kept, for that reason alone.
    """
    keep, reasons = judge(signals, TEXT_CHECKS | dict(checks))
    unmeasured = signals.column("unmeasured").combine_chunks()
    if unmeasured.null_count < len(unmeasured):
        keep = pc.and_(keep, unmeasured.is_null())
        reasons = _with_unmeasured(reasons, unmeasured)
    return keep, reasons


def judged_columns(checks: Mapping[str, tuple[Check, ...]]) -> set[str]:
    """The columns of an annotated part that `judged` looks at."""
    all_checks = (check for of_rule in (TEXT_CHECKS | dict(checks)).values() for check in of_rule)
    return {"unmeasured"}.union(*(check.columns() for check in all_checks))


def _with_unmeasured(reasons: pa.ListArray, unmeasured: pa.StringArray) -> pa.ListArray:
    found = [
        given if problem is None else [{"reason": f"{UNMEASURED}.{problem}", "value": None, "bound": None}]
        for given, problem in zip(reasons.to_pylist(), unmeasured.to_pylist(), strict=True)
    ]
    return pa.array(found, REASONS_TYPE)

"""Bounds that keep the best share of a source: checks with `top_share` get theirs from the stored scores.

The documents that compete are those that no other check fails and that have a score. Of n of them the best
ceil(share * n) are kept, and every further one that scores the same as the last of these: so equal documents have equal
verdicts, and the bound depends neither on parts nor on their order. Memory: one float a competing document and check.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.apportion import exact_fraction
from pipelines.judging import judged, judged_columns
from quality.judge import numbers_of
from quality.rule import Check

Checks = Mapping[str, tuple[Check, ...]]
Place = tuple[str, int]  # a rule and the number of its check

NONE_COMPETES = math.inf  # the bound where no document competes: whoever comes later does not either


def asks_for_shares(checks: Checks) -> bool:
    """Whether some check's bound must be found first."""
    return any(check.top_share is not None for own in checks.values() for check in own)


def without_shares(checks: Checks) -> tuple[dict[str, tuple[Check, ...]], float]:
    """The checks whose bounds are fixed, and the share of what passes them that the others keep, taken one by one."""
    shares = [check.top_share for own in checks.values() for check in own if check.top_share is not None]
    fixed = {rule: tuple(check for check in own if check.top_share is None) for rule, own in checks.items()}
    return fixed, math.prod(shares)


def with_bounds(checks: Checks, parts: Iterable[str]) -> dict[str, tuple[Check, ...]]:
    """The checks with every bound filled in from a source's annotated parts (uris); reads the columns they name."""
    if not asks_for_shares(checks):
        return dict(checks)
    columns = sorted(judged_columns(checks))
    return with_bounds_of(checks, (storage.read_table(uri, columns) for uri in parts))


def with_bounds_of(checks: Checks, tables: Iterable[pa.Table]) -> dict[str, tuple[Check, ...]]:
    """The checks with every bound filled in from `tables`, which together hold a source's signals, `judged_columns`."""
    if not asks_for_shares(checks):
        return dict(checks)
    fixed, _ = without_shares(checks)
    shares = {
        (rule, number): check
        for rule, own in checks.items()
        for number, check in enumerate(own)
        if check.top_share is not None
    }
    scores: dict[Place, list[npt.NDArray[np.float32]]] = {place: [] for place in shares}
    for table in tables:
        competing = table.filter(judged(table, fixed)[0])
        for (rule, number), check in shares.items():
            scores[rule, number].append(numbers_of(competing, rule, check.signal))
    bounds = {place: bound_of(np.concatenate(found), shares[place].top_share) for place, found in scores.items()}
    return {
        rule: tuple(
            replace(check, bound=bounds[rule, number]) if (rule, number) in bounds else check
            for number, check in enumerate(own)
        )
        for rule, own in checks.items()
    }


def bound_of(scores: npt.NDArray[np.float32], share: float | None) -> float:
    """The least of the best ceil(share * n) of n scores; NONE_COMPETES without any."""
    if not len(scores):
        return NONE_COMPETES
    kept = math.ceil(exact_fraction(share or 0) * len(scores))
    return float(np.partition(scores, len(scores) - kept)[len(scores) - kept])

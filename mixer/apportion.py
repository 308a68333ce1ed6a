"""Whole sequences from fractional shares: cumulative rounding over one phase.

Rounding the running sum instead of each share keeps three promises at once: the tokens add up, every source is off by
less than one sequence, and so is every contiguous run of sources. Sources of a group stand together, so the code share
of a mixture is exact to one sequence too, however many sources make it up.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from mixer.ledger import Ledger


def exact_fraction(weight: float | str) -> Fraction:
    """The decimal that a person wrote, not its binary neighbour: 0.1 becomes 1/10."""
    return Fraction(str(weight))


def normalised(weights: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Weights scaled to sum to one; ValueError when none is positive or one is negative."""
    negative = sorted(name for name, weight in weights.items() if weight < 0)
    if negative:
        raise ValueError(f"weights must not be negative; found {', '.join(negative)}")
    total = sum(weights.values(), Fraction(0))
    if total == 0:
        raise ValueError("every weight is 0: give at least one source a positive weight")
    return {name: weight / total for name, weight in weights.items()}


def apportion(target_tokens: Sequence[Fraction], ledgers: Sequence[Ledger], first_rows: Sequence[int]) -> list[int]:
    """Rows of every source, from its first row on, whose tokens are nearest to the targets' running sum.

    Entry i holds within one sequence of `target_tokens[i]`; a target of 0 gets no rows.
    """
    counts = []
    running, placed = Fraction(0), 0
    for target, ledger, first in zip(target_tokens, ledgers, first_rows, strict=True):
        running += target
        count = _nearest(ledger, first, target, running - placed) if target else 0
        counts.append(count)
        placed += ledger.tokens_between(first, first + count)
    return counts


def _nearest(ledger: Ledger, first: int, target: Fraction, wanted: Fraction) -> int:
    """The rows nearest to `wanted`, out of the two that enclose the source's own target.

    Rows that are nearly empty do not make up what rounding left others short of: a small source would repeat for it.
    """
    near = ledger.rows_for(first, target)
    least = near - 1 if ledger.tokens_between(first, first + near) > target else near
    return min(max(ledger.rows_for(first, wanted), least), least + 1)

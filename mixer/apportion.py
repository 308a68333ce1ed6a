"""Whole sequences from fractional shares: cumulative rounding over one phase.

Rounding the running sum instead of each share keeps three promises at once: the rows add up exactly, every source is
off by less than one sequence, and so is every contiguous run of sources. Sources of a group stand together, so
the code share of a mixture is exact to one sequence too, however many sources make it up.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction


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


def apportion(rows: int, shares: Sequence[Fraction]) -> list[int]:
    """Split `rows` by `shares` (summing to 1): entry i differs from rows * shares[i] by less than one."""
    counts = []
    running, placed = Fraction(0), 0
    for share in shares:
        running += share * rows
        rounded = int(running + Fraction(1, 2))  # floor(x + 1/2): ties go up, the same for every machine
        counts.append(rounded - placed)
        placed = rounded
    if placed != rows:
        raise ValueError(f"shares sum to {float(sum(shares))}, not 1: normalise them first")
    return counts

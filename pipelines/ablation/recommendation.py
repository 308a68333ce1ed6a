"""Which ratio serves a goal best, and whether the seeds say so."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from pipelines.ablation.results import FloatArray, Measured
from pipelines.ablation.statistics import Interval, difference


class Recommendation(NamedTuple):
    """The ratio with the least score; `not_separated` are those that the seeds cannot tell from it."""

    ratio: float
    goal: dict[str, float]  # weights, summing to 1
    scores: list[Interval]  # of each ratio: mean over seeds of the weighted, relative bits per byte
    not_separated: list[float]
    at_the_edge: bool  # a ratio beyond it could be asked for and was not tried

    def words(self) -> str:
        """What it says, in a sentence or two, without more certainty than there is."""
        goal = ", ".join(f"{name} {weight:.0%}" for name, weight in self.goal.items() if weight)
        said = f"For the goal {goal}: a code ratio of {self.ratio:g} has the least bits per byte"
        if self.not_separated:
            others = ", ".join(f"{ratio:g}" for ratio in self.not_separated)
            said += f", but the seeds do not separate it from {others}: take it as a hint, or add seeds or budget."
        else:
            said += ", and the seeds separate it from every other ratio."
        if self.at_the_edge:
            said += " It lies at the edge of what was tried: a better one may lie beyond."
        return said


def recommend(measured: Measured, goal: Mapping[str, float]) -> Recommendation:
    """The best of the ratios tried. KeyError for a part of the goal that was not validated."""
    weights = shares_of(goal)
    score = goal_score(measured.of, weights)
    best = int(np.argmin(score.mean(axis=1)))
    others = [at for at in range(len(measured.ratios)) if at != best]
    apart = {at: difference(score[at], score[best], len(others)).excludes_zero for at in others}
    return Recommendation(
        ratio=measured.ratios[best],
        goal=weights,
        scores=[difference(row, np.zeros_like(row)) for row in score],
        not_separated=[measured.ratios[at] for at in others if not apart[at]],
        at_the_edge=_is_edge(measured.ratios, measured.ratios[best]),
    )


def _is_edge(ratios: list[float], best: float) -> bool:
    return (best == min(ratios) and best > 0) or (best == max(ratios) and best < 1)


def shares_of(goal: Mapping[str, float]) -> dict[str, float]:
    """The goal's weights, summing to 1."""
    total = sum(goal.values())
    return {name: weight / total for name, weight in goal.items()}


def goal_score(bits_of: Callable[[str], FloatArray], weights: Mapping[str, float]) -> FloatArray:
    """The score of every run, less is better, in the shape of what `bits_of` gives for a group or source.

    It is the weighted mean over the goal's groups of bits per byte, divided by the group's own mean over all runs, so
    that a group whose text is harder to predict does not count for more.
    """
    parts = [(weight, bits_of(name)) for name, weight in weights.items() if weight]
    return np.asarray(sum(weight * bits / bits.mean() for weight, bits in parts))

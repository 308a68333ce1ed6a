"""An ablation in tables: bits per byte by ratio, and the paper's relative changes on the user's own numbers."""

import math
from collections.abc import Sequence

import numpy as np
from rich.table import Table

from pipelines.ablation.recommendation import Recommendation
from pipelines.ablation.results import Measured
from pipelines.ablation.statistics import Interval, interval, relative_change
from pipelines.ablation.swarm import Swarm
from pipelines.plain_table import plain_table


def bits_table(measured: Measured, recommendation: Recommendation) -> Table:
    """A line a group and source, a column a ratio: bits per byte, mean and interval over seeds; last the goal."""
    table = plain_table("validation, bits per byte (less is better), mean ± 95 % interval over seeds")
    table.add_column("code ratio")
    for ratio in measured.ratios:
        table.add_column(f"{ratio:g}{' <' if ratio == recommendation.ratio else ''}", justify="right")
    for name in shown_names(measured):
        table.add_row(name, *(written(interval(row)) for row in measured.of(name)))
    table.add_row("goal", *map(written, recommendation.scores))
    return table


def change_table(measured: Measured, baseline: float) -> Table:
    """A line a group and source: relative change of bits per byte against `baseline`, seed by seed; below 0 is better.

    The form of the paper's tables (arXiv 2408.10914, which give accuracies); a star: the interval excludes zero.
    """
    table = plain_table(
        f"relative change of bits per byte against a code ratio of {baseline:g} (* interval excludes 0)"
    )
    table.add_column("code ratio")
    base = measured.ratios.index(baseline)
    others = [at for at in range(len(measured.ratios)) if at != base]
    for at in others:
        table.add_column(f"{measured.ratios[at]:g}", justify="right")
    for name in shown_names(measured):
        bits = measured.of(name)
        table.add_row(name, *(_percent(relative_change(bits[at], bits[base])) for at in others))
    return table


def shown_names(measured: Measured) -> list[str]:
    """Groups and sources; of an inner group with one source that source alone."""
    groups = [
        name
        for name, bits in measured.groups.items()
        if "/" not in name or not any(np.array_equal(bits, each) for each in measured.sources.values())
    ]
    return [*groups, *(name for name in measured.sources if name not in groups)]


def swarm_table(found: Swarm) -> Table:
    """A line a source: natural and uniform weights, the best trained mixture's and the best predicted one's."""
    table = plain_table(f"weights of {len(found.scores)} mixtures (goal: relative bits per byte, less is better)")
    for name in ("source", "natural", "uniform", "best trained", "best predicted"):
        table.add_column(name, justify="left" if name == "source" else "right")
    best = found.weights[int(found.scores.argmin())]
    rows = zip(found.sources, *found.weights[:2], best, found.predicted.weights, strict=True)
    for (name, *weights), deviation in zip(rows, found.predicted.weight_deviations, strict=True):
        table.add_row(name, *(f"{weight:.3f}" for weight in weights[:-1]), f"{weights[-1]:.3f} ± {deviation:.3f}")
    scores = [found.scores[0], found.scores[1], found.scores.min()]
    predicted = f"{found.predicted.score:.4f} ± {found.predicted.score_deviation:.4f}"
    table.add_row("goal", *(f"{score:.4f}" for score in scores), predicted)
    return table


def swarm_words(found: Swarm) -> str:
    """What the fit is worth, in a sentence or two."""
    best = found.predicted
    if math.isnan(best.rank_correlation):
        return f"{len(found.scores)} mixtures are too few to leave some out and see what the fit is worth: train more."
    said = f"Mixtures left out of the fit are put in order with a rank correlation of {best.rank_correlation:.2f}."
    if not best.rank_correlation > 0.5:
        said += " That is too little to go by: train more mixtures, or longer."
    elif best.score + 2 * best.score_deviation < best.best_trained:
        said += " The predicted mixture is expected to be better than every one that was trained; train it to be sure."
    else:
        said += " The predicted mixture is not certainly better than the best one that was trained."
    return said


def written(value: Interval) -> str:
    """`1.234 ± 0.056`; the mean alone where one seed gives no interval."""
    if value.half_width == float("inf"):
        return f"{value.mean:.3f}"
    return f"{value.mean:.3f} ± {value.half_width:.3f}"


def as_markdown(table: Table) -> str:
    """The table for a page: a header row, then its rows."""
    columns: Sequence[list[str]] = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    header, *rows = (f"| {' | '.join(cells)} |" for cells in zip(*columns, strict=True))
    return "\n".join([header, "|" + "--:|" * len(columns), *rows])


def _percent(change: Interval) -> str:
    star = " *" if change.excludes_zero else ""
    if change.half_width == float("inf"):
        return f"{change.mean:+.1%}"
    return f"{change.mean:+.1%} ± {change.half_width:.1%}{star}"

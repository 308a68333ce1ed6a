"""A picture of an ablation: bits per byte against the code ratio, with the seeds' confidence bands."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.ablation.recommendation import Recommendation
from pipelines.ablation.results import FloatArray, Measured
from pipelines.ablation.statistics import interval
from pipelines.pictures import write_figures
from pipelines.previews.plot import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_plot(path: Path, measured: Measured, recommendation: Recommendation, title: str) -> None:
    """Write the picture to `path` (.png, .svg or .html): a chart of the groups, one of the sources, one of the goal."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 4.8), layout="constrained")
    groups, sources, goal = figure.subplots(1, 3)
    _lines(groups, measured.ratios, measured.groups, "bits per byte by group")
    _lines(sources, measured.ratios, measured.sources, "bits per byte by source")
    _goal(goal, measured.ratios, recommendation)
    figure.suptitle(title)
    write_figures(path, [figure], title)


def _lines(axes: "Axes", ratios: list[float], table: dict[str, FloatArray], title: str) -> None:
    """A line a name with a band around it, and a dot a seed."""
    for number, (name, values) in enumerate(table.items()):
        colour = COLOURS[number % len(COLOURS)]
        found = [interval(row) for row in values]
        means = np.array([each.mean for each in found])
        axes.plot(ratios, means, marker="o", markersize=3, color=colour, label=name)
        if np.isfinite(widths := np.array([each.half_width for each in found])).all():
            axes.fill_between(ratios, means - widths, means + widths, color=colour, alpha=0.15, linewidth=0)
        axes.plot(ratios, values, linestyle="none", marker=".", markersize=3, color=colour, alpha=0.5)
    axes.set_title(title, fontsize="medium")
    axes.set_xlabel("code ratio")
    axes.legend(fontsize="small", frameon=False)


def _goal(axes: "Axes", ratios: list[float], recommendation: Recommendation) -> None:
    """The goal's score, and which ratios cannot be told from the best."""
    means = np.array([score.mean for score in recommendation.scores])
    widths = np.array([score.half_width for score in recommendation.scores])
    axes.plot(ratios, means, color="black")
    if np.isfinite(widths).all():
        axes.fill_between(ratios, means - widths, means + widths, color="black", alpha=0.1, linewidth=0)
    for ratio, mean in zip(ratios, means, strict=True):
        best, open_ = ratio == recommendation.ratio, ratio in recommendation.not_separated
        label = "least" if best else "not separated from it" if open_ else None
        axes.plot(ratio, mean, marker="o", color=COLOURS[2] if best else COLOURS[3] if open_ else "black", label=label)
    goal = ", ".join(f"{name} {weight:.0%}" for name, weight in recommendation.goal.items())
    axes.set_title(f"goal: {goal} (relative bits per byte)", fontsize="medium")
    axes.set_xlabel("code ratio")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique.keys(), fontsize="small", frameon=False)

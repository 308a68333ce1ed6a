"""Signals as small multiples: a panel a signal and source, its thresholds as lines, the refused side tinted."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, TypeVar

from pipelines.pictures import write_figures
from pipelines.reporting.histogram import ABOVE, BELOW, WIDTH
from pipelines.rule_listing.histograms import Bound, Panel
from pipelines.rule_listing.words import SIGNS, number_text, share_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS_IN_ROW = 4
ROWS_ON_PAGE = 6
PANEL_INCHES = (4.0, 1.7)  # without the lines below it
LINE_INCHES, LINE_CHARS = 0.14, 66  # of those
LEGEND_INCHES = 0.6
BOUNDS_SHOWN = 4  # of one signal

LEGEND_TITLE = "documents by value; each side of an axis is as high as its own largest column"
KEPT_COLOUR, REJECTED_COLOUR, THRESHOLD_COLOUR, REFUSED_COLOUR = "#4477aa", "#ee6677", "#222222", "#ccbb44"

Row = list[Panel]
Each = TypeVar("Each")


def write_plot(path: Path, panels: Sequence[Panel], title: str) -> list[Path]:
    """Draw the panels into .png, .svg or .html and say where; RecipeError for another suffix.

    A source begins a new row, and what has no room on a page goes on the next.
    """
    pages = list(_chunks(list(_rows(panels)), ROWS_ON_PAGE))
    figures = [
        _figure(page, title + (f", page {number} of {len(pages)}" if len(pages) > 1 else ""))
        for number, page in enumerate(pages, 1)
    ]
    return write_figures(path, figures, title)


def _rows(panels: Sequence[Panel]) -> Iterator[Row]:
    for _, own in groupby(panels, lambda panel: panel.source):
        yield from _chunks(list(own), PANELS_IN_ROW)


def _chunks(values: list[Each], size: int) -> Iterator[list[Each]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _figure(rows: Sequence[Row], title: str) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    heights = [PANEL_INCHES[1] + LINE_INCHES * max(len(_details(panel)) for panel in row) for row in rows]
    columns = max(map(len, rows))
    figure = Figure(figsize=(PANEL_INCHES[0] * max(2, columns), sum(heights) + LEGEND_INCHES), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False, height_ratios=heights)
    for row, of_row in zip(rows, axes, strict=True):
        for panel, own in zip(row, of_row, strict=False):
            _draw(own, panel)
        for spare in of_row[len(row) :]:
            spare.set_axis_off()
    figure.suptitle(title, fontsize=11)
    handles = [
        Patch(color=KEPT_COLOUR, label="kept (upwards)"),
        Patch(color=REJECTED_COLOUR, label="rejected for any reason (downwards)"),
        Line2D([], [], color=THRESHOLD_COLOUR, linestyle="--", label="threshold"),
        Patch(color=REFUSED_COLOUR, alpha=0.25, label="refused side"),
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        title=LEGEND_TITLE,
        fontsize=8,
        title_fontsize=8,
        frameon=False,
    )
    return figure


def _draw(axes: "Axes", panel: Panel) -> None:
    chart = panel.chart
    places, widths = [column.x for column in chart.columns], [column.width for column in chart.columns]
    for x, width in chart.failing:
        axes.axvspan(x, x + width, color=REFUSED_COLOUR, alpha=0.25, linewidth=0)
    above, below = [each.above_height for each in chart.columns], [-each.below_height for each in chart.columns]
    for heights, colour in ((above, KEPT_COLOUR), (below, REJECTED_COLOUR)):
        axes.bar(places, heights, widths, align="edge", color=colour, edgecolor="white", linewidth=0.4)
    axes.axhline(0, color="#888888", linewidth=0.6)
    for x in chart.lines:
        axes.axvline(x, color=THRESHOLD_COLOUR, linestyle="--", linewidth=1.2)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(-BELOW * 1.05, ABOVE * 1.05)
    axes.set_xticks([x for x, _ in chart.ticks], [label for _, label in chart.ticks], fontsize=7)
    axes.set_yticks([])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.set_title(f"{panel.source}: {panel.signal}", loc="left", fontsize=9, fontweight="bold")
    axes.set_xlabel("\n".join(_details(panel)), loc="left", fontsize=7, linespacing=1.3)


def _details(panel: Panel) -> list[str]:
    """How many documents, and each threshold with the share that fails."""
    missing = f", {panel.without_value:,} without a value" if panel.without_value else ""
    lines = [f"{panel.kept:,} kept, {panel.rejected:,} rejected{missing}"]
    lines += [bound_text(bound) for bound in panel.bounds[:BOUNDS_SHOWN]]
    left_out = len(panel.bounds) - BOUNDS_SHOWN
    lines += [f"and {left_out} more thresholds"] if left_out > 0 else []
    return [part for line in lines for part in wrap(line, LINE_CHARS, subsequent_indent="   ")]


def bound_text(bound: Bound) -> str:
    """`≥ 50, else gopher_quality.too_few_words: 3.2% fail`."""
    languages = f" ({bound.languages})" if bound.languages else ""
    sign = SIGNS[bound.comparison]
    return f"{sign} {number_text(bound.value)}, else {bound.reason}{languages}: {share_text(bound.hits.rate)} fail"

"""A picture of a mixture: shares by phase, epochs against the cap, and a sweep where there is one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.pictures import check_suffix, write_figures
from pipelines.previews.outlook import Outlook
from pipelines.previews.sweep import SweepRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Paul Tol's bright and muted schemes, one behind the other
COLOURS = (
    *("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb"),
    *("#332288", "#ddcc77", "#117733", "#88ccee", "#882255", "#44aa99", "#999933", "#cc6677"),
)


def write_plot(path: Path, outlook: Outlook, rows: Sequence[SweepRow] = ()) -> None:
    """Write the picture to `path` (.png, .svg or .html, self-contained); RecipeError for another suffix."""
    check_suffix(path)
    write_figures(path, [_figure(outlook, rows)], f"{outlook.recipe.name} ({outlook.how})")


def _figure(outlook: Outlook, rows: Sequence[SweepRow]) -> Any:
    from matplotlib.figure import Figure

    charts = 3 if rows else 2
    names = [source.name for source in outlook.plan.sources]
    figure = Figure(figsize=(5 * charts, 1.5 + 0.45 * max(4, len(names))), layout="constrained")
    axes = figure.subplots(1, charts)
    _shares(axes[0], outlook, names)
    _epochs(axes[1], outlook)
    if rows:
        _sweep(axes[2], rows)
    figure.suptitle(
        f"{outlook.recipe.name}: {sum(s.actual_tokens for s in outlook.plan.sources):,} tokens ({outlook.how})"
    )
    return figure


def _shares(axes: "Axes", outlook: Outlook, names: Sequence[str]) -> None:
    """A stacked bar a phase."""
    phases = outlook.plan.phases
    left = [0.0] * len(phases)
    for number, name in enumerate(names):
        shares = [next(part.share for part in phase.sources if part.source == name) for phase in phases]
        axes.barh(
            [phase.name for phase in phases],
            shares,
            left=left,
            label=name if any(shares) else None,
            color=COLOURS[number % len(COLOURS)],
        )
        left = [start + share for start, share in zip(left, shares, strict=True)]
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.set_xlabel("share of the phase's tokens")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.2), ncols=2, fontsize="small", frameon=False)


def _epochs(axes: "Axes", outlook: Outlook) -> None:
    """Epochs by source, and a line at each cap."""
    caps = {part.name: part.max_epochs for part in outlook.recipe.mixed()}
    for number, source in enumerate(outlook.plan.sources):
        axes.barh(source.name, source.epochs, color=COLOURS[number % len(COLOURS)])
        axes.plot([caps[source.name]] * 2, [number - 0.4, number + 0.4], color="black", linewidth=2)
    axes.invert_yaxis()
    axes.set_xlabel("epochs (line: the cap)")


def _sweep(axes: "Axes", rows: Sequence[SweepRow]) -> None:
    """The largest budget at each ratio."""
    limited = [(row.code_ratio, row.largest_budget_tokens) for row in rows if row.largest_budget_tokens is not None]
    axes.plot([ratio for ratio, _ in limited], [budget for _, budget in limited], marker="o", color=COLOURS[0])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("code ratio")
    axes.set_ylabel("largest budget, tokens")

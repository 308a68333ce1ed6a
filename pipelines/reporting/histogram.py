"""Histograms: the scale that fits a signal, columns above and below an axis, and where thresholds fall on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WIDTH, ABOVE, BELOW = 320, 60, 36  # units of the view box: the axis, the tallest column upwards and downwards
MAX_TICKS = 6
MIN_COLUMNS = 6  # a chart of fewer would be a few slabs


@dataclass(frozen=True)
class Scale:
    """Columns begin at `edges`, ascending; the last one ends at `end`, or is open where that is None."""

    edges: tuple[float, ...]
    end: float | None = None
    whole: bool = False  # values are whole numbers

    def columns_of(self, values: npt.NDArray[np.floating | np.integer]) -> npt.NDArray[np.int64]:
        """int64[values]: the column that each value falls in; below the first edge is the first column."""
        return np.maximum(np.searchsorted(self.edges, values, side="right") - 1, 0).astype(np.int64)

    def position(self, value: float) -> float:
        """Where `value` lies, in columns from the left of the scale; in an open column in its middle."""
        column = int(self.columns_of(np.array([value]))[0])
        low = self.edges[column]
        high = self.edges[column + 1] if column + 1 < len(self.edges) else self.end
        return column + (0.5 if high is None else min(1.0, max(0.0, (value - low) / (high - low))))

    def label(self, column: int) -> str:
        """The column's values: 20 to 49, or 0.05 to below 0.1."""
        low = self._written(self.edges[column])
        if column + 1 == len(self.edges):
            return f"{low} and more" if self.end is None else f"{low} to {self._written(self.end)}"
        high = self.edges[column + 1]
        if not self.whole:
            return f"{low} to below {self._written(high)}"
        return low if high == self.edges[column] + 1 else f"{low} to {self._written(high - 1)}"

    def _written(self, value: float) -> str:
        return f"{value:,.0f}" if self.whole else f"{value:g}"


def short(value: float) -> str:
    """1000 -> 1k, 2500000 -> 2.5M, 0.05 -> 0.05."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def _one_two_five(first_decade: int, last_decade: int) -> tuple[float, ...]:
    return 0.0, *(float(f"{digit}e{decade}") for decade in range(first_decade, last_decade + 1) for digit in (1, 2, 5))


def _even(step: float, columns: int) -> tuple[float, ...]:
    return tuple(round(step * column, 6) for column in range(columns))


COUNTS = Scale(_one_two_five(0, 9), whole=True)
SHARES = Scale(_even(0.05, 20), end=1.0)
RATIOS = Scale(_even(0.01, 21))
MAGNITUDES = Scale(_one_two_five(-3, 6))
FEW = Scale(_even(1, 11), whole=True)
WORD_LENGTHS = Scale(_even(1, 21))
LINE_LENGTHS = Scale(_even(10, 31))


def scale_of(signal: str, is_integer: bool) -> Scale:
    """The scale on which a signal's values spread, by the unit that its name ends or begins with."""
    if signal.endswith(("_share", "_score")) or signal.startswith("scores."):  # a classifier's, a probability
        return SHARES
    if signal.endswith("_ratio"):
        return RATIOS
    if signal.startswith("n_distinct_"):
        return FEW
    if signal == "mean_word_chars":
        return WORD_LENGTHS
    if signal == "mean_line_chars":
        return LINE_LENGTHS
    return COUNTS if is_integer else MAGNITUDES


@dataclass(frozen=True)
class Column:
    """A column of two counts; x and the heights in units of the view box."""

    label: str
    above: int
    below: int
    x: float
    width: float
    above_height: float
    below_height: float


@dataclass(frozen=True)
class Chart:
    """Columns over an axis; `failing` are the stretches (x, width) that a threshold refuses."""

    columns: list[Column]
    ticks: list[tuple[float, str]]
    lines: list[float]
    failing: list[tuple[float, float]]


def chart(
    scale: Scale,
    above: npt.NDArray[np.int64],
    below: npt.NDArray[np.int64],
    lows: Iterable[float] = (),
    highs: Iterable[float] = (),
) -> Chart:
    """The part of the scale that holds counts or thresholds; each direction is as high as its own largest count.

    `above` and `below` are int64[columns of the scale]; values under `lows` and from `highs` on are refused.
    """
    low_places, high_places = [scale.position(v) for v in lows], [scale.position(v) for v in highs]
    first, stop = _shown(len(scale.edges), np.flatnonzero(above + below), [*low_places, *high_places])
    width = WIDTH / (stop - first)
    heights = [_heights(above[first:stop], ABOVE), _heights(below[first:stop], BELOW)]
    columns = [
        Column(
            scale.label(first + index),
            int(above[first + index]),
            int(below[first + index]),
            _tidy(index * width),
            _tidy(width),
            heights[0][index],
            heights[1][index],
        )
        for index in range(stop - first)
    ]
    every = -(-(stop - first) // MAX_TICKS)
    ticks = [(_tidy((at - first) * width), short(scale.edges[at])) for at in range(first, stop, every)]
    lows_x, highs_x = ([_tidy((place - first) * width) for place in places] for places in (low_places, high_places))
    failing = [(0.0, x) for x in lows_x if x > 0] + [(x, _tidy(WIDTH - x)) for x in highs_x if x < WIDTH]
    return Chart(columns, ticks, lows_x + highs_x, failing)


def _shown(columns: int, used: npt.NDArray[np.int64], places: Sequence[float]) -> tuple[int, int]:
    """The range of columns that holds everything, a free one beside it and at least MIN_COLUMNS."""
    at = [*used.tolist(), *(int(place) for place in places)] or [0]
    first, stop = max(0, min(at) - 1), min(columns, max(at) + 2)
    stop = min(columns, max(stop, first + MIN_COLUMNS))
    return max(0, min(first, stop - MIN_COLUMNS)), stop


def _heights(counts: npt.NDArray[np.int64], full: int) -> list[float]:
    """The largest has `full`, and none above zero vanishes."""
    highest = int(counts.max(initial=0))
    return [max(1.0, _tidy(count * full / highest)) if count else 0.0 for count in counts.tolist()]


def _tidy(value: float) -> float:
    return round(value, 2)

"""Charts as geometry: numbers in, places out; the page's template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

LINE_WIDTH = 1000  # units of the line chart's view box, which is stretched to the page
LINE_HEIGHT = 100


@dataclass(frozen=True)
class Bar:
    """A bar, or a stacked bar's segment; start and width in percent of the whole width."""

    label: str
    count: int
    share: float
    start_percent: float
    width_percent: float
    colour: int = 0


def stacked(parts: Sequence[tuple[str, int, int]]) -> list[Bar]:
    """Segments side by side that fill the width, of (label, count, colour); parts of zero are left out."""
    total = sum(count for _, count, _ in parts)
    starts = accumulate((count for _, count, _ in parts), initial=0)
    return [
        Bar(label, count, count / total, _percent(start, total), _percent(count, total), colour)
        for (label, count, colour), start in zip(parts, starts, strict=False)
        if count
    ]


def ranked(counts: Sequence[tuple[str, int]], total: int) -> list[Bar]:
    """A bar a count, from the left, as long as its share of `total`."""
    return [Bar(label, count, count / total if total else 0.0, 0.0, _percent(count, total)) for label, count in counts]


def step_path(steps: Sequence[tuple[int, int, float]], rows: int) -> str:
    """SVG path of (first row, end row, share from 0 to 1), level over each step, across the line chart's view box."""
    commands: list[str] = []
    for first_row, end_row, share in steps:
        y = _number((1 - share) * LINE_HEIGHT)
        start, end = _number(first_row * LINE_WIDTH / rows), _number(end_row * LINE_WIDTH / rows)
        commands.append(f"{'L' if commands else 'M'}{start} {y}L{end} {y}")
    return "".join(commands)


def step_area(edges: Sequence[int], lows: Sequence[float], highs: Sequence[float], rows: int) -> str:
    """SVG path of the area between two stepped lines; shares from 0 to 1, one each between two of `edges` (rows)."""
    x = [_number(edge * LINE_WIDTH / rows) for edge in edges]
    there = [f"V{_number((1 - high) * LINE_HEIGHT)}H{end}" for high, end in zip(highs, x[1:], strict=True)]
    back = [f"V{_number((1 - low) * LINE_HEIGHT)}H{start}" for low, start in zip(lows, x[:-1], strict=True)]
    return f"M{x[0]} {_number((1 - lows[0]) * LINE_HEIGHT)}{''.join(there)}{''.join(reversed(back))}Z"


def _percent(count: int, total: int) -> float:
    return round(100 * count / total, 3) if total else 0.0


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")

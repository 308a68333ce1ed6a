"""Signals: what the rules measured, as histograms of the documents that they kept and of those that they refused."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from mixer import storage
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.histogram import Chart, Scale, chart, scale_of
from quality.rule import Check

ALWAYS = ("n_words", "mean_line_chars", "alphabetic_share")  # say what kind of text it is, whatever the rules ask
MAX_SIGNALS = 12  # a source; those whose bounds refuse most come first

CHECKS = TypeAdapter(dict[str, list[Check]])  # as the stage `decide` keeps them among its settings

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Threshold:
    """A rule's bound on a signal."""

    rule: str
    comparison: str  # >= or <=
    bound: float
    failing: int  # documents that fail it, by the books
    exempt_languages: int  # how many languages it passes over

    @property
    def text(self) -> str:
        """gopher_quality ≥ 50."""
        bound = f"{self.bound:,.0f}" if self.bound.is_integer() else f"{self.bound:g}"
        exempt = f", {self.exempt_languages} languages exempt" if self.exempt_languages else ""
        return f"{self.rule} {'≥' if self.comparison == '>=' else '≤'} {bound}{exempt}"


@dataclass(frozen=True)
class SignalHistogram:
    """One signal of one source: kept documents above the axis, rejected ones below it."""

    signal: str
    thresholds: list[Threshold]
    kept: int
    rejected: int
    without_value: int
    chart: Chart


@dataclass(frozen=True)
class SourceSignals:
    """A source's histograms; `left_out` names the signals that are bounded as well and not drawn."""

    histograms: list[SignalHistogram]
    left_out: list[str]


def source_signals(files: MixtureFiles, source: str) -> SourceSignals:
    """Count every document that the rules judged, row group by row group; Gone when a stage's files are."""
    decided = files.stage("decide", source)
    with reading(f"Signals of {source}"):
        checks = CHECKS.validate_python(decided.settings["checks"])
        thresholds = bounds(checks, decided.books.reasons)
        parts = list(zip(files.parts("annotate", source, "part-"), files.parts("decide", source, "part-"), strict=True))
        types = _numeric_types(parts[0][0]) if parts else {}
        names, left_out = _telling(thresholds, types)
        tallies = {name: Tally(scale_of(name, pa.types.is_integer(types[name]))) for name in names}
        for table, keep in _judged(parts, names):
            for name, tally in tallies.items():
                tally.add(table.column(name), keep)
    return SourceSignals(
        [tally.histogram(name, thresholds.get(name, []), types[name]) for name, tally in tallies.items()], left_out
    )


def bounds(checks: Mapping[str, Sequence[Check]], reasons: Mapping[str, int]) -> dict[str, list[Threshold]]:
    """signal -> the numeric bounds on it, in the recipe's order."""
    found: dict[str, list[Threshold]] = {}
    for rule, own in checks.items():
        for check in own:
            if not isinstance(check.bound, frozenset):
                failing = reasons.get(f"{rule}.{check.reason}", 0)
                threshold = Threshold(rule, check.comparison, float(check.bound), failing, len(check.exempt_languages))
                found.setdefault(check.signal, []).append(threshold)
    return found


def _telling(
    thresholds: Mapping[str, list[Threshold]], types: Mapping[str, pa.DataType]
) -> tuple[list[str], list[str]]:
    """The signals to draw, and the bounded ones for which there is no room."""
    failing = Counter({name: sum(t.failing for t in own) for name, own in thresholds.items() if name in types})
    bounded = [name for name, _ in failing.most_common()]
    others = [name for name in ALWAYS if name in types and name not in bounded]
    room = MAX_SIGNALS - len(others)
    return [*bounded[:room], *others], bounded[room:]


def _numeric_types(annotated_uri: str) -> dict[str, pa.DataType]:
    with storage.open_parquet(annotated_uri) as file:
        schema = file.schema_arrow
    return {f.name: f.type for f in schema if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)}


def _judged(parts: list[tuple[str, str]], names: list[str]) -> Iterator[tuple[pa.Table, npt.NDArray[np.bool_]]]:
    """(signals, whether each document is kept) of every row group."""
    for annotated_uri, verdicts_uri in parts:
        keep = np.array(storage.read_table(verdicts_uri, ["keep"]).column("keep"), np.bool_)
        first_row = 0
        for table in storage.row_groups(annotated_uri, names):
            yield table, keep[first_row : first_row + table.num_rows]
            first_row += table.num_rows


class Tally:
    """Counts of one signal by column of its scale."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.kept: Counts = np.zeros(len(scale.edges), np.int64)
        self.rejected: Counts = np.zeros(len(scale.edges), np.int64)
        self.without_value = 0

    def add(self, column: pa.ChunkedArray, keep: npt.NDArray[np.bool_]) -> None:
        """Count a row group's values, `keep` telling kept documents from rejected ones."""
        values = pc.cast(column, pa.float64(), safe=False).to_numpy()  # a null becomes NaN
        if column.type == pa.float32():
            values = values.round(6)  # 0.65 was stored as 0.649999976
        has_value = ~np.isnan(values)
        at = self.scale.columns_of(values[has_value])
        kept = keep[has_value]
        self.kept += np.bincount(at[kept], minlength=len(self.kept))
        self.rejected += np.bincount(at[~kept], minlength=len(self.kept))
        self.without_value += int((~has_value).sum())

    def histogram(self, name: str, thresholds: list[Threshold], type_: pa.DataType) -> SignalHistogram:
        """What was counted, ready to be drawn."""
        above_bound = 1 if pa.types.is_integer(type_) else 0  # what `<=` refuses begins behind the whole number
        drawn = chart(
            self.scale,
            self.kept,
            self.rejected,
            lows=[t.bound for t in thresholds if t.comparison == ">="],
            highs=[t.bound + above_bound for t in thresholds if t.comparison == "<="],
        )
        return SignalHistogram(
            name, thresholds, int(self.kept.sum()), int(self.rejected.sum()), self.without_value, drawn
        )

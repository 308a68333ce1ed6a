"""Signals: what the rules measured, as histograms of the documents that they kept and of those that they refused."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from mixer import storage
from pipelines.check_limits import not_for, only_for, top_share
from pipelines.judged_rows import judged_rows, score_signals, signal_type, signal_values, stored_column
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.histogram import Chart, Scale, chart, scale_of
from pipelines.steps.annotate import scored_by
from quality.rule import Check
from quality.signals.classifiers import SCORES

ALWAYS = ("n_words", "mean_line_chars", "alphabetic_share")  # say what kind of text it is, whatever the rules ask
MAX_SIGNALS = 12  # a source; those whose bounds refuse most come first

FEW_LANGUAGES = 2  # named one by one

CHECKS = TypeAdapter(dict[str, list[Check]])  # as the stage `decide` keeps them among its settings

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Threshold:
    """A rule's bound on a signal."""

    rule: str
    comparison: str  # >= or <=
    bound: float
    failing: int  # documents that fail it, by the books
    languages: str = ""  # for which it is: `only de`, `not for 8 languages`; empty: for all
    shares_reason: bool = False  # other bounds give the same reason, and `failing` counts theirs too

    @property
    def text(self) -> str:
        """gopher_quality ≥ 50."""
        bound = f"{self.bound:,.0f}" if self.bound.is_integer() else f"{self.bound:g}"
        languages = f", {self.languages}" if self.languages else ""
        return f"{self.rule} {'≥' if self.comparison == '>=' else '≤'} {bound}{languages}"

    @property
    def failing_text(self) -> str:
        """12 fail."""
        count = f"{self.failing:,} {'fails' if self.failing == 1 else 'fail'}" if self.failing else "none fails"
        return f"{count}, other bounds of this reason counted too" if self.shares_reason else count


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
        scores = score_signals(scored_by(files.stage("annotate", source).settings))
        types = _numeric_types(parts[0][0], scores) if parts else {}
        names, left_out = _telling(thresholds, types)
        tallies = {name: Tally(scale_of(name, pa.types.is_integer(types[name]))) for name in names}
        for annotated_uri, verdicts_uri in parts:
            columns = {*map(stored_column, names), "unmeasured"}
            for table, verdicts in judged_rows(annotated_uri, verdicts_uri, columns, ["keep"]):
                add_measured(tallies, table, verdicts)
    return SourceSignals(
        [tally.histogram(name, thresholds.get(name, []), types[name]) for name, tally in tallies.items()], left_out
    )


def bounds(checks: Mapping[str, Sequence[Check]], reasons: Mapping[str, int]) -> dict[str, list[Threshold]]:
    """signal -> the numeric bounds on it, in the recipe's order."""
    found: dict[str, list[Threshold]] = {}
    for rule, own in checks.items():
        of_reason = Counter(check.reason for check in own)
        for check in own:
            if not isinstance(check.bound, frozenset) and check.comparison != "none" and top_share(check) is None:
                threshold = Threshold(
                    rule,
                    check.comparison,
                    float(check.bound),
                    reasons.get(f"{rule}.{check.reason}", 0),
                    _languages(check),
                    of_reason[check.reason] > 1,
                )
                found.setdefault(check.signal, []).append(threshold)
    return found


def _languages(check: Check) -> str:
    only, passed_over = only_for(check), not_for(check)
    parts = [f"only {_few(only)}"] if only else []
    return ", ".join([*parts, *([f"not for {_few(passed_over)}"] if passed_over else [])])


def _few(languages: frozenset[str]) -> str:
    """de and fr, or how many."""
    return " and ".join(sorted(languages)) if len(languages) <= FEW_LANGUAGES else f"{len(languages)} languages"


def _telling(
    thresholds: Mapping[str, list[Threshold]], types: Mapping[str, pa.DataType]
) -> tuple[list[str], list[str]]:
    """The signals to draw, and the bounded ones for which there is no room."""
    failing = Counter({name: sum(t.failing for t in own) for name, own in thresholds.items() if name in types})
    bounded = [name for name, _ in failing.most_common()]
    always = [*ALWAYS, *(name for name in types if stored_column(name) == SCORES)]
    others = [name for name in always if name in types and name not in bounded]
    room = max(0, MAX_SIGNALS - len(others))
    return [*bounded[:room], *others], bounded[room:]


def _numeric_types(annotated_uri: str, scores: Sequence[str]) -> dict[str, pa.DataType]:
    """The types of a part's columns of numbers, and of its scores."""
    with storage.open_parquet(annotated_uri) as file:
        schema = file.schema_arrow
    types = {name: signal_type(schema, name) for name in [*schema.names, *scores]}
    return {n: t for n, t in types.items() if t is not None and (pa.types.is_integer(t) or pa.types.is_floating(t))}


def add_measured(tallies: "Mapping[str, Tally]", signals: pa.Table, verdicts: pa.Table) -> None:
    """Count a row group in the tally of each signal, without the documents that could not be measured."""
    is_measured = signals.column("unmeasured").is_null()
    keep = np.array(verdicts.column("keep").filter(is_measured), np.bool_)
    for name, tally in tallies.items():
        tally.add(signal_values(signals, name).filter(is_measured), keep)


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

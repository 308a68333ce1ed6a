"""A source's signals as histograms, those that a rule bounds: kept documents above the axis, rejected ones below it.

Scores of classifiers are drawn without a bound too: a histogram is where a threshold is chosen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from pipelines.judged_rows import stored_column
from pipelines.reporting.histogram import Chart, scale_of
from pipelines.reporting.signals import Tally, Threshold, add_measured
from pipelines.rule_listing.catalogue import one_a_bound
from pipelines.rule_listing.decided import DecidedSource
from pipelines.rule_listing.hits import Hits, SourceHits, telling
from pipelines.rule_listing.words import languages_short


@dataclass(frozen=True)
class Bound:
    """A threshold on the signal, and what fails for its reason."""

    reason: str
    comparison: str  # >= or <=
    value: float
    languages: str  # for which it is; empty: for all
    hits: Hits


@dataclass(frozen=True)
class Panel:
    """One signal of one source."""

    source: str
    signal: str
    bounds: list[Bound]
    kept: int
    rejected: int
    without_value: int
    chart: Chart


def panels(source: DecidedSource, hits: SourceHits, with_scores: bool = True) -> list[Panel]:
    """The numeric signals behind the reasons of `hits`, in their order, then other scores: one pass over the parts."""
    wanted: dict[str, list[Bound]] = {}
    types = source.signal_types()
    for reason in (reason for rule in telling(hits) for reason in rule.reasons):
        for check in one_a_bound(reason.checks):
            if isinstance(check.bound, int | float) and check.signal in types:
                languages = languages_short(check) if check.languages else ""
                bound = Bound(reason.reason, check.comparison, check.bound, languages, reason.hits)
                wanted.setdefault(check.signal, []).append(bound)
    if with_scores:
        wanted |= {name: [] for name in source.scores if name in types and name not in wanted}
    tallies = {name: Tally(scale_of(name, pa.types.is_integer(types[name]))) for name in wanted}
    for part in source.parts:
        for signals, verdicts in part.rows({*map(stored_column, tallies), "unmeasured"}, ["keep"]):
            add_measured(tallies, signals, verdicts)
    found = []
    for name, own in wanted.items():
        drawn = tallies[name].histogram(name, [_threshold(bound) for bound in own], types[name])
        found.append(Panel(source.name, name, own, drawn.kept, drawn.rejected, drawn.without_value, drawn.chart))
    return found


def undrawn(hits: SourceHits) -> Iterator[str]:
    """The signals behind the reasons of `hits` that have no axis: names, lists."""
    checks = (check for rule in telling(hits) for reason in rule.reasons for check in reason.checks)
    yield from (check.signal for check in checks if not isinstance(check.bound, int | float))


def _threshold(bound: Bound) -> Threshold:
    return Threshold(bound.reason, bound.comparison, float(bound.value), bound.hits.failing)

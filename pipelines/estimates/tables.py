"""Estimates and what-if as tables and notes for a terminal."""

from collections.abc import Sequence

from rich.table import Table

from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.what_if import WhatIf
from pipelines.plain_table import plain_table

MEANINGS = {
    "exact": "exact from token blocks",
    "stored": "documents are stored, tokens per byte are sampled",
    "sampled": "some of the input was read",
}


def estimates_table(estimates: Sequence[SourceEstimate]) -> Table:
    """A line a source: how its tokens were found and how sure they are."""
    table = _table("what the sources hold", ("source", "found"), ("documents", "tokens", "95 % interval"))
    for estimate in estimates:
        table.add_row(
            estimate.source,
            MEANINGS[estimate.how],
            f"{estimate.documents:,}",
            f"{estimate.tokens:,}",
            interval_text(estimate),
        )
    return table


def interval_text(estimate: SourceEstimate) -> str:
    """`1,000 to 1,200 (± 9.1 %)`, or why there is none."""
    if estimate.complete:
        return "all were counted"
    if estimate.low_tokens is None or estimate.high_tokens is None:
        return "none: too little was read"
    return f"{estimate.low_tokens:,} to {estimate.high_tokens:,} (± {estimate.relative_error or 0:.1%})"


def estimate_notes(estimates: Sequence[SourceEstimate]) -> list[str]:
    """What a reader of the numbers has to know; empty when all are exact."""
    notes = []
    estimated = [estimate for estimate in estimates if not estimate.complete]
    unsure = [estimate.source for estimate in estimated if estimate.low_tokens is None]
    duplicates = [estimate.source for estimate in estimates if estimate.before_dedup]
    if len(estimated) > len(unsure):
        notes.append("estimates are ratio estimates with 95 % confidence intervals (Cochran 1977, ch. 6)")
    if unsure:
        notes.append(f"{', '.join(unsure)}: too little was read to give an interval; there may be far more")
    if duplicates:
        notes.append(f"{', '.join(duplicates)}: counted before dedup, which can only lower it")
    return notes


def what_if_table(result: WhatIf) -> Table:
    """A line a source: documents, bytes and tokens under the recipe and under the changed one."""
    names = ("documents", "after", "text bytes", "after", "tokens", "after", "change", "95 % interval")
    table = _table("what if", ("source",), names)
    for source in result.sources:
        before, after = source.before.estimate, source.after.estimate
        change = f"{after.tokens / before.tokens - 1:+.2%}" if before.tokens else ""
        table.add_row(
            source.source,
            f"{before.documents:,}",
            f"{after.documents:,}",
            f"{source.before.text_bytes:,}",
            f"{source.after.text_bytes:,}",
            f"{before.tokens:,}",
            f"{after.tokens:,}",
            change,
            interval_text(after),
        )
    return table


def reasons_table(result: WhatIf) -> Table:
    """A line for each reason whose count changes."""
    table = _table("documents that fail", ("source", "reason"), ("before", "after"))
    for source in result.sources:
        for reason, (before, after) in source.changed_reasons.items():
            table.add_row(source.source, reason, f"{before:,}", f"{after:,}")
    return table


def _table(title: str, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    table = plain_table(title)
    for name in texts:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table

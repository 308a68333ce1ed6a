"""What if a rule were set otherwise: verdicts again from stored signals, before and after, without reading text.

Text is read only of a sample, to estimate tokens where there is no token block to count them in.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.context import Context, NotBuilt
from pipelines.estimates.block_tokens import tokens_of
from pipelines.estimates.changes import Change, changed_recipe, overridden, parse_change
from pipelines.estimates.choice import exact_estimate
from pipelines.estimates.published import has, published_so_far
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.stored import StoredSet, TextReader, as_estimate
from pipelines.estimates.stored_parts import (
    Checks,
    Mask,
    StoredPart,
    removed_rows,
    signal_columns,
    size_array,
    stored_parts,
)
from pipelines.judging import judged
from pipelines.recipe import Recipe
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.steps import annotate, deduplicate, tokenize_blocks
from pipelines.top_share import with_bounds


@dataclass(frozen=True)
class Outcome:
    """What a source yields under one recipe."""

    estimate: SourceEstimate
    text_bytes: int
    reasons: dict[str, int]  # documents that fail for it; one may fail for several


@dataclass(frozen=True)
class SourceChange:
    """A source under the recipe and under the changed one."""

    source: str
    before: Outcome
    after: Outcome

    @property
    def changed_reasons(self) -> dict[str, tuple[int, int]]:
        """Reason -> documents before and after, where the two differ."""
        before, after = self.before.reasons, self.after.reasons
        pairs = {reason: (before.get(reason, 0), after.get(reason, 0)) for reason in sorted(before | after)}
        return {reason: pair for reason, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True)
class WhatIf:
    """The changed recipe and what it does to each source."""

    recipe: Recipe
    sources: list[SourceChange]
    notes: list[str]

    @property
    def estimates(self) -> list[SourceEstimate]:
        """The sources under the changed recipe, for its plan."""
        return [source.after.estimate for source in self.sources]


@dataclass
class _Recount:
    """A source's documents under both recipes, part by part."""

    before: StoredSet
    after: StoredSet
    added: StoredSet  # kept after, not before
    reasons_before: Counter[str] = field(default_factory=Counter)
    reasons_after: Counter[str] = field(default_factory=Counter)
    dropped_ids: list[pa.Array] = field(default_factory=list)  # kept before, not after


def what_if(recipe: Recipe, context: Context, changes: Sequence[str]) -> WhatIf:
    """The recipe with `changes` made, against the recipe as it is; see `parse_change` for how a change is written.

    NotBuilt when a source is not annotated, RecipeError for a change that cannot be made.
    """
    parsed = [parse_change(recipe, change) for change in changes]
    changed = changed_recipe(recipe, parsed)
    found = published_so_far(replace(context, recipe=recipe))
    missing = [source.name for source in recipe.sources if not has(found, annotate.NAME, source.name)]
    if missing:
        raise NotBuilt(
            f"stage {annotate.NAME!r} is not built for {', '.join(missing)} in {context.lake.uri}, and what-if judges "
            f"the signals that it stores: run `mixdown build --until {annotate.NAME}`"
        )
    pairs = zip(recipe.sources, changed.sources, strict=True)
    sources = [_source_change(found, before, recipe.checks(before), changed.checks(after)) for before, after in pairs]
    return WhatIf(changed, sources, _notes(found, recipe, parsed))


def _source_change(found: Context, source: SourceSpec, checks: Checks, new_checks: Checks) -> SourceChange:
    parts = stored_parts(found, source.name)
    uris = [part.annotated_uri for part in parts]
    checks, new_checks = with_bounds(checks, uris), with_bounds(new_checks, uris)
    is_tokenized = has(found, tokenize_blocks.NAME, source.name)
    before_set, after_set, added_set = (StoredSet(found.recipe.seed, source.name) for _ in range(3))
    recount = _Recount(before_set, after_set, added_set)
    for number, part in enumerate(parts):
        _add_part(recount, number, part, checks, new_checks, is_tokenized)
    reader = TextReader(parts, found.recipe, source)
    if is_tokenized:
        before = exact_estimate(found, source.name)
        after = _moved(found, before, recount, reader)
    else:
        before = as_estimate(found, source.name, recount.before.documents, recount.before.tokens(reader))
        after = as_estimate(found, source.name, recount.after.documents, recount.after.tokens(reader))
    return SourceChange(
        source.name,
        Outcome(before, recount.before.text_bytes, dict(sorted(recount.reasons_before.items()))),
        Outcome(after, recount.after.text_bytes, dict(sorted(recount.reasons_after.items()))),
    )


def _add_part(
    recount: _Recount, number: int, part: StoredPart, checks: Checks, new_checks: Checks, with_ids: bool
) -> None:
    """Judge a part's documents under both sets of checks."""
    columns = signal_columns([checks, new_checks]) + (["doc_id"] if with_ids and checks != new_checks else [])
    signals = storage.read_table(part.annotated_uri, columns)
    kept, reasons = _verdicts(signals, checks)
    new_kept, new_reasons = _verdicts(signals, new_checks) if checks != new_checks else (kept, reasons)
    recount.reasons_before += reasons
    recount.reasons_after += new_reasons
    unique = ~removed_rows(part, signals.num_rows)
    sizes = size_array(signals)
    recount.before.add(number, kept & unique, sizes)
    recount.after.add(number, new_kept & unique, sizes)
    recount.added.add(number, new_kept & ~kept, sizes)
    if "doc_id" in columns:
        recount.dropped_ids.append(signals.column("doc_id").filter(kept & ~new_kept & unique).combine_chunks())


def _verdicts(signals: pa.Table, checks: Checks) -> tuple[Mask, Counter[str]]:
    """bool[rows], who is kept, and how many documents fail for each reason."""
    keep, failures = judged(signals, checks)
    counts = pc.value_counts(pc.struct_field(pc.list_flatten(failures), "reason")).to_pylist()
    return np.array(keep, np.bool_), Counter({count["values"]: count["counts"] for count in counts})


def _moved(found: Context, before: SourceEstimate, recount: _Recount, reader: TextReader) -> SourceEstimate:
    """A tokenized source's counts, less the blocks' tokens of what is dropped, plus an estimate of what is added."""
    if recount.before.documents == recount.after.documents and not recount.added.documents:
        return before
    dropped = pa.concat_arrays(recount.dropped_ids) if recount.dropped_ids else pa.array([], pa.string())
    kept_tokens = before.tokens - tokens_of(found, before.source, dropped)
    added = recount.added.tokens(reader)
    moved = replace(
        added,
        total=added.total + kept_tokens,
        low=None if added.low is None else added.low + kept_tokens,
        high=None if added.high is None else added.high + kept_tokens,
    )
    return as_estimate(found, before.source, recount.after.documents, moved)


def _notes(found: Context, recipe: Recipe, changes: Sequence[Change]) -> list[str]:
    notes = []
    for change in changes:
        names = overridden(recipe, change)
        if names:
            notes.append(
                f"{', '.join(names)}: {change.rule}.{change.setting} is set for the source itself, which a change of "
                f"`rules` does not reach; write sources.{names[0]}.{change.rule}.{change.setting}=..."
            )
    if any(has(found, deduplicate.NAME, source.name) for source in recipe.sources):
        notes.append(
            "dedup was not run again: documents that it removed stay removed, and documents that the change would "
            "keep count as unique"
        )
    return notes

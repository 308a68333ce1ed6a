"""Sources of which nothing is stored: some of their splits are read in this process."""

import time
from dataclasses import dataclass

import numpy as np

from mixer.order import key64
from pipelines.document import Document, to_table
from pipelines.estimates.ingested import judged_tokens
from pipelines.estimates.ratio import ratio_estimate
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.lake import Lake
from pipelines.recipe import Recipe
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.source import Split
from pipelines.steps.ingest import plan_splits

SAMPLE_TEXT_BYTES = 1 << 20
SAMPLE_SECONDS = 10.0
BATCH_DOCUMENTS = 500
SPLITS_FOR_AN_INTERVAL = 4  # from two there is one, but twelve standard errors wide; from four it is three


@dataclass
class ReadSplit:
    """What was read of a split."""

    size_bytes: int  # of input
    whole: bool = False
    text_bytes: int = 0
    kept: float = 0
    tokens: float = 0


def sample_sources(recipe: Recipe, lake: Lake | None = None) -> list[SourceEstimate]:
    """An estimate of every source from its input alone; RecipeError when one finds no input.

    `lake` is where files are that measurements name.
    """
    planned = [(source, plan_splits(source)) for source in recipe.sources]
    return [sampled_estimate(recipe, source, splits, lake=lake) for source, splits in planned]


def sampled_estimate(
    recipe: Recipe, source: SourceSpec, splits: list[Split], least_splits: int = 1, lake: Lake | None = None
) -> SourceEstimate:
    """The estimate of a source from splits read whole, in a seeded order; `least_splits` of them if time allows.

    Splits are the clusters of a one-stage cluster sample, and tokens are estimated in proportion to bytes of input.
    When not even one could be read whole, what was read is all that is known, and there is no interval.
    """
    read = _read_splits(recipe, source, splits, least_splits, lake)
    whole = [split for split in read if split.whole]
    if not whole and splits:
        kept, tokens = sum(split.kept for split in read), sum(split.tokens for split in read)
        return SourceEstimate(source.name, round(kept), round(tokens), None, None, "sampled")
    sizes = np.array([split.size_bytes for split in whole], np.float64)
    total_bytes = float(sum(split.size_bytes for split in splits))
    counts = np.array([[split.kept, split.tokens] for split in whole], np.float64).reshape(-1, 2)
    documents = ratio_estimate(sizes, counts[:, 0], len(splits), total_bytes)
    estimate = ratio_estimate(sizes, counts[:, 1], len(splits), total_bytes)
    return SourceEstimate(
        source=source.name,
        documents=round(documents.total),
        tokens=round(estimate.total),
        low_tokens=None if estimate.low is None else int(np.floor(estimate.low)),
        high_tokens=None if estimate.high is None else int(np.ceil(estimate.high)),
        how="sampled",
        complete=estimate.complete,
    )


def _read_splits(
    recipe: Recipe, source: SourceSpec, splits: list[Split], least_splits: int, lake: Lake | None
) -> list[ReadSplit]:
    """Read splits until there is text enough in `least_splits` of them or time is over, which cuts the last one."""
    deadline = time.monotonic() + SAMPLE_SECONDS
    order = sorted(range(len(splits)), key=lambda number: int(key64("sample", recipe.seed, source.name, number)))
    read: list[ReadSplit] = []
    for number in order:
        is_full = len(read) >= least_splits and sum(split.text_bytes for split in read) >= SAMPLE_TEXT_BYTES
        if is_full or time.monotonic() > deadline:
            break
        read.append(_read_split(recipe, source, splits[number], deadline, lake))
        if not read[-1].whole:
            break
    return read


def _read_split(recipe: Recipe, source: SourceSpec, split: Split, deadline: float, lake: Lake | None) -> ReadSplit:
    """Read a split to its end or until time is over."""
    result = ReadSplit(split.size_bytes, whole=True)
    pending: list[Document] = []
    for record in source.source_kind().read(split, source.options_to_read()):
        if isinstance(record, Document):
            pending.append(record)
        if len(pending) == BATCH_DOCUMENTS:
            _add(recipe, source, pending, result, lake)
            pending = []
        if time.monotonic() > deadline:
            result.whole = False
            break
    _add(recipe, source, pending, result, lake)
    return result


def _add(recipe: Recipe, source: SourceSpec, documents: list[Document], result: ReadSplit, lake: Lake | None) -> None:
    for size_bytes, tokens, kept in judged_tokens(to_table(source.name, documents), recipe, source, lake):
        result.text_bytes += size_bytes
        result.tokens += tokens
        result.kept += kept

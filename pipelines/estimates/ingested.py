"""Sources that are ingested and no more: a random sample of their documents is measured, judged and tokenized."""

import numpy as np
import pyarrow as pa

from pipelines.context import Context
from pipelines.estimates.ratio import ratio_estimate
from pipelines.estimates.row_reader import RowReader
from pipelines.estimates.seeded_sample import SeededSample
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.stored import as_estimate
from pipelines.estimates.stored_parts import SIZE_COLUMN
from pipelines.estimates.token_counts import TEXT_COLUMNS, token_counts
from pipelines.final_text import final_documents
from pipelines.input_files import with_files
from pipelines.judging import judged
from pipelines.lake import Lake
from pipelines.recipe import Recipe
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.steps import ingest
from pipelines.steps.annotate import KNOWN_COLUMNS, annotated
from pipelines.top_share import without_shares

COLUMNS = tuple(dict.fromkeys((*KNOWN_COLUMNS, *TEXT_COLUMNS)))


def ingested_estimate(found: Context, source: SourceSpec) -> SourceEstimate:
    """The estimate of a source whose documents' number and bytes are known from its manifest.

    A document that the rules reject counts with no tokens, so the interval covers the rules' share as well.
    """
    manifest = found.of(ingest.NAME, source.name)
    files = [file for file in manifest.files if file.path.startswith("part-")]
    sample = SeededSample(found.recipe.seed, source.name)
    for number, file in enumerate(files):
        sample.offer(number, np.arange(file.rows))
    recipe = found.recipe
    reader: RowReader[tuple[int, float, float]] = RowReader(
        manifest.part_uris(found.lake, "part-"),
        COLUMNS,
        lambda documents: judged_tokens(documents, recipe, source, found.lake),
    )
    sampled = np.array(reader.measured(sample.places()), np.float64).reshape(-1, 3)
    documents = sum(file.rows for file in files)
    tokens = ratio_estimate(sampled[:, 0], sampled[:, 1], documents, manifest.measures["text_bytes"])
    kept_share = float(sampled[:, 2].mean()) if len(sampled) else 0.0
    return as_estimate(found, source.name, round(documents * kept_share), tokens)


def judged_tokens(
    documents: pa.Table, recipe: Recipe, source: SourceSpec, lake: Lake | None
) -> list[tuple[int, float, float]]:
    """Of each document: bytes of text, tokens that are kept of it (0 when the rules reject it), how much of it is kept.

    A rule that keeps the best share of a source can't be judged on a sample: it keeps that share of every document.
    """
    if not documents.num_rows:
        return []
    groups = {name: with_files(given, source.folder(), lake) for name, given in recipe.asked_groups(source).items()}
    signals = annotated(documents, groups, recipe.dedup)
    checks, share = without_shares(recipe.checks(source))
    keep, _ = judged(signals, checks)
    counts = iter(token_counts(final_documents(documents, signals).filter(keep), recipe, source))
    sizes = signals.column(SIZE_COLUMN).to_pylist()
    return [
        (size, next(counts) * share if kept else 0, share if kept else 0)
        for size, kept in zip(sizes, keep.to_pylist(), strict=True)
    ]

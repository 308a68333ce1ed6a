"""Which estimate each source gets: the best that the lake, or failing that the input, allows."""

from pipelines.block_sets import read_block_set
from pipelines.context import Context
from pipelines.estimates.ingested import ingested_estimate
from pipelines.estimates.published import has, published_so_far
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.splits import SPLITS_FOR_AN_INTERVAL, sampled_estimate
from pipelines.estimates.stored import stored_estimate
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.steps import annotate, ingest, tokenize_blocks
from pipelines.steps.ingest import plan_splits


def estimate_sources(context: Context) -> list[SourceEstimate]:
    """An estimate of every source, in the recipe's order; starts no Spark and writes nothing.

    RecipeError for a source without input, DamagedFile when published files are gone.
    """
    found = published_so_far(context)
    return [estimate_source(found, source) for source in context.recipe.sources]


def estimate_source(found: Context, source: SourceSpec) -> SourceEstimate:
    """One source's estimate, from what `published_so_far` found."""
    if has(found, tokenize_blocks.NAME, source.name):
        return exact_estimate(found, source.name)
    if has(found, annotate.NAME, source.name):
        return stored_estimate(found, source)
    if has(found, ingest.NAME, source.name):
        return ingested_estimate(found, source)
    return sampled_estimate(found.recipe, source, plan_splits(source), SPLITS_FOR_AN_INTERVAL, found.lake)


def exact_estimate(found: Context, source: str) -> SourceEstimate:
    """A tokenized source's own counts, from its block index; no document is looked at."""
    blocks = read_block_set(found.lake, found.of(tokenize_blocks.NAME, source))
    documents, tokens = sum(blocks.documents.values()), sum(blocks.tokens.values())
    return SourceEstimate(source, documents, tokens, tokens, tokens, "exact", complete=True, before_dedup=False)

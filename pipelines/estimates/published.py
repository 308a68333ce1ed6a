"""What of a recipe the lake holds, stage by stage and source by source, when some of it is missing."""

from contextlib import suppress
from dataclasses import replace
from types import ModuleType

from pipelines.context import Context, NotBuilt
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.steps import annotate, decide, deduplicate, ingest, repeats, tokenize_blocks

BY_SOURCE = (ingest, annotate, decide)  # each needs what the one before published for the same source


def published_so_far(context: Context) -> Context:
    """A read-only context of the same recipe and lake whose `published` holds everything up to the token blocks.

    A stage's fingerprint names what the stage before put out, so a source is followed until something is missing.
    Duplicates are sought among all sources, so dedup can be found when every source is decided. Does no work and
    starts no Spark; RecipeError for a source without input, DamagedFile when published files are gone.
    """
    found = decided_so_far(context)
    if not all(has(found, decide.NAME, source.name) for source in context.recipe.sources):
        return found
    with suppress(NotBuilt):  # for some sources perhaps: those that are there are remembered
        deduplicate.run(found)
    if all(has(found, deduplicate.NAME, source.name) for source in context.recipe.sources):
        with suppress(NotBuilt):
            repeats.run(found)
    for source in context.recipe.sources:
        if _is_ready(found, source):
            _find(tokenize_blocks, found, source)
    return found


def decided_so_far(context: Context) -> Context:
    """The same up to the verdicts, for which no source needs another."""
    found = replace(context, published={}, read_only=True)
    for source in context.recipe.sources:
        all(_find(stage, found, source) for stage in BY_SOURCE)  # up to the first that is missing
    return found


def has(found: Context, stage: str, source: str) -> bool:
    """Whether a stage's output for a source was found."""
    return source in found.published.get(stage, {})


def _is_ready(found: Context, source: SourceSpec) -> bool:
    """Whether all that tokenize needs of a source is there."""
    is_cut = not any(repeats.looks_for(found.recipe, source)) or has(found, repeats.NAME, source.name)
    return has(found, deduplicate.NAME, source.name) and is_cut


def _find(stage: ModuleType, found: Context, source: SourceSpec) -> bool:
    """Whether a stage is published for one source; `found` remembers it."""
    alone = replace(found, recipe=found.recipe.model_copy(update={"sources": [source]}))  # shares `published`
    try:
        stage.run(alone)
    except NotBuilt:
        return False
    return True

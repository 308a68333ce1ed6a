"""What a lake has deduplicated of a recipe's sources."""

from dataclasses import dataclass

from pipelines.context import Context, NotBuilt
from pipelines.estimates.published import has, published_so_far
from pipelines.lake import Books
from pipelines.steps import deduplicate


@dataclass(frozen=True)
class Deduplicated:
    """The published stages up to dedup; where their files lie."""

    context: Context

    @property
    def sources(self) -> list[str]:
        """In the recipe's order."""
        return [source.name for source in self.context.recipe.sources]

    def parts(self, stage: str, source: str, prefix: str) -> list[str]:
        """Uris of the stage's files whose name starts with `prefix`, in order."""
        return self.context.of(stage, source).part_uris(self.context.lake, prefix)

    def removed_lists(self) -> dict[str, list[str]]:
        """Each source's lists of removed documents."""
        return {source: self.parts(deduplicate.NAME, source, "removed-") for source in self.sources}

    def books(self, source: str) -> Books:
        """What became of the documents that the source brought to dedup."""
        return self.context.of(deduplicate.NAME, source).books


def deduplicated(context: Context) -> Deduplicated:
    """The recipe's sources in the lake, all of them, for clusters reach across sources; starts no Spark.

    NotBuilt where dedup is missing, RecipeError for a source without input, DamagedFile when published files are gone.
    """
    found = published_so_far(context)
    missing = [source.name for source in context.recipe.sources if not has(found, deduplicate.NAME, source.name)]
    if missing:
        raise NotBuilt(
            f"duplicates were not sought yet for {', '.join(missing)} in {context.lake.uri}: "
            f"run `mixdown build --until {deduplicate.NAME}`"
        )
    return Deduplicated(found)

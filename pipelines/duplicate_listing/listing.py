"""The clusters that are asked for, and what each source lost to dedup."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipelines.duplicate_listing.choosing import choose
from pipelines.duplicate_listing.comparing import Cluster, compared
from pipelines.duplicate_listing.deduplicated import Deduplicated
from pipelines.duplicate_listing.naming import clusters_named
from pipelines.duplicate_listing.removed_counts import SourceCounts, removed_counts
from pipelines.recipe_keys.problems import RecipeError, unknown


@dataclass(frozen=True)
class Asked:
    """Which clusters, and how much of them; no sources or reasons: all of them."""

    top: int
    members: int
    text_chars: int
    sources: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    cluster: str | None = None  # the name of a document

    def wants(self, source: str, reason: str) -> bool:
        """Whether documents that this source lost for this reason are asked for."""
        return (not self.sources or source in self.sources) and (not self.reasons or reason in self.reasons)


@dataclass(frozen=True)
class SourceTotals:
    """What dedup did to a source."""

    source: str
    kind: str
    documents: int  # that came to dedup
    kept: int
    removed: int
    retention: float | None  # kept of documents; None without documents
    reasons: dict[str, int]
    clusters: int  # that documents of the source were removed from
    largest: int  # documents in the largest of them


@dataclass(frozen=True)
class Listing:
    """Clusters with the most documents that were asked for first; `clusters` and `removed` count all of these."""

    recipe: str
    lake: str
    sources: list[SourceTotals]
    clusters: int
    removed: int
    shown: list[Cluster]
    notes: list[str]


def listing(found: Deduplicated, asked: Asked) -> Listing:
    """What is asked for; reads the lists of removed documents, ids, and the texts that are shown.

    RecipeError for a source that is none of the recipe's, NoCluster when a named document is in no cluster.
    """
    for name in asked.sources:
        if name not in found.sources:
            raise RecipeError(f"--source {name}: {unknown('source of this recipe', name, found.sources)}")
    recipe = found.context.recipe
    with removed_counts(found.removed_lists()) as counts:
        by_source = counts.by_source()
        clusters, removed = counts.totals(asked.sources, asked.reasons)
        named = None if asked.cluster is None else clusters_named(found, counts, asked.cluster)
        survivor_ids = None if named is None else named.survivor_ids
        chosen = counts.largest(asked.top, asked.sources, asked.reasons, survivor_ids)
    ids = [cluster.survivor_id for cluster in chosen]
    first = {} if named is None else named.removed
    shown = choose(found, found.sources, ids, asked.members, recipe.seed, asked.wants, first)
    return Listing(
        recipe.name,
        found.context.lake.uri,
        [_totals(found, source, by_source.get(source, SourceCounts())) for source in found.sources],
        clusters,
        removed,
        [compared(found, cluster, shown[cluster.survivor_id], asked.text_chars) for cluster in chosen],
        list(_notes(asked, by_source.values())),
    )


def _totals(found: Deduplicated, source: str, counts: SourceCounts) -> SourceTotals:
    books = found.books(source)
    retention = books.kept / books.records_in if books.records_in else None
    kind = found.context.recipe.source(source).kind
    return SourceTotals(
        source,
        kind,
        books.records_in,
        books.kept,
        books.rejected,
        retention,
        counts.reasons,
        counts.clusters,
        counts.largest,
    )


def _notes(asked: Asked, counts: Iterable[SourceCounts]) -> Iterator[str]:
    """Which reasons nothing was removed for: they are data, so a name may be mistaken."""
    known = sorted({reason for own in counts for reason in own.reasons})
    for reason in asked.reasons:
        if reason not in known:
            yield f"nothing was removed as {reason!r}; reasons here: {', '.join(known) or 'none'}"

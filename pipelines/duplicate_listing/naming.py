"""The clusters that a named document belongs to, as a removed one or as the survivor."""

from dataclasses import dataclass

from pipelines.duplicate_listing.choosing import Chosen
from pipelines.duplicate_listing.deduplicated import Deduplicated
from pipelines.duplicate_listing.removed_counts import RemovedCounts
from pipelines.explaining.documents import LISTED, named
from pipelines.explaining.duplicates import removed_rows
from pipelines.explaining.plain_text import plain
from pipelines.explaining.reference import Reference
from pipelines.explaining.render_accounts import counted


class NoCluster(LookupError):
    """A document that is in no cluster, or a name that nothing goes by."""


@dataclass(frozen=True)
class Named:
    """The clusters that were asked for by a document's name."""

    survivor_ids: set[str]
    removed: dict[str, list[Chosen]]  # by survivor: those of the named documents that were removed


def clusters_named(found: Deduplicated, counts: RemovedCounts, name: str) -> Named:
    """The clusters of the documents that go by an id, an address or repository@commit:path.

    The first LISTED documents count, where a name is that of many. NoCluster when there is no cluster.
    """
    reference = Reference(name.encode("utf-8", "replace").decode())  # an argument that is no text names nothing
    documents = named(found, found.sources, reference)
    if not documents.count:
        near = f". Near it: {' '.join(map(plain, documents.near))}" if documents.near else ""
        raise NoCluster(f"no document of {', '.join(found.sources)} goes by {name!r}{near}")
    removed: dict[str, list[Chosen]] = {}
    for place, row in removed_rows(found, documents.documents).items():
        removed.setdefault(row["survivor_id"], []).append((place, row["reason"]))
    ids = removed.keys() | {document.doc_id for document in documents.documents}
    survivors = {cluster.survivor_id for cluster in counts.largest(len(ids), survivor_ids=ids)}
    if not survivors:
        first = f" (of the first {LISTED})" if documents.count > LISTED else ""
        raise NoCluster(
            f"{plain(name)}: {counted(documents.count, 'document')}, and no cluster{first}. Nothing was removed as "
            "like it; or the rules rejected it, before duplicates were sought"
        )
    return Named(survivors, removed)

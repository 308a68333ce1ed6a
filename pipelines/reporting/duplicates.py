"""Duplicates: how many clusters dedup found, how large they are, and what the largest ones repeat."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.duplicate_listing.removed_counts import ClusterCounts, removed_counts
from pipelines.reporting.charts import Bar, ranked
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.mixture import document_sources

LARGEST = 10
EXCERPT_CHARS = 240
REFERENCE_CHARS = 300
SIZE_BOUNDS = (2, 5, 10, 100)  # a size class ends with each; the last class is open
SIZE_LABELS = ("2", "3–5", "6–10", "11–100", "more than 100")


@dataclass(frozen=True)
class Cluster:
    """One survivor and what it stands for."""

    survivor_id: str
    size: int  # the survivor itself included
    removed: list[tuple[str, str, int]]  # (source, reason, documents)
    source: str = ""  # of the survivor; empty: not found
    reference: str = ""
    excerpt: str = ""


@dataclass(frozen=True)
class Duplicates:
    """What dedup removed from all sources together."""

    clusters: int
    removed: int
    sizes: list[Bar]
    largest: list[Cluster]


def duplicates(files: MixtureFiles) -> Duplicates:
    """Clusters over all sources; Gone when the lists of removed documents cannot be read."""
    with reading("Duplicates"):
        lists = {source: files.parts("dedup", source, "removed-") for source in document_sources(files.manifest)}
        with removed_counts(lists) as counts:  # all or nothing: clusters reach across sources
            sizes = counts.sizes()
            clusters, removed = counts.totals()
            largest = [_cluster(found) for found in counts.largest(LARGEST)]
    classes = [0] * len(SIZE_LABELS)
    for size, count in sizes.items():
        classes[sum(size > bound for bound in SIZE_BOUNDS)] += count
    bars = ranked(list(zip(SIZE_LABELS, classes, strict=True)), clusters)
    return Duplicates(clusters, removed, bars, _described(files, largest))


def _cluster(counts: ClusterCounts) -> Cluster:
    removed = [(each.source, each.reason, each.documents) for each in counts.removed]
    return Cluster(counts.survivor_id, counts.size, removed)


def _described(files: MixtureFiles, clusters: list[Cluster]) -> list[Cluster]:
    """The clusters with their survivors' source, reference and first words, where those are still in the lake."""
    wanted = pa.array([cluster.survivor_id for cluster in clusters], pa.string())
    found: dict[str, tuple[str, str, str]] = {}
    for source in document_sources(files.manifest):
        try:
            with reading(source):
                found |= _survivors(files, source, wanted)
        except LookupError:
            continue  # the source's documents are gone: its survivors stay undescribed
    return [Cluster(c.survivor_id, c.size, c.removed, *found.get(c.survivor_id, ("", "", ""))) for c in clusters]


def _survivors(files: MixtureFiles, source: str, wanted: pa.StringArray) -> dict[str, tuple[str, str, str]]:
    """id -> (source, reference, excerpt) of the wanted documents of one source; reads ids first, text only of those."""
    found: dict[str, tuple[str, str, str]] = {}
    for uri in files.parts("ingest", source, "part-"):
        with storage.open_parquet(uri) as file:
            for group in range(file.num_row_groups):
                ids = file.read_row_group(group, ["doc_id"], use_threads=False).column("doc_id")
                at = pc.indices_nonzero(pc.is_in(ids, value_set=wanted))
                if len(at):
                    names = ["doc_id", "url", "repository", "commit", "path", "text"]
                    rows = file.read_row_group(group, names, use_threads=False).take(at).to_pylist()
                    found |= {row["doc_id"]: (source, _reference(row), _excerpt(row["text"])) for row in rows}
    return found


def _reference(row: dict[str, Any]) -> str:
    """Where the document comes from: its address, or repository, commit and path."""
    commit = (row["commit"] or "")[:12]
    parts = [row["url"]] if row["url"] else [row["repository"], commit, row["path"]]
    return " ".join(part for part in parts if part)[:REFERENCE_CHARS]


def _excerpt(text: str) -> str:
    """The text's first words on one line."""
    return " ".join(text[: 2 * EXCERPT_CHARS].split())[:EXCERPT_CHARS]

"""Which documents are duplicates, and of which survivor.

First the groups of documents that are equal in something: repositories that are copies, one URL, one content. Of each
the best document goes on. Then near duplicates: documents that share a band hash are tied into a star, and the
connected components of all stars are the clusters. Without verification the best of a component survives; with it, or
incrementally, its documents are taken in order and only what is like a survivor goes.

The best document is the one with the smallest (preference, doc_id, position), an order of the documents alone: how the
rows are partitioned or sorted changes nothing. Every group keeps its best, so no cluster loses all its members.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup.groups import ORDER, REMOVED_SQL, all_but_best
from dedup.label import label_components
from dedup.lineage import materialised
from dedup.one_task import fits, removed_documents
from dedup.reasons import EXACT_DUPLICATE, NEAR_DUPLICATE, REPOSITORY_DUPLICATE, URL_DUPLICATE
from dedup.repositories import repository_removals
from dedup.settings import DedupSettings
from dedup.stars import star_edges
from dedup.verified import ShinglesOf, near_removals

DOCUMENTS_SQL = (
    "position long, preference array<double>, doc_id string, content_hash binary, url_hash binary, repository string, "
    "bands array<bigint>, signature binary, is_known boolean"
)

REMOVED_DOCUMENTS_SQL = f"{REMOVED_SQL}, reason string, cluster_size long"


def find_duplicates(documents: DataFrame, settings: DedupSettings, shingles_of: ShinglesOf | None = None) -> DataFrame:
    """Find the documents to remove.

    In: the columns of DOCUMENTS_SQL. position is unique; preference is compared number by number, smallest first; a
    null content_hash, url_hash or repository is equal to no other; null bands (no shingle) are near to no other; a
    known document survived before and survives. The table is read several times: give stored columns, not a
    computation. `shingles_of` gives the shingles of few of them, where `verify: exact` asks. Few documents
    are one task's work where that can do it, with the same result.

    Out, one row per removed document: position long; survivor long and survivor_id string, the document kept in its
    place; reason string; cluster_size long, the documents that the survivor stands for, itself included.

    Raises NotConverged when components across the cluster don't settle.
    """
    if fits(settings, documents.count()):
        return documents.coalesce(1).mapInArrow(_solver(settings), REMOVED_DOCUMENTS_SQL)
    documents = _known_first(documents)
    removed: DataFrame | None = None
    for reason, find in _steps(settings, shingles_of).items():
        found = materialised(_not_known(find(documents), documents, settings).withColumn("reason", F.lit(reason)))
        removed = found if removed is None else materialised(followed(removed, found))
        documents = documents.join(found.select("position"), on="position", how="left_anti")
    return with_cluster_size(_nothing(documents) if removed is None else removed)


def _solver(settings: DedupSettings) -> Any:
    """A function for mapInArrow: all documents in, what is removed out."""

    def solve(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        tables = list(batches)
        if tables:
            yield from removed_documents(pa.Table.from_batches(tables), settings).to_batches()

    return solve


def _steps(settings: DedupSettings, shingles_of: ShinglesOf | None) -> dict[str, Callable[[DataFrame], DataFrame]]:
    """What is asked for, in order: from the documents that are left to REMOVED_SQL of those that go."""
    steps: dict[str, Callable[[DataFrame], DataFrame]] = {}
    share = settings.repositories
    if share is not None:
        steps[REPOSITORY_DUPLICATE] = lambda documents: repository_removals(documents, settings, share)
    if settings.exact:
        steps[EXACT_DUPLICATE] = lambda documents: all_but_best(documents, "content_hash")
    if settings.urls:
        steps[URL_DUPLICATE] = lambda documents: all_but_best(documents, "url_hash")
    if settings.near:
        steps[NEAR_DUPLICATE] = lambda documents: near_duplicates(documents, settings, shingles_of)
    return steps


def near_duplicates(documents: DataFrame, settings: DedupSettings, shingles_of: ShinglesOf | None = None) -> DataFrame:
    """REMOVED_SQL of the documents that are near duplicates of one that stays."""
    labels = label_components(materialised(star_edges(documents)), settings)
    if settings.verify != "none" or settings.incremental:
        return near_removals(documents, labels, settings, shingles_of)
    components = labels.withColumnRenamed("node", "position")
    members = documents.select(*ORDER).join(components, on="position", how="inner")
    return all_but_best(members, "label")


def followed(removed: DataFrame, later: DataFrame) -> DataFrame:
    """Both, with survivors of `removed` that `later` removes replaced by theirs."""
    replaced = later.select(
        F.col("position").alias("survivor"),
        F.col("survivor").alias("last_survivor"),
        F.col("survivor_id").alias("last_survivor_id"),
    )
    moved = removed.join(replaced, on="survivor", how="left").select(
        "position",
        F.coalesce("last_survivor", "survivor").alias("survivor"),
        F.coalesce("last_survivor_id", "survivor_id").alias("survivor_id"),
        "reason",
    )
    return moved.unionByName(later)


def with_cluster_size(removed: DataFrame) -> DataFrame:
    """Add cluster_size: how many documents became one, the survivor included."""
    sizes = removed.groupBy("survivor").agg((F.count(F.lit(1)) + 1).alias("cluster_size"))
    return removed.join(sizes, on="survivor", how="inner").select(
        "position", "survivor", "survivor_id", "reason", "cluster_size"
    )


def _known_first(documents: DataFrame) -> DataFrame:
    """Documents that survived before are preferred to all others."""
    is_new = F.when(F.col("is_known"), 0.0).otherwise(1.0)
    return documents.withColumn("preference", F.concat(F.array(is_new), "preference"))


def _not_known(removed: DataFrame, documents: DataFrame, settings: DedupSettings) -> DataFrame:
    """`removed` without documents that survived before: what they were then, they stay."""
    if not settings.incremental:
        return removed
    known = documents.where("is_known").select("position")
    return removed.join(known, on="position", how="left_anti")


def _nothing(documents: DataFrame) -> DataFrame:
    return documents.sparkSession.createDataFrame([], f"{REMOVED_SQL}, reason string")

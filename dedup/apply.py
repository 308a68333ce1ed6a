"""Which documents are duplicates, and of which survivor.

First exact groups, by content hash; of each its best document goes on. Then near groups: documents that share
a band hash are tied into a star, and the connected components of all stars are the clusters. The best
document is the one with the smallest (priority_rank, doc_id, position), an order of the documents alone: how
the rows are partitioned or sorted changes nothing. Every group keeps its best, so no cluster loses all its
members.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup.label import label_components
from dedup.lineage import materialised
from dedup.settings import DedupSettings

ORDER = ("priority_rank", "doc_id", "position")
DOCUMENT_COLUMNS = (*ORDER, "content_hash", "bands")

EXACT_DUPLICATE = "exact_duplicate"
NEAR_DUPLICATE = "near_duplicate"


def find_duplicates(documents: DataFrame, settings: DedupSettings) -> DataFrame:
    """Find the documents to remove.

    In: position long (unique), priority_rank int, doc_id string, content_hash binary (null: equal to no
    other), bands array<bigint> (null: no shingle, so near to no other). It is read several times: give stored
    columns, not a computation.

    Out, one row per removed document: position long; survivor long and survivor_id string, the document kept
    in its place; reason string, `exact_duplicate` or `near_duplicate`; cluster_size long, the documents that
    the survivor stands for, itself included.
    """
    documents = documents.select(*DOCUMENT_COLUMNS)
    exact = materialised(exact_removals(documents)) if settings.exact else _nothing(documents)
    near = _nothing(documents)
    if settings.near:
        distinct = documents.join(exact, on="position", how="left_anti")
        labels = label_components(materialised(near_edges(distinct)), settings)
        near = materialised(near_removals(distinct, labels))
    return with_cluster_size(near.unionByName(follow_survivors(exact, near)))


def exact_removals(documents: DataFrame) -> DataFrame:
    """All but the best of each group of equal content hashes: position, survivor, survivor_id, reason."""
    hashed = documents.select(*ORDER, "content_hash").where(F.col("content_hash").isNotNull())
    return _all_but_best(hashed, "content_hash", EXACT_DUPLICATE)


def near_edges(documents: DataFrame) -> DataFrame:
    """A star per bucket of documents with a common band hash: a long, its centre; b long, another member.

    A bucket of n documents gives n - 1 edges, never all pairs. The centre is the bucket's smallest position:
    any member gives the same components, and a number is what can be found with a fixed-size aggregate per
    bucket, so neither a bucket's rows nor its ids are ever gathered in one place.
    """
    members = documents.select("position", F.explode("bands").alias("bucket"))
    centres = (
        members.groupBy("bucket")
        .agg(F.min("position").alias("centre"), F.max("position").alias("last"))
        .where(F.col("centre") < F.col("last"))
        .select("bucket", "centre")
    )
    return (
        members.join(centres, on="bucket", how="inner")
        .where(F.col("position") != F.col("centre"))
        .select(F.col("centre").alias("a"), F.col("position").alias("b"))
        .distinct()
    )


def near_removals(documents: DataFrame, labels: DataFrame) -> DataFrame:
    """All but the best of each component: position, survivor, survivor_id, reason.

    `labels`: node long, label long.
    """
    components = labels.withColumnRenamed("node", "position")
    members = documents.select(*ORDER).join(components, on="position", how="inner")
    return _all_but_best(members, "label", NEAR_DUPLICATE)


def follow_survivors(exact: DataFrame, near: DataFrame) -> DataFrame:
    """`exact` with survivors that `near` removes replaced by theirs."""
    replaced = near.select(
        F.col("position").alias("survivor"),
        F.col("survivor").alias("last_survivor"),
        F.col("survivor_id").alias("last_survivor_id"),
    )
    return exact.join(replaced, on="survivor", how="left").select(
        "position",
        F.coalesce("last_survivor", "survivor").alias("survivor"),
        F.coalesce("last_survivor_id", "survivor_id").alias("survivor_id"),
        "reason",
    )


def with_cluster_size(removed: DataFrame) -> DataFrame:
    """Add cluster_size: how many documents became one, the survivor included."""
    sizes = removed.groupBy("survivor").agg((F.count(F.lit(1)) + 1).alias("cluster_size"))
    return removed.join(sizes, on="survivor", how="inner").select(
        "position", "survivor", "survivor_id", "reason", "cluster_size"
    )


def _all_but_best(documents: DataFrame, group: str, reason: str) -> DataFrame:
    """Rows that are not the least by ORDER among those with an equal `group`, each with the one that is."""
    several = (
        documents.groupBy(group)
        .agg(_best_document().alias("best"), F.count(F.lit(1)).alias("documents"))
        .where(F.col("documents") > 1)
        .select(group, "best")
    )
    return (
        documents.join(several, on=group, how="inner")
        .where(F.col("position") != F.col("best.position"))
        .select(
            "position",
            F.col("best.position").alias("survivor"),
            F.col("best.doc_id").alias("survivor_id"),
            F.lit(reason).alias("reason"),
        )
    )


def _best_document() -> Column:
    return F.min(F.struct(*ORDER))


def _nothing(documents: DataFrame) -> DataFrame:
    return documents.sparkSession.createDataFrame([], "position long, survivor long, survivor_id string, reason string")

"""Repositories that are copies of others as a whole: forks, mirrors, vendored trees.

A repository is one when at least a given share of its files are, up to runs of whitespace, files of one other that is
preferred. Files that more than MOST_SHARING repositories have (licences, empty files) tell nothing and are not counted.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup.groups import ORDER, all_but_best
from dedup.label import label_components
from dedup.lineage import materialised
from dedup.settings import DedupSettings

MOST_SHARING = 32


def repository_removals(documents: DataFrame, settings: DedupSettings, share: float) -> DataFrame:
    """The documents of repositories that are copies.

    In: ORDER, content_hash binary, repository string (null: none). Out: position, survivor, survivor_id; the survivor
    is the best document of the repository that stays.
    """
    files = documents.where("repository is not null and content_hash is not null")
    best = materialised(
        files.groupBy("repository").agg(F.min(F.struct(*ORDER)).alias("best")).select("repository", "best.*")
    )
    edges = copies(materialised(_files(files)), best, share)
    labels = label_components(materialised(edges), settings)
    members = best.join(labels.withColumnRenamed("node", "position"), on="position", how="inner")
    removed = all_but_best(members, "label").withColumnRenamed("position", "best_position")
    copied = best.select("repository", F.col("position").alias("best_position")).join(removed, on="best_position")
    return (
        files.select("position", "repository")
        .join(copied, on="repository", how="inner")
        .select("position", "survivor", "survivor_id")
    )


def _files(files: DataFrame) -> DataFrame:
    """The distinct contents of each repository that tell something: repository, content_hash."""
    distinct = files.select("repository", "content_hash").distinct()
    telling = distinct.groupBy("content_hash").count().where(F.col("count") <= MOST_SHARING).select("content_hash")
    return distinct.join(telling, on="content_hash", how="inner")


def copies(contents: DataFrame, best: DataFrame, share: float) -> DataFrame:
    """An edge for each repository whose contents are in a preferred one: a, b long, positions of their best documents.

    `contents`: repository, content_hash, distinct; `best`: repository and ORDER of its best document.
    """
    sizes = contents.groupBy("repository").agg(F.count(F.lit(1)).alias("files"))
    ranked = contents.join(best, on="repository", how="inner").select(
        "content_hash", "repository", F.struct(*ORDER).alias("best")
    )
    other = ranked.select("content_hash", F.col("best").alias("other"))
    shared = (
        ranked.join(other, on="content_hash", how="inner")
        .where(F.col("other") < F.col("best"))
        .groupBy("repository", "best", "other")
        .agg(F.count(F.lit(1)).alias("shared"))
    )
    return (
        shared.join(sizes, on="repository", how="inner")
        .where(F.col("shared") >= F.lit(share) * F.col("files"))
        .select(F.col("other.position").alias("a"), F.col("best.position").alias("b"))
    )

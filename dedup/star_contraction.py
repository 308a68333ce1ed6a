"""Connected components across a cluster: alternating large-star and small-star.

Kiveris, Lattanzi, Mirrokni, Rastogi & Vassilvitskii, "Connected Components in MapReduce and Beyond" (SoCC
2014). Both operations keep the components. Repeated, they turn each into a star: every node tied to the
smallest.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup.lineage import materialised

# The paper proves O(log^2 n) rounds for a graph of n nodes; about log2(n) are usual.
MAX_ROUNDS = 50


class NotConverged(RuntimeError):
    """The contraction used up its rounds."""


def star_contraction(edges: DataFrame, max_rounds: int = MAX_ROUNDS) -> DataFrame:
    """Label every node that occurs in an edge with the smallest node of its component.

    In: a long, b long; direction, order, repetition and self-loops do not matter. Out: node long, label long.

    Raises NotConverged, with the numbers, after `max_rounds` rounds.
    """
    nodes = edges.select(F.col("a").alias("node")).union(edges.select(F.col("b").alias("node"))).distinct()
    stars = materialised(_downward(edges))
    for _ in range(max_rounds):
        stars = materialised(small_star(large_star(stars)))
        unsettled = count_unsettled(stars)
        if unsettled == 0:
            return _labels(nodes, stars)
    raise NotConverged(
        f"star contraction was given {max_rounds} rounds, after which {unsettled} nodes of {stars.count()} "
        "edges are not tied to their component's smallest node alone: raise max_rounds"
    )


def large_star(edges: DataFrame) -> DataFrame:
    """Tie each node's larger neighbours to the smallest of the node and its neighbours.

    In and out: a long > b long.
    """
    neighbours = edges.union(edges.select(F.col("b").alias("a"), F.col("a").alias("b")))
    least = neighbours.groupBy("a").agg(F.least(F.col("a"), F.min("b")).alias("least"))
    return (
        neighbours.where(F.col("b") > F.col("a"))
        .join(least, on="a", how="inner")
        .select(F.col("b").alias("a"), F.col("least").alias("b"))
        .distinct()
    )


def small_star(edges: DataFrame) -> DataFrame:
    """Tie each node and its smaller neighbours to the smallest of these.

    In and out: a long > b long.
    """
    least = edges.groupBy("a").agg(F.min("b").alias("least"))
    tied_neighbours = edges.join(least, on="a", how="inner").select(F.col("b").alias("a"), F.col("least").alias("b"))
    return tied_neighbours.union(least.select("a", F.col("least").alias("b"))).where("a > b").distinct()


def count_unsettled(edges: DataFrame) -> int:
    """Number of nodes that are tied to two smaller ones, or to a smaller and a larger one.

    It is zero exactly when every component is a star around its smallest node, because a > b in every edge.
    """
    ends = edges.select(F.col("a").alias("node"), F.lit(1).alias("as_leaf"), F.lit(0).alias("as_centre")).union(
        edges.select(F.col("b").alias("node"), F.lit(0).alias("as_leaf"), F.lit(1).alias("as_centre"))
    )
    roles = ends.groupBy("node").agg(F.sum("as_leaf").alias("leaf"), F.max("as_centre").alias("centre"))
    return roles.where("leaf > 1 or (leaf = 1 and centre = 1)").count()


def _downward(edges: DataFrame) -> DataFrame:
    """Each edge once, from its larger to its smaller end, without self-loops."""
    larger, smaller = F.greatest("a", "b").alias("a"), F.least("a", "b").alias("b")
    return edges.select(larger, smaller).where("a > b").distinct()


def _labels(nodes: DataFrame, stars: DataFrame) -> DataFrame:
    tied = stars.select(F.col("a").alias("node"), F.col("b").alias("label"))
    return nodes.join(tied, on="node", how="left").select("node", F.coalesce("label", "node").alias("label"))

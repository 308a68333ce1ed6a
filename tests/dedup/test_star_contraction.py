import random
from typing import TYPE_CHECKING

import networkx
import pytest

from tests.dedup.graphs import GRAPHS, Edges, labels_by_networkx

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def _table(spark: "SparkSession", edges: Edges) -> "DataFrame":
    return spark.createDataFrame(edges, "a long, b long")


def _random_edges() -> Edges:
    graph = networkx.gnm_random_graph(500, 300, seed=2)
    return [(10**7 + a, 10**7 + b) for a, b in graph.edges]


@pytest.mark.slow
def test_all_graphs_at_once_equal_networkx(spark: "SparkSession") -> None:
    from dedup.star_contraction import star_contraction

    edges = _random_edges()
    for number, graph in enumerate(GRAPHS.values()):
        edges += [(a + number * 10**8, b + number * 10**8) for a, b in graph]
    random.Random(1).shuffle(edges)
    rows = star_contraction(_table(spark, edges + edges[:20])).collect()
    labels = {row["node"]: row["label"] for row in rows}
    assert len(rows) == len(labels)
    assert labels == labels_by_networkx(edges)


def test_no_edges_give_no_labels(spark: "SparkSession") -> None:
    from dedup.star_contraction import star_contraction

    assert star_contraction(_table(spark, [])).collect() == []


def test_too_few_rounds_raise_with_the_numbers(spark: "SparkSession") -> None:
    from dedup.star_contraction import NotConverged, star_contraction

    path = GRAPHS["path with shuffled numbers"]
    with pytest.raises(NotConverged, match=r"given 1 rounds, after which \d+ nodes of \d+ edges .* raise max_rounds"):
        star_contraction(_table(spark, path), max_rounds=1)


def test_unsettled_counts_nodes_that_are_no_leaf_of_one_star(spark: "SparkSession") -> None:
    from dedup.star_contraction import count_unsettled

    assert count_unsettled(_table(spark, [(5, 1), (4, 1), (9, 2)])) == 0
    assert count_unsettled(_table(spark, [(5, 1), (5, 2)])) == 1
    assert count_unsettled(_table(spark, [(5, 4), (4, 1)])) == 1

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.contraction_rounds import contraction_rounds, is_settled, large_star, small_star
from tests.dedup.graphs import labels_by_networkx

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def random_edges(seed: int) -> NDArray[np.int64]:
    """Downward, each once, of a graph with long chains."""
    edges = np.random.default_rng(seed).integers(0, 300, (220, 2))
    edges = np.sort(edges[edges[:, 0] != edges[:, 1]], axis=1)[:, ::-1]
    return np.unique(edges, axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_rounds_end_in_stars_around_the_smallest_node(seed: int) -> None:
    edges = stars = random_edges(seed)
    rounds = contraction_rounds(edges)
    assert rounds > 1
    for done in range(rounds):
        assert not is_settled(stars), f"settled after {done} rounds"
        stars = small_star(large_star(stars))
    assert is_settled(stars)
    labels = labels_by_networkx([(int(a), int(b)) for a, b in edges])
    assert dict(stars.tolist()) == {node: label for node, label in labels.items() if node != label}


@pytest.mark.slow
def test_each_operation_is_sparks(spark: "SparkSession") -> None:
    from dedup import star_contraction

    edges = random_edges(1)

    def rows(table: "DataFrame") -> list[list[int]]:
        return sorted([row["a"], row["b"]] for row in table.collect())

    table = spark.createDataFrame(edges.tolist(), "a long, b long")
    assert rows(star_contraction.large_star(table)) == large_star(edges).tolist()
    assert rows(star_contraction.small_star(table)) == small_star(edges).tolist()

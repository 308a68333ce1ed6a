import random

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.components import solve_components
from tests.dedup.graphs import GRAPHS, Edges, labels_by_networkx


def _solved(edges: Edges) -> dict[int, int]:
    nodes, labels = solve_components(np.array(edges, np.int64).reshape(-1, 2))
    assert nodes.dtype == labels.dtype == np.int64
    assert (np.diff(nodes) > 0).all()
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))


@pytest.mark.parametrize("name", GRAPHS)
def test_known_graphs(name: str) -> None:
    assert _solved(GRAPHS[name]) == labels_by_networkx(GRAPHS[name])


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs_equal_networkx(seed: int) -> None:
    graph = networkx.gnm_random_graph(3000, 1400 + 100 * seed, seed=seed)
    numbers = random.Random(seed).sample(range(2**62), 3000)
    edges = [(numbers[a], numbers[b]) for a, b in graph.edges]
    assert _solved(edges) == labels_by_networkx(edges)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=40), st.randoms())
def test_direction_order_and_repetition_do_not_matter(edges: Edges, shuffler: random.Random) -> None:
    changed = [(b, a) for a, b in edges] + edges[:5]
    shuffler.shuffle(changed)
    assert _solved(changed) == _solved(edges) == labels_by_networkx(edges)


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found \(3,\)"):
        solve_components(np.zeros(3, np.int64))

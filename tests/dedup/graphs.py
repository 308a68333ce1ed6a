"""Graphs whose components are tested, and their labels by networkx."""

import random
from itertools import pairwise

import networkx

Edges = list[tuple[int, int]]


def labels_by_networkx(edges: Edges) -> dict[int, int]:
    """The smallest node of its component, for every node of `edges`."""
    graph = networkx.Graph(edges)
    return {node: min(component) for component in networkx.connected_components(graph) for node in component}


def _random_path(length: int) -> Edges:
    nodes = random.Random(5).sample(range(10**6), length)
    return list(pairwise(nodes))


GRAPHS: dict[str, Edges] = {
    "empty": [],
    "one edge": [(7, 3)],
    "self-loop": [(4, 4)],
    "path": [(n, n + 1) for n in range(60)],
    "path with shuffled numbers": _random_path(60),
    "star around its largest": [(1000, n) for n in range(40)],
    "star around its smallest": [(-1, n) for n in range(40)],
    "clique": [(a, b) for a in range(12) for b in range(a)],
    "cycle": [(n, (n + 1) % 25) for n in range(25)],
}

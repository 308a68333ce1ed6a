"""Connected components of an edge list that fits into one process."""

import numpy as np
from numpy.typing import NDArray


def solve_components(edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Label every node with the smallest node of its component.

    `edges` is int64[m, 2]; direction, order, repetition and self-loops do not matter. Returns the nodes that
    occur in it, int64[k] ascending, and their labels, int64[k].

    Raises ValueError for another shape.
    """
    if edges.ndim != 2 or edges.shape[1] != 2:
        raise ValueError(f"edges must have shape (m, 2), found {edges.shape}")
    if len(edges) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    from scipy.sparse import coo_array  # here: the driver plans dedup and solves nothing
    from scipy.sparse.csgraph import connected_components

    nodes, compact = np.unique(edges, return_inverse=True)
    compact = compact.reshape(-1, 2)
    graph = coo_array((np.ones(len(edges), np.int8), (compact[:, 0], compact[:, 1])), shape=(len(nodes),) * 2)
    _, component = connected_components(graph, directed=False)
    # Nodes ascend, so the first of a component is its smallest.
    _, first = np.unique(component, return_index=True)
    return nodes, nodes[first[component]]

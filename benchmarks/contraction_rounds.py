"""Rounds that star contraction takes, by the same rounds in NumPy: a million documents in a second, ten million in ten.

The operations are those of `dedup/star_contraction.py` on arrays, on the stars of documents that never were
(`synthetic_bands.py`), where copies are of copies, so that components have chains. Printed are rounds, edges a document
and the largest component for sizes from 10,000 to ten million (`--quick`: a million), and the rounds that a doubling of
the documents adds, by a fitted line.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks import synthetic_bands
from benchmarks.harness import machine, print_result
from dedup.components import solve_components
from dedup.in_process import star_edges

COUNTS = (10_000, 100_000, 1_000_000, 10_000_000)

Edges = NDArray[np.int64]  # [m, 2], a larger and a smaller node, each edge once


def run(quick: bool) -> None:
    """Print rounds by size."""
    print(machine())
    counts = COUNTS[: 3 if quick else None]
    rounds = []
    for count in counts:
        edges = star_edges(synthetic_bands.documents(count, chained=True).bands)
        rounds.append(contraction_rounds(edges))
        nodes, labels = solve_components(edges)
        _, sizes = np.unique(labels, return_counts=True)
        print(
            f"{count:11,} documents {len(edges) / count:6.3f} edges a document, {len(nodes) / count:6.3f} of them have "
            f"a candidate, largest component {sizes.max():8,}, {rounds[-1]} rounds"
        )
    slope, _ = np.polyfit(np.log2(counts), rounds, 1)
    print_result("rounds of star contraction that a doubling adds", float(slope), rounds=rounds)


def contraction_rounds(edges: Edges) -> int:
    """Rounds until every component is a star around its smallest node; edges int64[m, 2] in any direction."""
    stars = _downward(edges[:, 0], edges[:, 1])
    rounds = 0
    while True:
        stars = small_star(large_star(stars))
        rounds += 1
        if is_settled(stars):
            return rounds


def large_star(edges: Edges) -> Edges:
    """Tie each node's larger neighbours to the smallest of the node and its neighbours."""
    larger, smaller = edges.T
    least = _least(larger, smaller)
    # The larger neighbours of a node are those whose edge ends in it.
    return _downward(larger, np.minimum(smaller, _looked_up(least, smaller)))


def small_star(edges: Edges) -> Edges:
    """Tie each node and its smaller neighbours to the smallest of these."""
    larger, smaller = edges.T
    nodes, least = _least(larger, smaller)
    tied = _looked_up((nodes, least), larger)
    return _downward(np.concatenate([smaller, nodes]), np.concatenate([tied, least]))


def is_settled(edges: Edges) -> bool:
    """Whether each node is tied to one smaller node alone, and that one to none."""
    larger, smaller = edges.T
    return len(np.unique(larger)) == len(larger) and not np.isin(smaller, larger).any()


def _least(nodes: Edges, neighbours: Edges) -> tuple[Edges, Edges]:
    """Each node that occurs, ascending, and the least of its neighbours."""
    order = np.argsort(nodes, kind="stable")
    found, starts = np.unique(nodes[order], return_index=True)
    return found, np.minimum.reduceat(neighbours[order], starts)


def _looked_up(least: tuple[Edges, Edges], nodes: Edges) -> Edges:
    """The least neighbour of each of `nodes`; of a node that has no smaller one, itself."""
    known, values = least
    at = np.minimum(np.searchsorted(known, nodes), len(known) - 1)
    return np.where(known[at] == nodes, values[at], nodes)


def _downward(a: Edges, b: Edges) -> Edges:
    """Edges from larger to smaller, each once, no self-loops."""
    high, low = np.maximum(a, b), np.minimum(a, b)
    size = np.int64(high.max(initial=0) + 1)
    pairs = np.sort((high * size + low)[high != low])
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return np.column_stack(np.divmod(pairs, size))


if __name__ == "__main__":
    run(quick=True)

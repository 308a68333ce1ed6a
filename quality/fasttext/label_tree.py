"""The Huffman tree over labels that hierarchical softmax walks, built as fastText builds it (`loss.cc`)."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

UNREACHED_COUNT = 10**15  # of a tree node that is not built yet


class LabelTree(NamedTuple):
    """Nodes 0 to labels - 1 are the labels, those after them are inner nodes, the last one is the root."""

    left: npt.NDArray[np.int32]  # (2 labels - 1,) children; -1: a leaf
    right: npt.NDArray[np.int32]
    parent: npt.NDArray[np.int32]  # of each node; -1: the root


def label_tree(counts: npt.NDArray[np.int64]) -> LabelTree:
    """The tree over labels with these counts, which are none negative and together below UNREACHED_COUNT."""
    n_labels = len(counts)
    n_nodes = 2 * n_labels - 1
    node_counts = [*counts.tolist(), *[UNREACHED_COUNT] * (n_labels - 1)]
    children = np.full((2, n_nodes), -1, np.int32)
    parents = np.full(n_nodes, -1, np.int32)
    leaf, inner = n_labels - 1, n_labels
    for parent in range(n_labels, n_nodes):
        for side in range(2):
            if leaf >= 0 and node_counts[leaf] < node_counts[inner]:
                child = leaf
                leaf -= 1
            else:
                child = inner
                inner += 1
            children[side, parent] = child
            parents[child] = parent
        node_counts[parent] = sum(node_counts[child] for child in children[:, parent])
    return LabelTree(children[0].copy(), children[1].copy(), parents)


def no_tree() -> LabelTree:
    """For a model without hierarchical softmax."""
    return LabelTree(*(np.empty(0, np.int32) for _ in range(3)))

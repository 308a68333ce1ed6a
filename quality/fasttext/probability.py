"""Probabilities of labels from a document's vector, for each of fastText's losses (`loss.cc`)."""

from typing import Any

import numpy as np

from quality.fasttext.model import HIERARCHICAL_SOFTMAX, SOFTMAX
from quality.kernel import lean_kernel

NO_LABEL = -1
LEAST_PROBABILITY = 1e-5  # fastText adds it before each logarithm, so its scores may exceed 1 by that

# Independent labels (one-vs-all, negative sampling) have their sigmoid from a table.
SIGMOID_STEPS, MAX_SIGMOID = 512, 8


def sigmoid_table() -> Any:
    """float32[SIGMOID_STEPS + 1]: the sigmoid of -MAX_SIGMOID to MAX_SIGMOID."""
    x = (np.arange(SIGMOID_STEPS + 1) * 2 * MAX_SIGMOID).astype(np.float32) / np.float32(SIGMOID_STEPS) - MAX_SIGMOID
    return (1.0 / (1.0 + np.exp(-x.astype(np.float64)))).astype(np.float32)


@lean_kernel
def best_label(model: Any, mean: Any, scores: Any, nodes: Any, sigmoid: Any) -> Any:
    """The most probable label's number and its score; of equal ones the last, as fastText's heap keeps it.

    `scores` (float32) and `nodes` (int32) are memory for labels + 1 values.
    """
    if model.loss == HIERARCHICAL_SOFTMAX:
        return _best_leaf(model, mean, nodes, scores)
    _fill_probabilities(model, mean, scores, sigmoid)
    best, best_log = NO_LABEL, np.float32(-np.inf)
    for label in range(len(model.output_rows)):
        log = _log(scores[label])
        if log >= best_log:
            best, best_log = label, log
    return best, np.exp(best_log)


@lean_kernel
def label_score(model: Any, label: int, mean: Any, scores: Any, sigmoid: Any) -> Any:
    """The score that fastText gives the label."""
    if model.loss == HIERARCHICAL_SOFTMAX:
        return np.exp(_leaf_log(model, label, mean))
    _fill_probabilities(model, mean, scores, sigmoid)
    return np.exp(_log(scores[label]))


@lean_kernel
def _log(probability: Any) -> np.float32:
    return np.float32(np.log(np.float64(probability) + LEAST_PROBABILITY))


@lean_kernel
def _fill_probabilities(model: Any, mean: Any, scores: Any, sigmoid: Any) -> None:
    """Set `scores` to every label's probability."""
    n_labels = len(model.output_rows)
    for label in range(n_labels):
        scores[label] = _activation(model, label, mean)
    if model.loss == SOFTMAX:
        _normalise(scores, n_labels)
    else:
        for label in range(n_labels):
            scores[label] = _sigmoid(scores[label], sigmoid)


@lean_kernel
def _activation(model: Any, row: int, mean: Any) -> np.float32:
    activation = np.float32(0.0)
    for k in range(len(mean)):
        activation += model.output_rows[row, k] * mean[k]
    return activation


@lean_kernel
def _normalise(scores: Any, n_labels: int) -> None:
    largest = scores[0]
    for label in range(1, n_labels):
        largest = max(largest, scores[label])
    total = np.float32(0.0)
    for label in range(n_labels):
        scores[label] = np.exp(scores[label] - largest)
        total += scores[label]
    for label in range(n_labels):
        scores[label] /= total


@lean_kernel
def _sigmoid(activation: float, sigmoid: Any) -> Any:
    if activation < -MAX_SIGMOID:
        return np.float32(0.0)
    if activation > MAX_SIGMOID:
        return np.float32(1.0)
    return sigmoid[int((activation + np.float32(MAX_SIGMOID)) * SIGMOID_STEPS / MAX_SIGMOID / 2)]


@lean_kernel
def _best_leaf(model: Any, mean: Any, nodes: Any, logs: Any) -> Any:
    """The best leaf of the tree and its score: depth first, skipping worse branches."""
    n_labels = len(model.output_rows)
    nodes[0] = 2 * n_labels - 2  # the root
    logs[0] = 0.0
    n_open = 1
    best, best_log = NO_LABEL, np.float32(-np.inf)
    while n_open > 0:
        n_open -= 1
        node, log = nodes[n_open], logs[n_open]
        if log < best_log:
            continue
        if model.tree.left[node] < 0:
            best, best_log = node, log
            continue
        right = _probability_of_right(model, node - n_labels, mean)
        nodes[n_open] = model.tree.right[node]
        logs[n_open] = log + _log(right)
        nodes[n_open + 1] = model.tree.left[node]
        logs[n_open + 1] = log + _log(1.0 - right)
        n_open += 2
    return best, np.exp(best_log)


@lean_kernel
def _leaf_log(model: Any, label: int, mean: Any) -> np.float32:
    n_labels = len(model.output_rows)
    log = np.float32(0.0)
    node = label
    while model.tree.parent[node] >= 0:
        parent = model.tree.parent[node]
        right = _probability_of_right(model, parent - n_labels, mean)
        log += _log(right if model.tree.right[parent] == node else 1.0 - right)
        node = parent
    return log


@lean_kernel
def _probability_of_right(model: Any, inner_node: int, mean: Any) -> np.float32:
    return np.float32(1.0 / (1.0 + np.exp(-np.float64(_activation(model, inner_node, mean)))))

"""How well clusters agree with the truth, as text-dedup's benchmark counts it.

Every document is judged once, by the documents that truly are its duplicates and those that a tool put into a cluster
with it. It is a true negative if it has neither, a false negative if the tool gave it none, a true positive if the tool
gave it all that it has and perhaps more, else a false positive. (text-dedup, benchmarks/utils.py,
`classify_prediction`; Gyawali et al. 2020 before it.) Duplicates and non-duplicates each have a precision and a recall.
text-dedup's column "Macro F1 Score" is the mean of the two precisions, as its code says; macro-F1 proper, the mean of
the two F1 scores, stands beside it here.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.components import solve_components


@dataclass(frozen=True)
class Scores:
    """Of one tool."""

    precision: float  # of duplicates
    recall: float
    precision_of_others: float
    recall_of_others: float

    @property
    def macro_f1(self) -> float:
        """The mean of both classes' F1."""
        return (_f1(self.precision, self.recall) + _f1(self.precision_of_others, self.recall_of_others)) / 2

    @property
    def text_dedup_macro(self) -> float:
        """What text-dedup calls macro F1: the mean of both classes' precision."""
        return (self.precision + self.precision_of_others) / 2


def scores(truth: Mapping[int, int], found: Mapping[int, int], count: int) -> Scores:
    """Of documents 0 to count - 1; both mappings: document to its cluster, of those that are in one."""
    true_members, found_members = _members(truth), _members(found)
    judged: Counter[str] = Counter()
    for document in range(count):
        duplicates = true_members[truth[document]] - {document} if document in truth else set()
        predicted = found_members[found[document]] - {document} if document in found else set()
        if not predicted:
            judged["FN" if duplicates else "TN"] += 1
        else:
            judged["TP" if duplicates and duplicates <= predicted else "FP"] += 1
    tp, fp, fn, tn = (judged[name] for name in ("TP", "FP", "FN", "TN"))
    return Scores(_share(tp, fp), _share(tp, fn), _share(tn, fn), _share(tn, fp))


def clusters(pairs: NDArray[np.int64]) -> dict[int, int]:
    """Document to the smallest of its connected component, of those that are in a pair."""
    nodes, labels = solve_components(pairs)
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))


def _members(cluster_of: Mapping[int, int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for document, cluster in cluster_of.items():
        found[cluster].add(document)
    return found


def _share(right: int, wrong: int) -> float:
    return right / (right + wrong) if right + wrong else 0.0


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

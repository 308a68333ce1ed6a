"""How well a classifier tells two kinds of documents apart: arithmetic over the scores of held-out documents."""

from typing import Any

import numpy as np
import numpy.typing as npt

THRESHOLDS = (0.001, 0.01, 0.018112, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)  # with DCLM's
TOP_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
EVEN = 0.5  # the threshold of the confusion matrix: the more probable label

Scores = npt.NDArray[np.float32]


def metrics_of(positives: Scores, negatives: Scores) -> dict[str, Any]:
    """Confusion, precision, recall, F1 and AUC, and the same at other thresholds; JSON-like."""
    scores = np.concatenate([positives, negatives])
    shares = {}
    for share in TOP_SHARES:
        kept = max(1, int(np.ceil(share * len(scores)))) if len(scores) else 0
        shares[f"{share:g}"] = float(np.partition(scores, len(scores) - kept)[len(scores) - kept]) if kept else 0.0
    return {
        "threshold": EVEN,
        **at_threshold(positives, negatives, EVEN),
        "auc": auc(positives, negatives),
        "thresholds": [{"threshold": t, **at_threshold(positives, negatives, t)} for t in THRESHOLDS],
        "score_of_top_share": shares,  # of held-out documents of both kinds
    }


def at_threshold(positives: Scores, negatives: Scores, threshold: float) -> dict[str, float]:
    """What keeping all that score at least `threshold` keeps; a share of nothing is 0."""
    bound = np.float32(threshold)
    true_positives, false_positives = int((positives >= bound).sum()), int((negatives >= bound).sum())
    precision = _share(true_positives, true_positives + false_positives)
    recall = _share(true_positives, len(positives))
    return {
        "true_positives": true_positives,
        "false_positives": false_positives,
        "false_negatives": len(positives) - true_positives,
        "true_negatives": len(negatives) - false_positives,
        "precision": precision,
        "recall": recall,
        "f1": _share(2 * precision * recall, precision + recall),
    }


def auc(positives: Scores, negatives: Scores) -> float:
    """How often a positive scores higher than a negative, equal scores counting half (Mann and Whitney 1947)."""
    if not len(positives) or not len(negatives):
        return 0.0
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, side="left")
    not_above = np.searchsorted(ordered, positives, side="right")
    return float((below + not_above).sum() / 2 / len(positives) / len(negatives))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0

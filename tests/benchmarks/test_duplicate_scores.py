import numpy as np
import pytest

from benchmarks.duplicate_scores import clusters, scores


def test_each_document_is_judged_once() -> None:
    truth = {0: 0, 1: 0, 2: 2, 3: 2, 4: 2}
    found = {
        0: 0, 1: 0, 5: 0,  # 0 and 1 have all of theirs and one more: right; 5 has none: a false positive
        2: 2, 3: 2,  # 4 is missing: false positives
    }  # 4 has duplicates and none were found: a false negative; 6 to 9 have none, rightly  # fmt: skip
    judged = scores(truth, found, 10)
    assert judged.precision == 2 / 5
    assert judged.recall == 2 / 3
    assert judged.precision_of_others == 4 / 5
    assert judged.recall_of_others == 4 / 7
    assert judged.text_dedup_macro == pytest.approx((2 / 5 + 4 / 5) / 2)
    assert judged.macro_f1 == pytest.approx((2 * 0.4 * (2 / 3) / (0.4 + 2 / 3) + 2 * 0.8 * (4 / 7) / (0.8 + 4 / 7)) / 2)


def test_the_truth_itself_is_perfect() -> None:
    truth = clusters(np.array([[0, 1], [1, 2], [5, 6]]))
    assert truth == {0: 0, 1: 0, 2: 0, 5: 5, 6: 5}
    assert scores(truth, truth, 10).macro_f1 == 1.0
    assert scores(truth, {}, 10).macro_f1 < 0.5

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer import storage
from pipelines.steps.decide import settings_of
from pipelines.top_share import NONE_COMPETES, bound_of, with_bounds, with_bounds_of, without_shares
from quality.judge import judge
from quality.rule import Check, rules

SCORES = pa.map_(pa.string(), pa.float32())


def signals(scores: list[float | None], words: list[int] | None = None) -> pa.Table:
    return pa.table(
        {
            "scores": pa.array([[("quality", score)] for score in scores], SCORES),
            "n_words": pa.array(words or [100] * len(scores), pa.int64()),
            **measured(len(scores)),
        }
    )


def measured(rows: int) -> dict[str, pa.Array]:
    """What says of every document that it was measured, and that it has text."""
    return {"unmeasured": pa.nulls(rows, pa.string()), "n_final_bytes": pa.repeat(1, rows)}


def checks(share: float, min_words: int = 0) -> dict[str, tuple[Check, ...]]:
    rule = rules()["classifier"]
    return {
        "length": (Check("too_few_words", "n_words", ">=", min_words),),
        "classifier": rule.checks(rule.settings(top_share=share)),
    }


shares = st.integers(1, 100).map(lambda percent: percent / 100)
few_values = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.25, 0.5, 1.0]), min_size=1, max_size=60)
many_values = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60)


@given(st.one_of(few_values, many_values), shares)
def test_the_best_share_is_kept_and_whoever_scores_the_same(scores: list[float], share: float) -> None:
    table = signals(scores)
    keep = judge(table, with_bounds_of(checks(share), [table]))[0].to_pylist()
    wanted = math.ceil(Fraction(str(share)) * len(scores))
    assert sum(keep) >= wanted
    worst_kept = min(score for score, kept in zip(scores, keep, strict=True) if kept)
    assert all(score < worst_kept for score, kept in zip(scores, keep, strict=True) if not kept)
    assert sum(score > worst_kept for score in scores) < wanted  # no fewer would do


@given(st.lists(few_values, min_size=1, max_size=4), shares, st.randoms(use_true_random=False))
def test_neither_parts_nor_their_order_matter(parts: list[list[float]], share: float, random: object) -> None:
    bounds = with_bounds_of(checks(share), [signals(part) for part in parts])
    together = [score for part in parts for score in part]
    random.shuffle(together)  # type: ignore[attr-defined]
    assert bounds == with_bounds_of(checks(share), [signals(together)])


def test_only_documents_that_pass_the_other_checks_compete() -> None:
    table = signals([0.9, 0.8, 0.7, 0.6, 0.5, None], words=[1, 1, 100, 100, 100, 100])
    bounds = with_bounds_of(checks(0.34, min_words=50), [table])
    assert bounds["classifier"][0].bound == pytest.approx(0.6)
    keep, reasons = judge(table, bounds)
    assert keep.to_pylist() == [False, False, True, True, False, False]
    assert [[reason["reason"] for reason in row] for row in reasons.to_pylist()] == [
        ["length.too_few_words"],
        ["length.too_few_words"],
        [],
        [],
        ["classifier.quality"],
        ["classifier.quality"],
    ]


def test_two_classifiers_each_keep_their_share_of_the_same_documents() -> None:
    rule = rules()["classifier"]
    asked = {"classifier": rule.checks(rule.settings(name="a", top_share=0.5, also=({"name": "b", "top_share": 0.5},)))}
    scores = pa.array([[("a", i / 8), ("b", 1 - i / 8)] for i in range(8)], SCORES)
    table = pa.table({"scores": scores, **measured(8)})
    assert [check.bound for check in with_bounds_of(asked, [table])["classifier"]] == [0.5, 0.625]


def test_no_document_competes() -> None:
    assert bound_of(np.empty(0, np.float32), 0.1) == NONE_COMPETES
    table = signals([None, None])
    assert judge(table, with_bounds_of(checks(0.5), [table]))[0].to_pylist() == [False, False]


def test_bounds_are_read_from_the_stored_parts(tmp_path: Path) -> None:
    uris = []
    for number, part in enumerate(([0.1, 0.9], [0.5], [0.7, 0.3])):
        uris.append(f"{tmp_path}/part-{number}.parquet")
        storage.write_parquet(uris[-1], signals(part).schema, [signals(part)])
    assert with_bounds(checks(0.4), uris)["classifier"][0].bound == pytest.approx(0.7)


def test_without_a_share_nothing_is_read() -> None:
    rule = rules()["classifier"]
    fixed = {"classifier": rule.checks(rule.settings())}
    assert with_bounds(fixed, ["/no/such/part"]) == fixed


def test_the_share_is_part_of_the_fingerprint_and_the_bound_is_not() -> None:
    assert settings_of(checks(0.1)) != settings_of(checks(0.2))
    assert settings_of(checks(0.1))["checks"]["classifier"][0]["top_share"] == 0.1
    fixed, share = without_shares(checks(0.1))
    assert (fixed["classifier"], share) == ((), 0.1)


def test_one_bound_is_enough() -> None:
    with pytest.raises(ValueError, match="min_score or top_share, not both"):
        rules()["classifier"].settings.model_validate({"min_score": 0.5, "top_share": 0.1})


def test_what_was_not_measured_does_not_compete() -> None:
    table = signals([0.1, 0.9]).set_column(2, "unmeasured", pa.array([None, "too_large"]))
    assert with_bounds_of(checks(0.5), [table])["classifier"][0].bound == pytest.approx(0.1)

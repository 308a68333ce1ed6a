"""The ratio that is recommended, and what is said of it."""

import numpy as np
import pytest

from pipelines.ablation.recommendation import recommend
from pipelines.ablation.results import Measured
from pipelines.ablation.tables import as_markdown, bits_table, change_table

RATIOS = [0.0, 0.5, 1.0]


def measured(text: list[float], code: list[float], noise: float) -> Measured:
    """Three seeds of each, whose differences between ratios vary by `noise`."""
    seeds = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, -1.0], [1.0, -1.0, 0.0]]) * noise
    sources = {"pages": np.array(text)[:, None] + seeds, "files": np.array(code)[:, None] + seeds}
    return Measured(RATIOS, sources, {"text": sources["pages"], "code": sources["files"]})


def test_the_goal_decides() -> None:
    found = measured([1.0, 1.1, 1.9], [1.9, 1.1, 1.0], noise=0.001)
    assert recommend(found, {"text": 1.0}).ratio == 0.0
    assert recommend(found, {"code": 1.0}).ratio == 1.0
    both = recommend(found, {"text": 2.0, "code": 2.0})
    assert both.ratio == 0.5
    assert both.goal == {"text": 0.5, "code": 0.5}
    assert both.not_separated == []
    assert "separate it from every other" in both.words()


def test_seeds_that_do_not_separate_are_named() -> None:
    found = recommend(measured([1.0, 1.01, 2.0], [1.5, 1.49, 1.5], noise=0.05), {"text": 1.0})
    assert found.ratio == 0.0
    assert found.not_separated == [0.5]
    assert "do not separate it from 0.5" in found.words()


def test_one_seed_gives_a_hint_and_no_more() -> None:
    one = measured([1.0, 1.1, 1.9], [1.9, 1.1, 1.0], noise=0.0)
    first = Measured(
        RATIOS, {k: v[:, :1] for k, v in one.sources.items()}, {k: v[:, :1] for k, v in one.groups.items()}
    )
    assert recommend(first, {"text": 1.0}).not_separated == [0.5, 1.0]


def test_a_group_that_is_harder_to_predict_counts_for_no_more() -> None:
    """Code at a tenth of text's bits: the same relative losses, so the middle stays the best."""
    found = measured([1.0, 1.1, 1.9], [0.19, 0.11, 0.10], noise=0.0001)
    assert recommend(found, {"text": 0.5, "code": 0.5}).ratio == 0.5


def test_a_source_can_be_a_goal_and_an_unknown_one_is_named() -> None:
    found = measured([1.0, 1.1, 1.9], [1.9, 1.1, 1.0], noise=0.001)
    assert recommend(found, {"files": 1.0}).ratio == 1.0
    with pytest.raises(KeyError, match="'poems' was not validated; there are text, code, pages, files"):
        recommend(found, {"poems": 1.0})


def test_an_untried_side_is_mentioned() -> None:
    found = measured([1.9, 1.5, 1.0], [1.0, 1.0, 1.0], noise=0.001)
    narrow = Measured([0.1, 0.3, 0.5], found.sources, found.groups)
    assert "edge" in recommend(narrow, {"text": 1.0}).words()
    assert "edge" not in recommend(found, {"text": 1.0}).words()


def test_the_tables_hold_every_ratio_and_mark_what_the_seeds_show() -> None:
    found = measured([1.0, 1.1, 1.9], [1.9, 1.1, 1.0], noise=0.001)
    bits = as_markdown(bits_table(found, recommend(found, {"text": 1.0})))
    assert bits.startswith("| code ratio | 0 < | 0.5 | 1 |")
    assert bits.count("\n") == 1 + len(found.groups) + len(found.sources) + 1
    assert "| pages | 1.000 ± 0.002 | 1.100 ± 0.002 | 1.900 ± 0.002 |" in bits
    changes = as_markdown(change_table(found, 0.0))
    assert changes.startswith("| code ratio | 0.5 | 1 |")
    assert "| +90.0% ± " in changes
    assert changes.count(" *") == 8

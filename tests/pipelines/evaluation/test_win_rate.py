"""Counts of judgements, and what the order did."""

import math

import pytest

from pipelines.evaluation.judge import JudgeSettings, Verdict, verdict_in
from pipelines.evaluation.win_rate import win_rates


def test_a_win_is_one_in_both_orders() -> None:
    judged: list[tuple[Verdict | None, Verdict | None]] = [
        ("first", "second"),
        ("first", "second"),
        ("second", "first"),
        ("first", "first"),
        ("second", "second"),
        ("tie", "first"),
        ("tie", "tie"),
        ("first", "unreadable"),
        (None, "first"),
    ]
    rates = win_rates(judged)
    assert (rates.wins, rates.losses, rates.ties, rates.unreadable, rates.missing) == (2, 1, 4, 1, 1)
    assert rates.flipped == 2
    assert (rates.first_place, rates.second_place) == (6, 5)
    assert rates.win_rate.score == pytest.approx(4 / 7)
    assert rates.win_rate.low < 0.5 < rates.win_rate.high


def test_the_other_view_is_the_mirror() -> None:
    judged: list[tuple[Verdict | None, Verdict | None]] = [("first", "second")] * 5 + [
        ("second", "first"),
        ("tie", "tie"),
    ]
    one = win_rates(judged)
    other = win_rates([(turned, straight) for straight, turned in judged])
    assert (one.wins, one.losses) == (other.losses, other.wins)
    assert one.win_rate.score == pytest.approx(1 - other.win_rate.score)
    assert one.win_rate.low == pytest.approx(1 - other.win_rate.high)
    assert one.first_place_share.score == other.first_place_share.score == 0.5


def test_nothing_judged_is_nothing_known() -> None:
    rates = win_rates([(None, None)])
    assert math.isnan(rates.win_rate.score)
    assert rates.as_json()["win_rate"] == {"score": None, "low": 0.0, "high": 1.0}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("[[A]]", "first"),
        ("so:\n[[B]]\n", "second"),
        ("[[C]]", "tie"),
        ("not [[A]] but [[B]]", "second"),
        ("[A] [[D]] A", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_the_last_verdict_counts(answer: str, verdict: str) -> None:
    assert verdict_in(answer) == verdict


def test_answers_cannot_stand_in_for_each_other() -> None:
    message = JudgeSettings(model="m").message("{second}?", "{second} {prompt}", "b {first}")
    assert "[Beginning of answer A]\n{second} {prompt}\n[End of answer A]" in message
    assert "[Beginning of answer B]\nb {first}\n[End of answer B]" in message
    assert "[Prompt]\n{second}?\n" in message

"""The catalogue: every rule, its checks, and the settings behind them, found by trying."""

from typing import Literal

import pytest
from pydantic import Field

from pipelines.judging import TEXT_CHECKS
from pipelines.rule_listing.catalogue import languages_text, listed_check, listed_rule, listed_rules, one_a_bound
from pipelines.rule_listing.settings_of_checks import other_values, settings_of_checks
from pipelines.rule_listing.words import members_text, number_text, passes_text, share_text
from quality.rule import Check, Rule, RuleSettings, rules


class Settings(RuleSettings):
    least: int = Field(3, ge=0, description="Least number of words.")
    wanted: tuple[str, ...] = ("en",)
    shares: dict[str, float] = Field({"de": 0.1, "fr": 0.2})
    strict: bool = False
    unit: Literal["words", "lines"] = "words"
    limit: float | None = None
    unused: int = 7


def checks(settings: Settings) -> tuple[Check, ...]:
    shares = [
        Check("share", "symbol_share", "<=", share, only_for=frozenset({language}))
        for language, share in settings.shares.items()
    ]
    limit = [] if settings.limit is None else [Check("limit", "n_bytes", "<=", settings.limit)]
    if settings.least < 0:
        raise ValueError("no such number")
    return (
        Check("few", f"n_{settings.unit}", ">=", settings.least, null_fails=settings.strict),
        Check("language", "language", "in", frozenset(settings.wanted)),
        *shares,
        *limit,
    )


RULE = Rule("made_up", "What it means.", "Nobody (2000).", Settings, checks)


def test_the_settings_behind_a_check_are_found_by_trying() -> None:
    assert settings_of_checks(RULE, Settings()) == [
        ("least", "strict", "unit"),
        ("wanted",),
        ("shares",),
        ("shares",),
    ]
    assert settings_of_checks(RULE, Settings(limit=9, shares={}))[-1] == ("limit",)


def test_every_known_rule_is_listed_with_what_it_has() -> None:
    found = {rule.name: rule for rule in listed_rules()}
    assert list(found) == [*TEXT_CHECKS, *rules()]
    for name, rule in rules().items():
        assert (found[name].meaning, found[name].origin) == (rule.meaning, rule.origin)
        assert {setting.name for setting in found[name].settings} == set(rule.settings.model_fields)
        for check, listed in zip(rule.checks(rule.settings()), found[name].checks, strict=True):
            assert (listed.reason, listed.signal, listed.comparison) == (check.reason, check.signal, check.comparison)
            assert set(listed.settings) <= set(rule.settings.model_fields)


def test_a_setting_that_bounds_a_check_of_a_known_rule_is_named_beside_it() -> None:
    found = {check.reason: check.settings for check in listed_rule(rules()["gopher_quality"]).checks}
    assert found["too_few_words"] == ["min_words"]
    lines = {check.reason: check.settings for check in listed_rule(rules()["starcoder_lines"]).checks}
    assert lines["line_too_long"] == ["max_line_chars", "long_line_languages"]


def test_a_rule_that_needs_settings_says_which() -> None:
    class Needy(RuleSettings):
        lists: tuple[str, ...]

    listed = listed_rule(Rule("needy", "m", "o", Needy, lambda _: ()))
    assert (listed.checks, listed.note) == ([], "its checks follow from: lists")
    assert listed_rule(Rule("idle", "m", "o", RuleSettings, lambda _: ())).note


@pytest.mark.parametrize(
    "value", [True, 3, 0.5, "en", ("a", "b"), frozenset({"a"}), [1], {"a": 1}, {}, None, Settings()]
)
def test_other_values_are_others(value: object) -> None:
    others = list(other_values(value))
    assert all(other != value for other in others)
    assert others


def test_checks_that_differ_in_their_languages_alone_are_told_as_one() -> None:
    def share(bound: float, *languages: str, **passed_over: frozenset[str]) -> Check:
        return Check("share", "symbol_share", "<=", bound, only_for=frozenset(languages), **passed_over)

    listed = [
        listed_check(share(0.1, "de")),
        listed_check(share(0.1)),
        listed_check(share(0.2, "ja")),
        listed_check(share(0.1, "fr", "en")),
        listed_check(share(0.1, not_for=frozenset({"de", "fr", "en"}))),
        listed_check(share(0.1, "ko", exempt_languages=frozenset({"C"}))),
    ]
    assert [(check.bound, check.languages) for check in one_a_bound(listed)] == [
        (0.1, "only de, en, fr"),
        (0.1, ""),
        (0.2, "only ja"),
        (0.1, "not for de, en, fr"),
        (0.1, "only ko; not for C"),
    ]


def test_checks_are_said_in_words() -> None:
    checks = {check.reason: check for check in listed_rule(RULE).checks}
    assert passes_text(checks["few"]) == "n_words ≥ 3"
    assert passes_text(checks["language"]) == "language in {en}"
    given = Check("given", "overlaps", "none", 0)
    (listed,) = listed_rule(Rule("r", "m", "o", RuleSettings, lambda _: (given,))).checks
    assert (passes_text(listed), listed.bound) == ("overlaps lists nothing", None)
    both = Check("x", "n", ">=", 1, only_for=frozenset({"fr", "de"}), exempt_languages=frozenset({"JSON"}))
    assert languages_text(both) == "only de, fr; not for JSON"
    assert members_text(list("abcdefg")) == "{a, b, c, d, e, and 2 more}"
    assert [number_text(value) for value in (100_000, 0.65, 3.0)] == ["100,000", "0.65", "3"]
    assert [share_text(value) for value in (0, 0.0001, 0.5)] == ["0.0%", "<0.1%", "50.0%"]

"""Every rule as it can be read: meaning, origin, and each check with its bound and the setting that changes it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from pipelines.check_limits import not_for, only_for, top_share
from pipelines.judged_rows import stored_column
from pipelines.judging import TEXT_CHECKS
from pipelines.rule_listing.settings_of_checks import settings_of_checks
from quality.rule import Check, Rule, rules
from quality.signal_group import group_of_column

ALWAYS_MEANING = "A document without text teaches nothing, whatever a recipe says."
ONLY = "only "  # before the languages that a check is for alone

ALWAYS_ORIGIN = "every source is judged by it; it has no settings"


@dataclass(frozen=True)
class ListedCheck:
    """A check, as text where people read it."""

    reason: str
    signal: str
    comparison: str
    bound: float | list[str] | None  # None: the check has none, or it is not found yet
    settings: list[str]  # that change it
    languages: str  # for which languages it is; empty: for all
    null_fails: bool
    measured_by: str | None  # the signal group; None: what annotate does itself
    top_share: float | None = None  # the bound keeps this share of a source; found when the source was decided


@dataclass(frozen=True)
class ListedSetting:
    """A setting of a rule."""

    name: str
    default: Any  # JSON-like; None: required, or none
    description: str


@dataclass(frozen=True)
class ListedRule:
    """A rule with its default checks; `note` says why there are none."""

    name: str
    meaning: str
    origin: str
    checks: list[ListedCheck]
    settings: list[ListedSetting]
    note: str = ""


def listed_rules() -> list[ListedRule]:
    """Every rule by name, those that judge without being named first."""
    always = [
        ListedRule(name, ALWAYS_MEANING, ALWAYS_ORIGIN, [listed_check(check) for check in checks], [])
        for name, checks in TEXT_CHECKS.items()
    ]
    return [*always, *(listed_rule(rule) for rule in rules().values())]


def listed_rule(rule: Rule) -> ListedRule:
    """One rule under its default settings."""
    settings = [
        ListedSetting(name, _plain(field.get_default(call_default_factory=True)), field.description or "")
        for name, field in rule.settings.model_fields.items()
    ]
    try:
        defaults = rule.settings()
    except ValidationError as error:
        needed = ", ".join(str(problem["loc"][0]) for problem in error.errors() if problem["loc"])
        return ListedRule(rule.name, rule.meaning, rule.origin, [], settings, f"its checks follow from: {needed}")
    pairs = zip(rule.checks(defaults), settings_of_checks(rule, defaults), strict=True)
    checks = [listed_check(check, names) for check, names in pairs]
    note = "" if checks else "under its default settings it checks nothing"
    return ListedRule(rule.name, rule.meaning, rule.origin, checks, settings, note)


def listed_check(check: Check, settings: Iterable[str] = ()) -> ListedCheck:
    """A check and the names of the settings behind it."""
    bound: float | list[str] | None = check.bound if isinstance(check.bound, int | float) else sorted(check.bound)
    return ListedCheck(
        reason=check.reason,
        signal=check.signal,
        comparison=check.comparison,
        bound=None if check.comparison == "none" or top_share(check) is not None else bound,
        settings=list(settings),
        languages=languages_text(check),
        null_fails=check.null_fails,
        top_share=top_share(check),
        measured_by=group_of_column(stored_column(check.signal)),
    )


def languages_text(check: Check) -> str:
    """`only de, fr; not for HTML`; empty for a check of all languages."""
    only, passed_over = sorted(only_for(check)), sorted(not_for(check))
    parts = [f"{ONLY}{', '.join(only)}"] if only else []
    parts += [f"not for {', '.join(passed_over)}"] if passed_over else []
    return "; ".join(parts)


def one_a_bound(checks: Iterable[ListedCheck]) -> list[ListedCheck]:
    """The checks, those in one that differ in nothing but the languages that they are for alone."""
    found: dict[tuple[object, ...], ListedCheck] = {}
    for check in checks:
        alike = repr(replace(check, languages="")), check.languages.startswith(ONLY) and ";" not in check.languages
        key = alike if alike[1] else (*alike, check.languages)
        if key in found:
            names = {*_names(found[key]), *_names(check)}
            check = replace(check, languages=ONLY + ", ".join(sorted(names)))
        found[key] = check
    return list(found.values())


def _names(check: ListedCheck) -> list[str]:
    return check.languages.removeprefix(ONLY).split(", ")


def _plain(value: Any) -> Any:
    """A setting's default as JSON has it."""
    if value is PydanticUndefined:
        return None
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(member) for member in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, dict):
        return {str(key): _plain(member) for key, member in value.items()}
    return value if isinstance(value, bool | int | float | str | None) else str(value)

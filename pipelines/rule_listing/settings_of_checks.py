"""Which setting of a rule changes which check: found by trying, for a rule's checks are a function of its settings."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from quality.rule import Check, Rule, RuleSettings

# What a rule may raise over a value that its settings would have refused.
REFUSALS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

UNLIKELY = "\N{REPLACEMENT CHARACTER}"  # a name that no setting holds


def settings_of_checks(rule: Rule, settings: RuleSettings) -> list[tuple[str, ...]]:
    """For each of `rule.checks(settings)`, the names of the settings without which it would be another check."""
    checks = _by_place(rule.checks(settings))
    found: dict[tuple[str, int], list[str]] = {place: [] for place in checks}
    for name in type(settings).model_fields:
        for place in _changed(rule, settings, name, checks):
            found[place].append(name)
    return [tuple(names) for names in found.values()]


def _changed(
    rule: Rule, settings: RuleSettings, name: str, checks: Mapping[tuple[str, int], Check]
) -> set[tuple[str, int]]:
    """The checks that are others, or gone, under some other value of one setting."""
    changed = set()
    value = getattr(settings, name)
    for other in other_values(value, type(settings).model_fields[name].annotation):
        with suppress(*REFUSALS):
            made = _by_place(rule.checks(settings.model_copy(update={name: other})))
            changed |= {place for place, check in checks.items() if made.get(place) != check}
    return changed


def _by_place(checks: Sequence[Check]) -> dict[tuple[str, int], Check]:
    """Checks by reason, and number among those of the same reason."""
    seen: Counter[str] = Counter()
    found = {}
    for check in checks:
        found[check.reason, seen[check.reason]] = check
        seen[check.reason] += 1
    return found


def other_values(value: Any, annotation: Any = None) -> Iterator[Any]:
    """Some values of the same kind that differ from `value`; they need not be valid."""
    if get_origin(annotation) is Literal:
        yield from (other for other in get_args(annotation) if other != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (other for other in (value + 1, value / 2) if other != value)
    elif isinstance(value, str):
        yield value + UNLIKELY
    elif isinstance(value, tuple | list | set | frozenset):
        members = list(value)
        yield from (type(value)(other) for other in ([*members, UNLIKELY], members[1:], []) if other != members)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from (dict(value) | {key: other} for other in other_values(member))
        yield {} if value else {UNLIKELY: 1}
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from (value.model_copy(update={name: other}) for other in other_values(getattr(value, name)))
    elif value is None:
        yield from (1, 0.5, True, UNLIKELY, (UNLIKELY,), {UNLIKELY: 1})

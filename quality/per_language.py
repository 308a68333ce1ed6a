"""Bounds that differ from language to language: a setting of a rule, and the checks that they become."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field, TypeAdapter, field_validator

from quality.prose.languages import languages
from quality.rule import Check, Comparison, RuleSettings

# One check as a rule describes it: reason, signal, comparison, and the setting that is the bound.
Described = tuple[str, str, Comparison, str]


def default_bounds(rule_name: str) -> dict[str, dict[str, float]]:
    """The bounds of a rule that quality/prose/languages.yaml has, by language and setting."""
    return {
        code: dict(language.bounds[rule_name]) for code, language in languages().items() if rule_name in language.bounds
    }


class SettingsPerLanguage(RuleSettings):
    """Base of the settings of a rule whose bounds differ from language to language."""

    rule_name: ClassVar[str]

    per_language: dict[str, dict[str, float]] = Field(
        default_factory=dict,
        validate_default=True,
        description="Other bounds for the documents of a language, setting by setting, laid over the defaults.",
    )

    @field_validator("per_language")
    @classmethod
    def _over_the_defaults(cls, given: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for code, bounds in given.items():
            for name, bound in bounds.items():
                cls._check(code, name, bound)
        defaults = default_bounds(cls.rule_name)
        return {code: defaults.get(code, {}) | given.get(code, {}) for code in sorted(defaults.keys() | given.keys())}

    @classmethod
    def _check(cls, code: str, name: str, bound: float) -> None:
        field = cls.model_fields.get(name)
        if field is None or name == "per_language":
            known = ", ".join(sorted(cls.model_fields.keys() - {"per_language"}))
            raise ValueError(f"{name!r} of language {code!r} is no setting of {cls.rule_name}; there are: {known}")
        constraint = TypeAdapter[float](Annotated[field.annotation, *field.metadata])  # type: ignore[arg-type]
        constraint.validate_python(bound)


def checks_per_language(described: Iterable[Described], settings: SettingsPerLanguage) -> tuple[Check, ...]:
    """Every check with the rule's bound, and once more for the languages that have another."""
    return tuple(check for one in described for check in _checks(*one, settings))


def _checks(
    reason: str, signal: str, comparison: Comparison, setting: str, settings: SettingsPerLanguage
) -> Iterator[Check]:
    others: Mapping[str, float] = {
        code: bounds[setting] for code, bounds in settings.per_language.items() if setting in bounds
    }
    yield Check(reason, signal, comparison, getattr(settings, setting), not_for=frozenset(others))
    for bound in sorted(set(others.values())):
        languages_of_it = frozenset(code for code, other in others.items() if other == bound)
        yield Check(reason, signal, comparison, bound, only_for=languages_of_it)

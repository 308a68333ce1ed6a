"""Keep the documents that language identification is sure are in one of the wanted languages."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class LanguageSettings(RuleSettings):
    """Settings of the rule `language`."""

    languages: tuple[str, ...] = Field(("en",), min_length=1, description="Labels of the identifier: ISO 639 codes.")
    min_score: float = Field(0.65, ge=0, le=1, description="Least probability of the label [FineWeb].")


def _checks(settings: LanguageSettings) -> tuple[Check, ...]:
    return (
        Check("not_wanted", "language", "in", frozenset(settings.languages)),
        Check("uncertain", "language_score", ">=", settings.min_score),
    )


RULE = Rule(
    name="language",
    meaning="The text is surely in one of the wanted languages.",
    origin="FineWeb (Penedo et al. 2024): fastText label en with a score of at least 0.65.",
    settings=LanguageSettings,
    checks=_checks,
)

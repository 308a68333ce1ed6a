"""Unsafe words: few words are in the lists that a person names."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class UnsafeWordsSettings(RuleSettings):
    """Settings of the rule `unsafe_words`; the lists are settings of the measurement `unsafe_words`."""

    max_share: float = Field(0, ge=0, le=1, description="Largest share of words that are in the lists.")


def _checks(settings: UnsafeWordsSettings) -> tuple[Check, ...]:
    return (Check("too_many", "unsafe_word_share", "<=", settings.max_share),)


RULE = Rule(
    name="unsafe_words",
    meaning="Few words are in the lists that are named.",
    origin="C4 (Raffel et al. 2020): no page with any such word. A share in its place is ours.",
    settings=UnsafeWordsSettings,
    checks=_checks,
)

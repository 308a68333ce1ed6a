"""Gopher's quality rules: prose has words of usual length, few symbols and the usual little words."""

from typing import ClassVar

from pydantic import Field

from quality.per_language import Described, SettingsPerLanguage, checks_per_language
from quality.rule import Check, Rule

NAME = "gopher_quality"

CHECKS: tuple[Described, ...] = (
    ("too_few_words", "n_non_symbol_words", ">=", "min_words"),
    ("too_many_words", "n_non_symbol_words", "<=", "max_words"),
    ("words_too_short", "mean_word_chars", ">=", "min_mean_word_chars"),
    ("words_too_long", "mean_word_chars", "<=", "max_mean_word_chars"),
    ("too_many_hashes", "hash_to_word_ratio", "<=", "max_hash_to_word_ratio"),
    ("too_many_ellipses", "ellipsis_to_word_ratio", "<=", "max_ellipsis_to_word_ratio"),
    ("too_many_bullet_lines", "bullet_line_share", "<=", "max_bullet_line_share"),
    ("too_many_ellipsis_lines", "ellipsis_line_share", "<=", "max_ellipsis_line_share"),
    ("too_few_words_with_letter", "words_with_letter_share", ">=", "min_words_with_letter_share"),
    ("too_few_stop_words", "n_distinct_stop_words", ">=", "min_distinct_stop_words"),
)


class GopherQualitySettings(SettingsPerLanguage):
    """Settings of the rule `gopher_quality`; a word that consists of symbols alone is a symbol word."""

    rule_name: ClassVar[str] = NAME

    min_words: int = Field(50, ge=0, description="Least number of words, symbol words left out.")
    max_words: int = Field(100_000, ge=0, description="Largest number of words, symbol words left out.")
    min_mean_word_chars: float = Field(3, ge=0, description="Least mean word length, symbol words left out.")
    max_mean_word_chars: float = Field(10, ge=0, description="Largest mean word length, likewise.")
    max_hash_to_word_ratio: float = Field(0.1, ge=0, description="Largest number of # signs per word.")
    max_ellipsis_to_word_ratio: float = Field(0.1, ge=0, description="Largest number of ellipses per word.")
    max_bullet_line_share: float = Field(0.9, ge=0, le=1, description="Largest share of lines with a bullet.")
    max_ellipsis_line_share: float = Field(
        0.3, ge=0, le=1, description="Largest share of lines that end with an ellipsis."
    )
    min_words_with_letter_share: float = Field(
        0.8, ge=0, le=1, description="Least share of all words that contain a letter."
    )
    min_distinct_stop_words: int = Field(
        2,
        ge=0,
        description="Least number of the language's stop words in the text; in English {the, be, to, of, and, that, "
        "have, with}. Languages without a list pass.",
    )


def _checks(settings: GopherQualitySettings) -> tuple[Check, ...]:
    return checks_per_language(CHECKS, settings)


RULE = Rule(
    name=NAME,
    meaning="The text reads like prose: words of usual length, few symbols, the usual little words.",
    origin="Gopher (Rae et al. 2021), appendix A.1, as counted by datatrove's GopherQualityFilter; in other languages "
    "than English the stop words and bounds of FineWeb-2 (Penedo et al. 2025).",
    settings=GopherQualitySettings,
    checks=_checks,
)

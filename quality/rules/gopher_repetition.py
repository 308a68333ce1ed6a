"""Gopher's repetition rules: prose does not say the same lines, paragraphs and phrases over and over."""

from typing import ClassVar

from pydantic import Field

from quality.per_language import Described, SettingsPerLanguage, checks_per_language
from quality.rule import Check, Rule

NAME = "gopher_repetition"

CHECKS: tuple[Described, ...] = (
    ("duplicate_paragraphs", "duplicate_paragraph_share", "<=", "max_duplicate_paragraph_share"),
    ("duplicate_paragraph_chars", "duplicate_paragraph_char_share", "<=", "max_duplicate_paragraph_char_share"),
    ("duplicate_lines", "duplicate_line_share", "<=", "max_duplicate_line_share"),
    ("duplicate_line_chars", "duplicate_line_char_share", "<=", "max_duplicate_line_char_share"),
    ("top_2_gram", "top_2_gram_char_share", "<=", "max_top_2_gram_char_share"),
    ("top_3_gram", "top_3_gram_char_share", "<=", "max_top_3_gram_char_share"),
    ("top_4_gram", "top_4_gram_char_share", "<=", "max_top_4_gram_char_share"),
    ("duplicate_5_grams", "duplicate_5_gram_char_share", "<=", "max_duplicate_5_gram_char_share"),
    ("duplicate_6_grams", "duplicate_6_gram_char_share", "<=", "max_duplicate_6_gram_char_share"),
    ("duplicate_7_grams", "duplicate_7_gram_char_share", "<=", "max_duplicate_7_gram_char_share"),
    ("duplicate_8_grams", "duplicate_8_gram_char_share", "<=", "max_duplicate_8_gram_char_share"),
    ("duplicate_9_grams", "duplicate_9_gram_char_share", "<=", "max_duplicate_9_gram_char_share"),
    ("duplicate_10_grams", "duplicate_10_gram_char_share", "<=", "max_duplicate_10_gram_char_share"),
)


class GopherRepetitionSettings(SettingsPerLanguage):
    """Settings of the rule `gopher_repetition`; shares of characters may exceed one, as n-grams overlap."""

    rule_name: ClassVar[str] = NAME

    max_duplicate_paragraph_share: float = Field(0.3, ge=0, description="Largest share of repeated paragraphs.")
    max_duplicate_paragraph_char_share: float = Field(0.2, ge=0, description="Largest share of their characters.")
    max_duplicate_line_share: float = Field(0.3, ge=0, description="Largest share of repeated lines.")
    max_duplicate_line_char_share: float = Field(0.2, ge=0, description="Largest share of their characters.")
    max_top_2_gram_char_share: float = Field(0.2, ge=0, description="Characters of the most frequent 2-gram.")
    max_top_3_gram_char_share: float = Field(0.18, ge=0, description="Characters of the most frequent 3-gram.")
    max_top_4_gram_char_share: float = Field(0.16, ge=0, description="Characters of the most frequent 4-gram.")
    max_duplicate_5_gram_char_share: float = Field(0.15, ge=0, description="Characters of repeated 5-grams.")
    max_duplicate_6_gram_char_share: float = Field(0.14, ge=0, description="Characters of repeated 6-grams.")
    max_duplicate_7_gram_char_share: float = Field(0.13, ge=0, description="Characters of repeated 7-grams.")
    max_duplicate_8_gram_char_share: float = Field(0.12, ge=0, description="Characters of repeated 8-grams.")
    max_duplicate_9_gram_char_share: float = Field(0.11, ge=0, description="Characters of repeated 9-grams.")
    max_duplicate_10_gram_char_share: float = Field(0.1, ge=0, description="Characters of repeated 10-grams.")


def _checks(settings: GopherRepetitionSettings) -> tuple[Check, ...]:
    return (Check("empty", "n_chars", ">=", 1), *checks_per_language(CHECKS, settings))


RULE = Rule(
    name=NAME,
    meaning="The text does not repeat its lines, paragraphs and phrases.",
    origin="Gopher (Rae et al. 2021), table A1, as counted by datatrove's GopherRepetitionFilter; in other languages "
    "than English the bounds of FineWeb-2 (Penedo et al. 2025).",
    settings=GopherRepetitionSettings,
    checks=_checks,
)

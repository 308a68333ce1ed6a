"""FineWeb's quality rules: lines of prose end in punctuation, are rarely short and never the same."""

from typing import ClassVar

from pydantic import Field

from quality.per_language import Described, SettingsPerLanguage, checks_per_language
from quality.rule import Check, Rule

NAME = "fineweb"

CHECKS: tuple[Described, ...] = (
    ("too_few_lines_with_end", "terminal_line_share", ">=", "min_terminal_line_share"),
    ("too_many_short_lines", "short_line_share", "<=", "max_short_line_share"),
    ("duplicate_line_chars", "fineweb_duplicate_line_char_share", "<=", "max_duplicate_line_char_share"),
    ("too_many_newlines", "newline_to_word_ratio", "<=", "max_newline_to_word_ratio"),
)


class FinewebSettings(SettingsPerLanguage):
    """Settings of the rule `fineweb`; lines are those of the cleaned text where it is cleaned."""

    rule_name: ClassVar[str] = NAME

    min_terminal_line_share: float = Field(
        0.12, ge=0, le=1, description="Least share of lines that end in terminal punctuation."
    )
    max_short_line_share: float = Field(
        0.67, ge=0, le=1, description="Largest share of lines with at most 30 characters."
    )
    max_duplicate_line_char_share: float = Field(
        0.01, ge=0, le=1, description="Largest share of characters in lines that stood before."
    )
    max_newline_to_word_ratio: float = Field(0.3, ge=0, description="Largest number of newlines per word.")


def _checks(settings: FinewebSettings) -> tuple[Check, ...]:
    return (Check("empty", "n_fineweb_lines", ">=", 1), *checks_per_language(CHECKS, settings))


RULE = Rule(
    name=NAME,
    meaning="Lines end like sentences, are rarely short, and none is said twice.",
    origin="FineWeb (Penedo et al. 2024), as counted by datatrove's FineWebQualityFilter; in other languages than "
    "English the bounds of FineWeb-2 (Penedo et al. 2025).",
    settings=FinewebSettings,
    checks=_checks,
)

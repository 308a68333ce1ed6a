"""Gopher's quality rules: prose has words of usual length, few symbols and the usual little words."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class GopherQualitySettings(RuleSettings):
    """Settings of the rule `gopher_quality`; a word that consists of symbols alone is a symbol word."""

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
        2, ge=0, le=8, description="Least number of {the, be, to, of, and, that, have, with} in the text."
    )


def _checks(settings: GopherQualitySettings) -> tuple[Check, ...]:
    return (
        Check("too_few_words", "n_non_symbol_words", ">=", settings.min_words),
        Check("too_many_words", "n_non_symbol_words", "<=", settings.max_words),
        Check("words_too_short", "mean_word_chars", ">=", settings.min_mean_word_chars),
        Check("words_too_long", "mean_word_chars", "<=", settings.max_mean_word_chars),
        Check("too_many_hashes", "hash_to_word_ratio", "<=", settings.max_hash_to_word_ratio),
        Check("too_many_ellipses", "ellipsis_to_word_ratio", "<=", settings.max_ellipsis_to_word_ratio),
        Check("too_many_bullet_lines", "bullet_line_share", "<=", settings.max_bullet_line_share),
        Check("too_many_ellipsis_lines", "ellipsis_line_share", "<=", settings.max_ellipsis_line_share),
        Check("too_few_words_with_letter", "words_with_letter_share", ">=", settings.min_words_with_letter_share),
        Check("too_few_stop_words", "n_distinct_stop_words", ">=", settings.min_distinct_stop_words),
    )


RULE = Rule(
    name="gopher_quality",
    meaning="The text reads like prose: words of usual length, few symbols, the usual little words.",
    origin="Gopher (Rae et al. 2021), appendix A.1, as counted by datatrove's GopherQualityFilter.",
    settings=GopherQualitySettings,
    checks=_checks,
)

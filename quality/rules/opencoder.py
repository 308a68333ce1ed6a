"""OpenCoder's heuristic filters: limits that every language shares, and those in which a language differs."""

from typing import Any

from pydantic import Field, field_validator

from quality.rule import Check, Comparison, Rule, RuleSettings

# OpenCoder filters these as text, with the rules of web pages.
TEXT_LANGUAGES = ("Markdown", "Roff", "TeX", "Text", "reStructuredText")
# Its `data` type, less the style sheets and interfaces that people write.
DATA_LANGUAGES = ("CSV", "INI", "JSON", "SVG", "TOML", "XML", "YAML")
# 1 is no limit for a share.
_DATA: dict[str, float] = {
    "max_chars": 5000,
    "max_long_string_line_share": 1,
    "max_string_share": 1,
    "max_reminder_line_share": 1,
    "max_assert_line_share": 1,
}
PER_LANGUAGE: dict[str, dict[str, float]] = {
    **dict.fromkeys(DATA_LANGUAGES, _DATA),
    "Go": {"max_assert_line_share": 1},
    "HTML": {
        "max_comment_share": 1,
        "max_long_string_line_share": 1,
        "max_string_share": 1,
        "max_long_word_share": 1,
        "max_reminder_line_share": 1,
        "max_assert_line_share": 1,
    },
    "SQL": {"max_digit_share": 0.3},
    "Shell": {"max_long_string_line_share": 1, "max_string_share": 1, "max_assert_line_share": 1},
}


class OpencoderLimits(RuleSettings):
    """The limits, of which `per_language` may name others."""

    min_lines: int = Field(10, ge=0, description="Least number of lines.")
    max_lines: int = Field(100_000, ge=0, description="Largest number of lines.")
    min_chars: int = Field(50, ge=0, description="Least number of characters.")
    max_chars: int = Field(3_000_000, ge=0, description="Largest number of characters.")
    max_line_chars: int = Field(1000, ge=0, description="Longest line.")
    min_mean_line_chars: float = Field(5, ge=0, description="Least mean length of a line.")
    max_mean_line_chars: float = Field(100, ge=0, description="Largest mean length of a line.")
    min_words: int = Field(30, ge=0, description="Least number of words: runs of word characters or of other marks.")
    min_mean_word_chars: float = Field(2, ge=0, description="Least mean length of such a word.")
    max_mean_word_chars: float = Field(10, ge=0, description="Largest mean length of such a word.")
    min_letter_share: float = Field(0.5, ge=0, le=1, description="Least share of letters, whitespace left out.")
    max_digit_share: float = Field(0.2, ge=0, le=1, description="Largest share of digits, whitespace left out.")
    max_whitespace_share: float = Field(0.5, ge=0, le=1, description="Largest share of whitespace.")
    max_replacement_share: float = Field(0.01, ge=0, le=1, description="Largest share of U+FFFD.")
    max_comment_share: float = Field(0.8, ge=0, le=1, description="Largest share of comments and docstrings.")
    max_duplicate_line_share: float = Field(0.7, ge=0, le=1, description="Largest share of code lines that repeat.")
    max_assert_line_share: float = Field(0.4, ge=0, le=1, description="Largest share of code lines with an assertion.")
    max_reminder_line_share: float = Field(
        0.01, ge=0, le=1, description="Largest share of lines that say todo, fixme or your code here."
    )
    max_long_string_line_share: float = Field(
        0.2, ge=0, description="Largest number of string lines with over 20 words per code line."
    )
    max_string_share: float = Field(0.6, ge=0, le=1, description="Largest share of code that lies in strings.")
    max_long_word_share: float = Field(
        0.4, ge=0, le=1, description="Largest share of code in words of strings with over 20 characters."
    )
    max_hex_word_share: float = Field(0.4, ge=0, le=1, description="Largest share of code in numbers 0x...")


class OpencoderSettings(OpencoderLimits):
    """Settings of the rule `opencoder`."""

    text_languages: tuple[str, ...] = Field(
        TEXT_LANGUAGES, description="Programming languages to which the rule does not apply."
    )
    per_language: dict[str, dict[str, float]] = Field(
        PER_LANGUAGE, description="Other limits by language: `{SQL: {max_digit_share: 0.3}}`."
    )

    @field_validator("per_language")
    @classmethod
    def _limits_of_languages(cls, value: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for language, limits in value.items():
            try:
                OpencoderLimits.model_validate(limits)
            except ValueError as error:
                raise ValueError(f"per_language, {language}: {error}") from error
        return value


# Reason, signal, comparison, the setting that bounds it.
LIMITS: tuple[tuple[str, str, Comparison, str], ...] = (
    ("too_few_lines", "n_lines", ">=", "min_lines"),
    ("too_many_lines", "n_lines", "<=", "max_lines"),
    ("too_short", "n_chars", ">=", "min_chars"),
    ("too_long", "n_chars", "<=", "max_chars"),
    ("line_too_long", "max_line_chars", "<=", "max_line_chars"),
    ("mean_line_too_short", "mean_line_chars", ">=", "min_mean_line_chars"),
    ("mean_line_too_long", "mean_line_chars", "<=", "max_mean_line_chars"),
    ("too_few_words", "n_code_words", ">=", "min_words"),
    ("words_too_short", "mean_code_word_chars", ">=", "min_mean_word_chars"),
    ("words_too_long", "mean_code_word_chars", "<=", "max_mean_word_chars"),
    ("too_few_letters", "visible_letter_share", ">=", "min_letter_share"),
    ("too_many_digits", "digit_share", "<=", "max_digit_share"),
    ("too_much_whitespace", "whitespace_share", "<=", "max_whitespace_share"),
    ("too_many_replacements", "replacement_share", "<=", "max_replacement_share"),
    ("too_many_comments", "comment_share", "<=", "max_comment_share"),
    ("too_many_duplicate_lines", "duplicate_code_line_share", "<=", "max_duplicate_line_share"),
    ("too_many_assertions", "assert_line_share", "<=", "max_assert_line_share"),
    ("too_many_reminders", "reminder_line_share", "<=", "max_reminder_line_share"),
    ("too_many_long_strings", "long_string_line_share", "<=", "max_long_string_line_share"),
    ("too_much_in_strings", "string_share", "<=", "max_string_share"),
    ("too_many_long_words", "long_word_share", "<=", "max_long_word_share"),
    ("too_many_hex_words", "hex_word_share", "<=", "max_hex_word_share"),
)


def _checks(settings: OpencoderSettings) -> tuple[Check, ...]:
    return tuple(check for limit in LIMITS for check in _checks_of(settings, *limit))


def _checks_of(settings: OpencoderSettings, reason: str, signal: str, comparison: Comparison, name: str) -> list[Check]:
    """The check of one limit, and one more for every language in which it differs."""
    general: Any = getattr(settings, name)
    others = {
        language: limits[name]
        for language, limits in settings.per_language.items()
        if limits.get(name, general) != general and language not in settings.text_languages
    }
    exempt = frozenset(settings.text_languages) | set(others)
    return [
        Check(reason, signal, comparison, general, exempt_languages=exempt),
        *(
            Check(reason, signal, comparison, bound, only_for_code_languages=frozenset({language}))
            for language, bound in sorted(others.items())
        ),
    ]


RULE = Rule(
    name="opencoder",
    meaning="The file's lines, letters, comments and strings are in the proportions of written code.",
    origin="OpenCoder (Huang et al. 2024), pipeline/code_filter_config.py of opc_data_filtering; its filters of "
    "generated code, encoded data and XML are in `generated` and `starcoder2`.",
    settings=OpencoderSettings,
    checks=_checks,
)

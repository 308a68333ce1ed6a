"""StarCoder's limits on lines and letters: beyond them lies data or machine-made text, not written code."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings

# Languages whose lines are long by nature (StarCoder2, Lozhkov et al. 2024, long line filter); reStructuredText is
# ours: prose as Markdown is, and good pages of it fail otherwise.
LONG_LINE_LANGUAGES = ("HTML", "JSON", "Markdown", "Roff", "TeX", "Text", "XML", "reStructuredText")


class StarcoderLinesSettings(RuleSettings):
    """Settings of the rule `starcoder_lines`; lengths in characters, without the line's end."""

    max_lines: int = Field(100_000, ge=0, description="Largest number of lines.")
    max_mean_line_chars: float = Field(100, ge=0, description="Largest mean length of a line.")
    max_line_chars: int = Field(1000, ge=0, description="Largest length of a line.")
    long_line_languages: tuple[str, ...] = Field(
        LONG_LINE_LANGUAGES, description="Programming languages to which the two lengths above don't apply."
    )
    max_line_chars_any_language: int = Field(
        100_000, ge=0, description="Largest length of a line, in those languages too."
    )
    min_alphabetic_share: float = Field(0.25, ge=0, le=1, description="Least share of the characters that are letters.")


def _checks(settings: StarcoderLinesSettings) -> tuple[Check, ...]:
    exempt = frozenset(settings.long_line_languages)
    return (
        Check("too_many_lines", "n_lines", "<=", settings.max_lines),
        Check(
            "mean_line_too_long",
            "mean_line_chars",
            "<=",
            settings.max_mean_line_chars,
            exempt_languages=exempt,
        ),
        Check("line_too_long", "max_line_chars", "<=", settings.max_line_chars, exempt_languages=exempt),
        Check("line_too_long_for_any_language", "max_line_chars", "<=", settings.max_line_chars_any_language),
        Check("too_few_letters", "alphabetic_share", ">=", settings.min_alphabetic_share),
    )


RULE = Rule(
    name="starcoder_lines",
    meaning="The file has lines of written code: not too many, not too long, with enough letters.",
    origin="StarCoder (Li et al. 2023) and StarCoder2 (Lozhkov et al. 2024), basic filters.",
    settings=StarcoderLinesSettings,
    checks=_checks,
)

"""Drop documents that are too short to teach anything, and those too long to be one document."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class LengthSettings(RuleSettings):
    """Settings of the rule `length`."""

    min_chars: int = Field(50, ge=0, description="Least number of characters [OpenCoder's least size of a data file].")
    max_bytes: int = Field(1 << 20, ge=1, description="Largest size in UTF-8 [The Stack: files up to 1 MiB].")


def _checks(settings: LengthSettings) -> tuple[Check, ...]:
    return (
        Check("too_short", "n_chars", ">=", settings.min_chars),
        Check("too_large", "n_bytes", "<=", settings.max_bytes),
    )


RULE = Rule(
    name="length",
    meaning="The text is neither a fragment nor a dump.",
    origin="OpenCoder (Huang et al. 2024) for the least, The Stack (Kocetkov et al. 2022) for the largest.",
    settings=LengthSettings,
    checks=_checks,
)

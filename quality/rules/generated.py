"""Drop what tools made: it says so near its top, is named like it, is minified, or names a source map."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings

MINIFIED_LANGUAGES = ("CSS", "JavaScript")  # [github-linguist, generated.rb, minified_files?]

MANY = 1_000_000  # phrases in five lines: no limit


class GeneratedSettings(RuleSettings):
    """Settings of the rule `generated`."""

    allow_markers: bool = Field(
        False, description="Keep files that say in their first five lines that a tool made them."
    )
    allow_names: bool = Field(
        False, description="Keep lock files, compiled protocols and what else is named like a product."
    )
    max_mean_line_chars: float = Field(110, ge=0, description="Largest mean line of `minified_languages`.")
    minified_languages: tuple[str, ...] = Field(
        MINIFIED_LANGUAGES, min_length=1, description="Languages of which longer lines mean a minified file."
    )
    allow_source_maps: bool = Field(False, description="Keep files whose last lines refer to a source map.")


def _checks(settings: GeneratedSettings) -> tuple[Check, ...]:
    minified = frozenset(settings.minified_languages)
    return (
        Check("says_so", "n_generated_markers", "<=", MANY if settings.allow_markers else 0),
        Check("named_so", "is_generated_name", "<=", 1 if settings.allow_names else 0),
        Check("minified", "mean_line_chars", "<=", settings.max_mean_line_chars, only_for_code_languages=minified),
        Check("has_source_map", "has_source_map", "<=", 1 if settings.allow_source_maps else 0),
    )


RULE = Rule(
    name="generated",
    meaning="The file is not a tool's product.",
    origin="StarCoder2 (Lozhkov et al. 2024): phrases in the first five lines, and github-linguist's generated files.",
    settings=GeneratedSettings,
    checks=_checks,
)

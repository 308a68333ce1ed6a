"""Boilerplate: the page says more than its menus, its consent banner and its footer."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class BoilerplateSettings(RuleSettings):
    """Settings of the rule `boilerplate`."""

    max_char_share: float = Field(0.2, ge=0, le=1, description="Largest share of characters in boilerplate lines.")
    max_line_share: float = Field(0.5, ge=0, le=1, description="Largest share of boilerplate lines.")
    max_link_line_share: float = Field(
        0.8, ge=0, le=1, description="Largest share of lines that stand in runs of short lines, like links in a menu."
    )


def _checks(settings: BoilerplateSettings) -> tuple[Check, ...]:
    return (
        Check("too_many_chars", "boilerplate_char_share", "<=", settings.max_char_share),
        Check("too_many_lines", "boilerplate_line_share", "<=", settings.max_line_share),
        Check("too_many_link_lines", "link_line_share", "<=", settings.max_link_line_share),
    )


RULE = Rule(
    name="boilerplate",
    meaning="The page says more than its menus, its consent banner and its footer.",
    origin="Ours: bounds from reading 990 extracted pages of the web, of which the first drops 10, all of them stubs.",
    settings=BoilerplateSettings,
    checks=_checks,
)

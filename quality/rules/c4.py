"""C4's rules: a page has sentences, no placeholder text and no code. Lines are dropped where text is cleaned."""

from pydantic import Field

from quality.prose.c4 import MAX_SENTENCES
from quality.rule import Check, Rule, RuleSettings


class C4Settings(RuleSettings):
    """Settings of the rule `c4`; it looks at the lines that C4's cleaning keeps, whether or not the text is cleaned."""

    max_lorem_ipsum_lines: int = Field(0, ge=0, description='Largest number of lines with "lorem ipsum".')
    max_curly_bracket_lines: int = Field(0, ge=0, description="Largest number of lines with a {.")
    min_sentences: int = Field(
        5, ge=0, le=MAX_SENTENCES, description="Least number of sentences; no more than ten are counted."
    )


def _checks(settings: C4Settings) -> tuple[Check, ...]:
    return (
        Check("lorem_ipsum", "n_lorem_ipsum_lines", "<=", settings.max_lorem_ipsum_lines),
        Check("curly_bracket", "n_curly_bracket_lines", "<=", settings.max_curly_bracket_lines),
        Check("too_few_sentences", "n_sentences", ">=", settings.min_sentences),
    )


RULE = Rule(
    name="c4",
    meaning="The page has sentences, no placeholder text and no code.",
    origin="C4 (Raffel et al. 2020), section 2.2, as counted by datatrove's C4QualityFilter.",
    settings=C4Settings,
    checks=_checks,
)

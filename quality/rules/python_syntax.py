"""Keep files of Python that parse as Python 3; Python 2, and what is too costly to parse, are reasons of their own."""

from pydantic import Field

from quality.python_parser.process import UNPARSED
from quality.python_parser.verdicts import INVALID, PYTHON_2, VALID
from quality.rule import Check, Rule, RuleSettings


class PythonSyntaxSettings(RuleSettings):
    """Settings of the rule `python_syntax`."""

    allow_python_2: bool = Field(False, description="Keep files that are Python 2.")
    allow_unparsed: bool = Field(False, description="Keep files that were too large or too costly to parse.")


def _checks(settings: PythonSyntaxSettings) -> tuple[Check, ...]:
    verdicts = frozenset({VALID, INVALID, PYTHON_2, UNPARSED})
    python_2 = frozenset() if settings.allow_python_2 else frozenset({PYTHON_2})
    unparsed = frozenset() if settings.allow_unparsed else frozenset({UNPARSED})
    return (
        Check("does_not_parse", "python_syntax", "in", verdicts - {INVALID}),
        Check("python_2", "python_syntax", "in", verdicts - python_2),
        Check("unparsed", "python_syntax", "in", verdicts - unparsed),
    )


RULE = Rule(
    name="python_syntax",
    meaning="A file of Python is Python 3.",
    origin="OpenCoder (Huang et al. 2024), qsc_codepython_cate_ast; Python 2 apart.",
    settings=PythonSyntaxSettings,
    checks=_checks,
)

"""datatrove: no block of the library that was asked for drops the document."""

from quality.rule import Check, Rule, RuleSettings


class DatatroveSettings(RuleSettings):
    """Settings of the rule `datatrove`: none; its blocks are settings of the measurement `datatrove`."""


def _checks(_settings: DatatroveSettings) -> tuple[Check, ...]:
    return (Check("dropped_by", "datatrove_failures", "none", 0),)


RULE = Rule(
    name="datatrove",
    meaning="No block of datatrove that was asked for drops the document.",
    origin="datatrove (Penedo et al. 2024); reasons are its own.",
    settings=DatatroveSettings,
    checks=_checks,
)

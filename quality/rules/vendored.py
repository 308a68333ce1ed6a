"""Drop copies of others' code, told by their path: node_modules, third_party, jquery.js."""

from quality.rule import Check, Rule, RuleSettings


class VendoredSettings(RuleSettings):
    """Settings of the rule `vendored`: none."""


def _checks(_settings: VendoredSettings) -> tuple[Check, ...]:
    return (Check("vendored_path", "is_vendored", "<=", 0),)


RULE = Rule(
    name="vendored",
    meaning="The file's path is not that of a copy of others' code.",
    origin="github-linguist's vendor.yml, which StarCoder2 (Lozhkov et al. 2024) applies: its patterns of copies.",
    settings=VendoredSettings,
    checks=_checks,
)

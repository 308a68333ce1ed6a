"""Keep the documents under an allowed licence; that none was found is a reason of its own."""

from pydantic import Field

from quality.licenses import permissive_licenses
from quality.rule import Check, Rule, RuleSettings


class LicenseSettings(RuleSettings):
    """Settings of the rule `license`."""

    allowed: tuple[str, ...] = Field(
        default_factory=permissive_licenses,
        min_length=1,
        description="SPDX ids, in any case. Default: the Blue Oak Council's permissive licences.",
    )
    allow_missing: bool = Field(False, description="Keep documents for which no licence was found.")


def _checks(settings: LicenseSettings) -> tuple[Check, ...]:
    allowed = frozenset(license_id.lower() for license_id in settings.allowed)
    return (
        Check("no_license_found", "n_license_choices", ">=", 0 if settings.allow_missing else 1),
        Check("license_not_allowed", "license_choices", "in", allowed),
    )


RULE = Rule(
    name="license",
    meaning="The licence expression offers a choice of which every licence is allowed.",
    origin="StarCoder2 (Lozhkov et al. 2024): permissive by the Blue Oak Council's list.",
    settings=LicenseSettings,
    checks=_checks,
)

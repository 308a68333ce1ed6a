"""PII: a document that consists of addresses and telephone numbers, such as a directory, is dropped whole."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class PiiSettings(RuleSettings):
    """Settings of the rule `pii`; a few addresses in a text are replaced and no reason to drop it."""

    max_share: float = Field(0.2, ge=0, le=1, description="Largest share of bytes in addresses and telephone numbers.")
    max_emails: int = Field(100, ge=0, description="Largest number of email addresses.")
    max_ips: int = Field(100, ge=0, description="Largest number of public IP addresses.")
    max_phone_numbers: int = Field(100, ge=0, description="Largest number of telephone numbers.")


def _checks(settings: PiiSettings) -> tuple[Check, ...]:
    return (
        Check("too_large_a_share", "pii_share", "<=", settings.max_share),
        Check("too_many_emails", "n_emails", "<=", settings.max_emails),
        Check("too_many_ips", "n_ips", "<=", settings.max_ips),
        Check("too_many_phone_numbers", "n_phone_numbers", "<=", settings.max_phone_numbers),
    )


RULE = Rule(
    name="pii",
    meaning="The text is no list of addresses or telephone numbers.",
    origin="mixdown's own bounds: no paper gives any; directories and logs of access exceed them.",
    settings=PiiSettings,
    checks=_checks,
)

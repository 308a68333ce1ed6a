"""Secrets: a document that holds keys is dropped whole, where masking them is not enough."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class SecretsSettings(RuleSettings):
    """Settings of the rule `secrets`. Without the rule keys are replaced: `measure: {pii: {replace: [key]}}`."""

    max_private_keys: int = Field(0, ge=0, description="Largest number of private keys in text armour.")
    max_access_tokens: int = Field(0, ge=0, description="Largest number of tokens of a known form: ghp_, AKIA, a JWT.")
    max_assigned_secrets: int = Field(0, ge=0, description="Largest number of random values of names such as api_key.")
    max_url_passwords: int = Field(0, ge=0, description="Largest number of passwords in URLs.")


def _checks(settings: SecretsSettings) -> tuple[Check, ...]:
    return (
        Check("private_key", "n_private_keys", "<=", settings.max_private_keys),
        Check("access_token", "n_access_tokens", "<=", settings.max_access_tokens),
        Check("assigned_secret", "n_assigned_secrets", "<=", settings.max_assigned_secrets),
        Check("url_password", "n_url_passwords", "<=", settings.max_url_passwords),
    )


RULE = Rule(
    name="secrets",
    meaning="The text holds no private key, access token or password.",
    origin="StarCoder (Li et al. 2023) redacts keys; the forms are those of gitleaks 8 and detect-secrets 1.5.",
    settings=SecretsSettings,
    checks=_checks,
)

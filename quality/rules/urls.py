"""Urls: on no block-list, not opted out, under a name."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings

NO_ENTRY: frozenset[str] = frozenset()


class UrlsSettings(RuleSettings):
    """Settings of the rule `urls`; the lists are settings of the measurement `urls`."""

    max_soft_words: int = Field(1, ge=0, description="Largest number of different soft words in a url.")
    allow_ip_hosts: bool = Field(False, description="Keep pages whose host is an IP address.")


def _checks(settings: UrlsSettings) -> tuple[Check, ...]:
    checks = (
        Check("opted_out", "url_opt_out", "in", NO_ENTRY),
        Check("blocked_domain", "url_blocked_domain", "in", NO_ENTRY),
        Check("blocked_url", "url_blocked_url", "in", NO_ENTRY),
        Check("blocked_word", "url_blocked_word", "in", NO_ENTRY),
        Check("blocked_substring", "url_blocked_substring", "in", NO_ENTRY),
        Check("too_many_soft_words", "n_url_soft_words", "<=", settings.max_soft_words),
    )
    return checks if settings.allow_ip_hosts else (*checks, Check("ip_host", "url_ip", "in", NO_ENTRY))


RULE = Rule(
    name="urls",
    meaning="The url meets no entry of a block-list or an opt-out list, and its host has a name.",
    origin="RefinedWeb (Penedo et al. 2023), as in datatrove's URLFilter; opt-outs and IP hosts are ours.",
    settings=UrlsSettings,
    checks=_checks,
)

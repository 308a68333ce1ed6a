"""Which documents a check is for, and whether its bound follows from them: told apart from how it is judged."""

from quality.rule import Check


def only_for(check: Check) -> frozenset[str]:
    """The natural and programming languages that it is for alone; none: for all."""
    code: frozenset[str] = getattr(check, "only_for_code_languages", frozenset())
    return check.only_for | code


def not_for(check: Check) -> frozenset[str]:
    """The natural and programming languages that it passes over."""
    return check.not_for | check.exempt_languages


def top_share(check: Check) -> float | None:
    """The share of a source that it keeps, where its bound is found among the source's documents; else None."""
    share: float | None = getattr(check, "top_share", None)
    return share

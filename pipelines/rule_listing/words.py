"""Checks and numbers in words."""

from pipelines.explaining.plain_text import plain
from pipelines.rule_listing.catalogue import ListedCheck

MEMBERS_SHOWN = 5  # of a set
SIGNS = {">=": "≥", "<=": "≤"}


def number_text(value: float) -> str:
    """50, 100,000, 0.65."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def passes_text(check: ListedCheck) -> str:
    """When a document passes: `n_words ≥ 50`, `language in {en}`, `overlaps lists nothing`."""
    null = ", and is known" if check.null_fails else ""
    if check.top_share is not None:
        found = number_text(check.bound) if isinstance(check.bound, int | float) else ""
        return f"{check.signal} among the best {check.top_share:.0%}{found and f' (≥ {found})'}{null}"
    if check.bound is None:
        return f"{check.signal} lists nothing"
    if isinstance(check.bound, list):
        return f"{check.signal} in {members_text(check.bound)}{null}"
    return f"{check.signal} {SIGNS[check.comparison]} {number_text(check.bound)}{null}"


def members_text(members: list[str], shown: int = MEMBERS_SHOWN) -> str:
    """{de, en, fr, and 12 more}."""
    more = [f"and {len(members) - shown:,} more"] if len(members) > shown else []
    text = f"{{{', '.join([*members[:shown], *more])}}}"
    return plain(text, len(text))


def languages_short(check: ListedCheck) -> str:
    """For which languages, with long lists cut."""
    return "; ".join(_cut(part) for part in check.languages.split("; ")) if check.languages else "all"


def _cut(part: str) -> str:
    names = part.split(", ")
    more = f" and {len(names) - MEMBERS_SHOWN} more" if len(names) > MEMBERS_SHOWN else ""
    return plain(", ".join(names[:MEMBERS_SHOWN]) + more)


def share_text(share: float) -> str:
    """3.2 %, and what is small not as nothing."""
    return f"{share:.1%}" if share == 0 or share >= 0.001 else "<0.1%"

"""How long an answer of GitHub's API asks to wait, by its documentation of rate limits and their best practices.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import re
from collections.abc import Mapping
from enum import Enum

LIMITED_STATUSES = (403, 429)
FIRST_BACKOFF_S = 1.0
SECONDARY_WAIT_S = 60.0  # "wait for at least one minute", then longer
MAX_BACKOFF_S = 600.0
_SECONDS = re.compile(r"[0-9]{1,10}")
_LIMIT_WORDS = (b"rate limit", b"abuse detection")


class Meaning(Enum):
    """What to do with an answer."""

    USE = "use it"
    LIMITED = "ask again after a while: a limit is reached"
    FAILED = "ask again: the server had trouble"


def meaning_of(status: int, headers: Mapping[str, str], body: bytes) -> Meaning:
    """What `status` asks for; `headers` by lower-case name, `body` as far as it was read."""
    if status >= 500:
        return Meaning.FAILED
    if status not in LIMITED_STATUSES:
        return Meaning.USE
    said = body[:10_000].lower()
    is_limited = (
        status == 429
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or any(words in said for words in _LIMIT_WORDS)
    )
    return Meaning.LIMITED if is_limited else Meaning.USE


def wait_s(meaning: Meaning, headers: Mapping[str, str], now_s: float, tries: int) -> float:
    """Seconds to wait before the next request, after `tries` (>= 1) that ended so; 0 for an answer to use.

    An answer to use may be the last one that the limit allows: then the wait is until the limit is reset.
    """
    if meaning is not Meaning.USE and (after := _seconds(headers, "retry-after")) is not None:
        return after
    if headers.get("x-ratelimit-remaining") == "0" and (reset := _seconds(headers, "x-ratelimit-reset")) is not None:
        return max(0.0, reset - now_s) + 1.0
    if meaning is Meaning.USE:
        return 0.0
    first_s = SECONDARY_WAIT_S if meaning is Meaning.LIMITED else FIRST_BACKOFF_S
    return min(first_s * float(1 << min(tries - 1, 20)), MAX_BACKOFF_S)


def _seconds(headers: Mapping[str, str], name: str) -> float | None:
    written = headers.get(name, "")
    return float(written) if _SECONDS.fullmatch(written) else None

"""A request that fails for a moment is sent again, with growing and jittered waits, for a bounded time."""

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from mixer.object_store.errors import StoreError, is_transient, retry_after_seconds, status_of

FIRST_WAIT_SECONDS = 0.2
MAX_WAIT_SECONDS = 15.0
TOLD_FROM_TRY = 5  # a few failures are a store's everyday life

Result = TypeVar("Result")
_log = logging.getLogger("mixdown.store")


class Patience:
    """The time that one request, or one read that makes progress, has left; `what` is told in errors."""

    def __init__(self, what: str, seconds: float) -> None:
        self._what = what
        self._seconds = seconds
        self.progressed()

    def progressed(self) -> None:
        """Bytes came: the time begins anew."""
        self.tries = 0
        self._began = time.monotonic()

    def wait_after(self, error: Exception) -> None:
        """Sleep before the next try; the error itself where it cannot pass, StoreError when the time is up."""
        if not is_transient(error):
            raise error
        self.tries += 1
        elapsed = time.monotonic() - self._began
        if elapsed >= self._seconds:
            raise StoreError(
                f"{self._what}: {reason_of(error)}, after {self.tries} tries in {elapsed:.0f} s: see whether the store "
                "is up and reachable, then run again (MIXDOWN_S3_RETRY_SECONDS sets how long it is tried)"
            ) from error
        if self.tries >= TOLD_FROM_TRY:
            _log.warning("%s: %s; try %d, after %.0f s", self._what, reason_of(error), self.tries, elapsed)
        # "Full jitter": workers that failed together do not come back together.
        wait = random.uniform(0, min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**self.tries))  # noqa: S311
        wait = max(wait, min(retry_after_seconds(error), MAX_WAIT_SECONDS))
        time.sleep(max(0.0, min(wait, self._seconds - elapsed)))


def patiently(what: str, seconds: float, attempt: Callable[[], Result]) -> Result:
    """What `attempt` gives, tried again for `seconds` while its errors may pass."""
    patience = Patience(what, seconds)
    while True:
        try:
            return attempt()
        except Exception as error:
            patience.wait_after(error)


def reason_of(error: Exception) -> str:
    """A failure in a few words."""
    status, code = status_of(error)
    return f"{status} {code}".strip() if status else (str(error) or type(error).__name__)[:200]

"""A client of GitHub's REST API: GET requests alone, one at a time, patient and bounded.

It waits as the API asks, repeats what failed, follows redirects inside the API's own origin alone (so no other host
ever sees the token) and reads no answer beyond a size and a time.
"""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urljoin

from pipelines.completing.access import LOOPBACK, AccessError, Token, origin_of
from pipelines.completing.rate_limits import Meaning, meaning_of, wait_s

MAX_TRIES = 6
MAX_REDIRECTS = 3
MAX_ANSWER_BYTES = 32 << 20
MAX_ANSWER_S = 300  # for the whole answer
SECONDS_WITHOUT_DATA = 30
PIECE_BYTES = 1 << 16
REDIRECTS = frozenset({301, 302, 307, 308})
_ADDRESS = re.compile(r"[\x21-\x7e]{1,2000}")
VERSION = "2022-11-28"  # of the API


class Reply(NamedTuple):
    """An answer as it came; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(Exception):
    """One address gave no usable answer; the message says why, from a fixed set of words and the status."""


class OutOfRequests(Exception):
    """The run may ask no more: its own bound, or a limit of the API that lasts longer than it may wait."""


class Patience(NamedTuple):
    """How much one run may ask and wait."""

    max_requests: int
    max_wait_s: float


class ApiClient:
    """Asks one API; `requests` counts what was sent."""

    def __init__(
        self,
        address: str,
        token: Token | None,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.requests = 0
        self._origin = origin_of(address)
        self._token = token
        self._patience = patience
        self._sleep, self._clock = sleep, clock
        self._opener = _opener(self._origin is not None and self._origin.host in LOOPBACK)
        self._ready_at_s = 0.0

    def get(self, address: str, etag: str = "") -> Reply:
        """The answer at `address`, whatever its status below 500 but 401; with `etag` it may be 304.

        NoAnswer after MAX_TRIES, OutOfRequests where the run has to end, AccessError for a token that is refused.
        """
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._patiently(address, etag)
            if reply.status == 401:
                raise AccessError("the API refuses the token (401): give a valid one, or none")
            if reply.status not in REDIRECTS:
                return reply
            address = _target(address, reply.headers.get("location", ""))
        raise NoAnswer(f"more than {MAX_REDIRECTS} redirects")

    def _patiently(self, address: str, etag: str) -> Reply:
        problem = ""
        for tries in range(1, MAX_TRIES + 1):
            self._wait_until_ready()
            try:
                reply = self._ask(address, etag)
                meaning = meaning_of(reply.status, reply.headers, reply.body)
                problem = f"status {reply.status}"
            except (OSError, HTTPException) as error:
                reply, meaning = Reply(0, {}, b""), Meaning.FAILED
                problem = type(getattr(error, "reason", error)).__name__
            now_s = self._clock()
            self._ready_at_s = now_s + wait_s(meaning, reply.headers, now_s, tries)
            if meaning is Meaning.USE:
                return reply
        raise NoAnswer(f"{problem} after {MAX_TRIES} tries")

    def _wait_until_ready(self) -> None:
        wait = self._ready_at_s - self._clock()
        if wait > self._patience.max_wait_s:
            allowed_s = self._patience.max_wait_s
            raise OutOfRequests(f"the API asks to wait {wait:,.0f} s, longer than the {allowed_s:,.0f} s allowed")
        if self.requests >= self._patience.max_requests:
            raise OutOfRequests(f"{self._patience.max_requests:,} requests were sent, as many as allowed")
        if wait > 0:
            self._sleep(wait)

    def _ask(self, address: str, etag: str) -> Reply:
        if origin_of(address) != self._origin or not _ADDRESS.fullmatch(address):
            raise NoAnswer("it leads to another host")
        request = urllib.request.Request(address, method="GET")  # noqa: S310  (its origin was checked)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("User-Agent", "mixdown")
        request.add_header("X-GitHub-Api-Version", VERSION)
        if etag:
            request.add_header("If-None-Match", etag)
        if self._token is not None:
            request.add_unredirected_header("Authorization", self._token.header())
        self.requests += 1
        try:
            with self._opener.open(request, timeout=SECONDS_WITHOUT_DATA) as response:
                return self._reply(response.status, response)
        except urllib.error.HTTPError as error:
            with error:
                return self._reply(error.code, error)

    def _reply(self, status: int, response: Any) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        pieces: list[bytes] = []
        left_bytes, ends_at_s = MAX_ANSWER_BYTES, time.monotonic() + MAX_ANSWER_S
        while piece := response.read1(PIECE_BYTES):
            pieces.append(piece)
            left_bytes -= len(piece)
            if left_bytes < 0 or time.monotonic() > ends_at_s:
                raise NoAnswer("too large" if left_bytes < 0 else "too slow")
        body = b"".join(pieces)
        promised = headers.get("content-length", "")
        if body and promised.isdecimal() and int(promised[:20]) != len(body):
            raise HTTPException("the answer is cut off")
        return Reply(status, headers, body)


def _target(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError as error:
        raise NoAnswer("a redirect without an address") from error


def _opener(is_loopback: bool) -> urllib.request.OpenerDirector:
    """Opens http(s) addresses, through the environment's proxies but to this machine; redirects are the client's."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler({} if is_loopback else None),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener

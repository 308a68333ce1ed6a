"""One request to an OpenAI-compatible endpoint, with bounded retries.

The protocol is that of `POST /chat/completions`, which llama.cpp, vLLM and most services speak. Answers are not
streamed. The key stands in the request's header alone: redirects are not followed, so that it goes to no other host.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

MAX_ANSWER_BYTES = 4 << 20
MAX_WAIT_SECONDS = 60.0  # between two tries, whatever the server asks for
FIRST_WAIT_SECONDS = 1.0
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
FATAL = frozenset({401, 402, 403, 404, 405})  # no other request would fare better


class EndpointError(OSError):
    """The endpoint cannot be used: nobody there, a wrong key or model, a redirect."""


class NoAnswer(Exception):
    """This one request got no answer after all its tries; another may."""


class RequestsSpent(Exception):
    """As many requests were made as were allowed."""


class Answer(NamedTuple):
    """What a teacher wrote, and why it stopped (`stop`, `length`, or what the server calls it)."""

    text: str
    finish_reason: str | None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Endpoint:
    """Makes requests, no faster and no more than allowed."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        timeout_seconds: float = 300.0,
        max_tries: int = 5,
        max_requests: int | None = None,
        requests_per_minute: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`base_url` is that of the API, as `http://localhost:8080/v1`."""
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise EndpointError(f"endpoint {base_url!r}: give an address that begins with http:// or https://")
        self.url = base_url.rstrip("/") + "/chat/completions"
        self.headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "mixdown"}
        if api_key:
            self.headers["Authorization"] = f"Bearer {api_key}"
        self.timeout_seconds = timeout_seconds
        self.max_tries = max_tries
        self.max_requests = max_requests
        self.pause_seconds = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self.sleep = sleep
        self.requests = 0
        self._next_at = 0.0
        self._opener = urllib.request.build_opener(_NoRedirect)

    def ask(self, model: str, message: str, seed: int, sampling: dict[str, Any]) -> Answer:
        """One answer to one message; NoAnswer, EndpointError or RequestsSpent where there is none."""
        body = {
            "model": model,
            "messages": [{"role": "user", "content": message}],
            "seed": seed,
            "stream": False,
            **sampling,
        }
        data = json.dumps(body).encode()
        problem = ""
        for tried in range(self.max_tries):
            asked_seconds: float | None = None
            try:
                return _answer_in(self._post(data))
            except urllib.error.HTTPError as error:
                problem = f"HTTP {error.code}: {_excerpt(error)}"
                if error.code in FATAL or 300 <= error.code < 400:
                    raise EndpointError(f"{self.url}: {problem}") from error
                if error.code not in RETRIED:
                    raise NoAnswer(problem) from error
                asked_seconds = _retry_after(error)
            except (OSError, http.client.HTTPException, ValueError) as error:
                problem = f"{type(error).__name__}: {error}"
            if tried + 1 < self.max_tries:
                wait_seconds = FIRST_WAIT_SECONDS * 2**tried if asked_seconds is None else asked_seconds
                self.sleep(min(wait_seconds, MAX_WAIT_SECONDS))
        raise NoAnswer(f"after {self.max_tries} tries: {problem}")

    def _post(self, data: bytes) -> bytes:
        if self.max_requests is not None and self.requests >= self.max_requests:
            raise RequestsSpent(f"{self.requests} requests were made")
        wait_seconds = self._next_at - time.monotonic()
        if wait_seconds > 0:
            self.sleep(wait_seconds)
        self._next_at = time.monotonic() + self.pause_seconds
        self.requests += 1
        request = urllib.request.Request(self.url, data, self.headers, method="POST")  # noqa: S310 - checked in __init__
        with self._opener.open(request, timeout=self.timeout_seconds) as response:
            found: bytes = response.read(MAX_ANSWER_BYTES + 1)
        if len(found) > MAX_ANSWER_BYTES:
            raise ValueError(f"an answer over {MAX_ANSWER_BYTES} bytes")
        return found


def _answer_in(data: bytes) -> Answer:
    """The first choice's text; ValueError where the answer has another form."""
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    match value:
        case {"choices": [{"message": {"content": str(text)}, **choice}, *_]}:
            text.encode()  # lone surrogates are a ValueError too
            reason = choice.get("finish_reason")
            return Answer(text, reason[:100] if isinstance(reason, str) else None)
    raise ValueError(f"no choices[0].message.content in {data[:200]!r}")


def _retry_after(error: urllib.error.HTTPError) -> float | None:
    """Seconds that the server asks to wait; None where it gives a date or nothing."""
    try:
        seconds = float(error.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _excerpt(error: urllib.error.HTTPError) -> str:
    try:
        return error.read(300).decode("utf-8", "replace").strip() or error.reason
    except OSError:
        return str(error.reason)

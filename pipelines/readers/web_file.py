"""A file on the web: what a server tells of it, and reading it from any byte on.

Only https, or http on this machine itself (a mirror on loopback): what comes over plain http anyone on the way can
change, and a redirect to it is refused. Bytes are those that the server stores: `Accept-Encoding: identity` is asked
for, and what was compressed for the way all the same is refused, unless the file's own name says that it is compressed.
"""

import http.client
import time
import urllib.error
import urllib.request
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from pipelines.readers.resuming import Interrupted, Unreachable, patiently

SECONDS_WITHOUT_DATA = 60
MIN_BYTES_PER_SECOND = 1024  # slower over SLOW_SECONDS counts as a failure: a task must not hang on a trickle
SLOW_SECONDS = 120
# RFC 9110: too many requests, timeouts and server errors, which another try may mend.
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
COMPRESSED_NAMES = (".gz", ".tgz", ".zst", ".bz2", ".xz", ".lz4", ".br")
_SAFE = "%/:=&?~#+!$,;'@()*[]"


class WebInfo(NamedTuple):
    """What a server tells of a file: `version` is its tag or date, `has_ranges` whether it gives parts."""

    size_bytes: int
    version: str
    has_ranges: bool


class WebFile:
    """The file at an address; see `pipelines.readers.resuming.Remote`.

    One response is read on and on; another place in the file takes another request. FileNotFoundError where the server
    has no such file, ValueError for an address that is not allowed, OSError when the file changed while it was read.
    """

    def __init__(self, address: str) -> None:
        check_address(address)
        self.name = address
        self._response: http.client.HTTPResponse | None = None
        self._at = 0
        self._waited_seconds = 0.0
        self._read_bytes = 0
        self.info = patiently(address, lambda: self._open(0, None))
        self.size_bytes = self.info.size_bytes

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """See Remote."""
        began = time.monotonic()
        try:
            data = self._response_at(offset).read1(size_bytes)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if isinstance(error, FileNotFoundError | PermissionError | ChangedFile):
                raise
            raise Interrupted(str(error) or type(error).__name__) from error
        self._at += len(data)
        self._read_bytes += len(data)
        self._waited_seconds += time.monotonic() - began
        is_slow = self._read_bytes < MIN_BYTES_PER_SECOND * self._waited_seconds
        if not data or (is_slow and self._waited_seconds > SLOW_SECONDS):
            self.close()
            raise Interrupted("too slow" if data else "the connection ended early")
        return data

    def close(self) -> None:
        """See Remote."""
        if self._response is not None:
            self._response.close()
            self._response = None

    def _response_at(self, offset: int) -> http.client.HTTPResponse:
        """A response that stands at `offset`: the one that is open, where it will do."""
        response = self._response
        if response is None or (offset != self._at and (self.info.has_ranges or offset < self._at)):
            self.close()
            found = self._open(offset if self.info.has_ranges else 0, self.info)
            response = self._response
            if response is None or found[:2] != self.info[:2]:
                raise ChangedFile(f"{self.name} changed while it was read: run again")
        while self._at < offset:  # a server without ranges: what is before must pass
            passed = response.read1(min(offset - self._at, 1 << 20))
            if not passed:
                raise ConnectionError("the connection ended early")
            self._at += len(passed)
        return response

    def _open(self, offset: int, known: WebInfo | None) -> WebInfo:
        """A response that begins at `offset`; what its head tells of the whole file."""
        headers = {"Accept-Encoding": "identity", "User-Agent": "mixdown", "Range": f"bytes={offset}-"}
        if known is not None and known.version.startswith('"'):
            headers["If-Range"] = known.version
        request = urllib.request.Request(quote(self.name, safe=_SAFE), headers=headers)  # noqa: S310 - checked
        try:
            response = _opener(self.name).open(request, timeout=SECONDS_WITHOUT_DATA)
        except urllib.error.HTTPError as error:
            return self._refused(error)
        except (OSError, http.client.HTTPException) as error:
            raise Interrupted(str(error) or type(error).__name__) from error
        self._response, self._at = response, offset
        self._waited_seconds, self._read_bytes = 0.0, 0
        return self._told(response, offset)

    def _told(self, response: http.client.HTTPResponse, offset: int) -> WebInfo:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "") and not urlsplit(self.name).path.lower().endswith(COMPRESSED_NAMES):
            self.close()
            raise ValueError(f"{self.name} comes compressed for the way ({encoding}): name a file that does not")
        version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        if response.status == 206:
            first, size_bytes = _content_range(response.headers.get("Content-Range", ""))
            if first == offset and size_bytes >= 0:
                return WebInfo(size_bytes, version, True)
            self.close()
            raise Interrupted(f"asked for byte {offset}, was given byte {first}")
        self._at = 0
        size_bytes = _number(response.headers.get("Content-Length", ""))
        if size_bytes < 0:
            self.close()
            raise ValueError(f"{self.name}: the server tells no size, so nobody knows whether all came: download it")
        return WebInfo(size_bytes, version, False)

    def _refused(self, error: urllib.error.HTTPError) -> WebInfo:
        with error:
            if error.code == 416:  # RFC 9110: no such range, which for byte 0 is an empty file
                return WebInfo(0, error.headers.get("ETag") or error.headers.get("Last-Modified") or "", True)
            if error.code in TRANSIENT_STATUSES:
                asked = _number(error.headers.get("Retry-After", ""))
                raise Interrupted(f"status {error.code}", float(asked)) from error
            raise FileNotFoundError(f"{self.name}: status {error.code} {error.reason}") from error


class ChangedFile(Unreachable):
    """A file that is another one than when reading it began."""


def check_address(address: str) -> None:
    """ValueError for an address that is neither https nor on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise ValueError(f"{address} is not https, and not on this machine: nobody knows what comes")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _content_range(value: str) -> tuple[int, int]:
    """First byte and whole size of `bytes 0-99/1000` (RFC 9110, 14.4); -1 for what is not said."""
    first, _, whole = value.removeprefix("bytes ").partition("/")
    return _number(first.partition("-")[0]), _number(whole)


def _number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else -1


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to what is allowed itself, and never from https to http."""

    def redirect_request(self, request: Any, file: Any, code: int, message: str, headers: Any, address: str) -> Any:
        check_address(address)
        if request.full_url.startswith("https://") and not address.startswith("https://"):
            raise ValueError(f"{request.full_url} leads to {address}, which is not https")
        return super().redirect_request(request, file, code, message, headers, address)


def _opener(address: str) -> urllib.request.OpenerDirector:
    handlers: list[Any] = [_CheckedRedirects]
    if address.startswith("http://"):  # this machine itself: no proxy
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)

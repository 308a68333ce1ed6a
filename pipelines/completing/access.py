"""Where the API is and who asks: the address, checked, and the token, from the environment alone.

The token stands in no file, message or name. Its value's `repr` is hidden, so that no traceback's locals show it.
"""

import os
import re
from typing import NamedTuple
from urllib.parse import urlsplit

GITHUB_API = "https://api.github.com"
TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105  (a variable's name)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN = re.compile(r"[\x21-\x7e]{1,1000}")


class AccessError(OSError):
    """The API cannot be asked as it was said; the message says what to change, and never the token."""


class Token:
    """A secret that goes into one header."""

    def __init__(self, value: str) -> None:
        self._value = value

    def header(self) -> str:
        """The value of the header `Authorization`."""
        return f"Bearer {self._value}"

    def __repr__(self) -> str:
        return "Token(...)"


class Origin(NamedTuple):
    """What of an address decides who gets the token."""

    scheme: str
    host: str
    port: int


def origin_of(address: str) -> Origin | None:
    """The origin of an http(s) address; None for anything else, and for one with a user or a password in it."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    if port is None or not parts.hostname or parts.username is not None or parts.scheme not in ("https", "http"):
        return None
    return Origin(parts.scheme, parts.hostname.lower(), port)


def checked_address(address: str) -> str:
    """The API's address without a slash at its end; AccessError where a token would go over the net unencrypted."""
    origin = origin_of(address)
    if origin is None:
        raise AccessError(f"{address!r} is no address of an API: give one as {GITHUB_API}")
    if origin.scheme != "https" and origin.host not in LOOPBACK:
        raise AccessError(f"{address!r} is not https: give the API's address as {GITHUB_API}")
    return address.rstrip("/")


def token_from(variable: str) -> Token | None:
    """The token in an environment variable; None: it is unset or empty."""
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    if not _TOKEN.fullmatch(value):
        raise AccessError(f"the variable {variable} holds no token: blanks or other characters are in it")
    return Token(value)

"""Secrets that a name gives away: api_key = "...", "password": "...", AWS_SECRET_ACCESS_KEY=... with a random value.

The entropy that a value must have comes from detect-secrets 1.5 (hexadecimal 3.0) and from gitleaks 8 (rule
generic-api-key, 3.5): detect-secrets' 4.5 is for strings without such a name, and a random string of 24 characters
seldom reaches it.
"""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import QUOTE, SECRET, any_stands_within, is_of, is_word, phrases
from quality.pii.entropy import entropy_bits, is_hex, is_placeholder, is_uuid, n_digit_borders

MIN_HEX_BITS = 3.0
MIN_BITS = 3.5
MIN_BYTES = 16
MAX_BYTES = 512  # longer strings are data
MIN_DIGIT_BORDERS = 3  # digits stand between letters in several places
MAX_NAME_BYTES = 48
MAX_GAP_BYTES = 8  # between name and value

# Of detect-secrets' KeywordDetector and gitleaks' generic-api-key
SECRET_NAMES = phrases(
    [
        *("password", "passwd", "pwd", "passphrase", "secret", "token", "credential"),
        *("apikey", "api_key", "api-key", "authkey", "auth_key", "auth-key", "accesskey", "access_key", "access-key"),
        *("accountkey", "account_key", "clientkey", "client_key", "servicekey", "service_key", "encryptionkey"),
        *("encryption_key", "signingkey", "signing_key", "privatekey", "private_key", "privkey", "priv_key"),
        *("masterkey", "master_key", "sharedkey", "shared_key", "storagekey", "storage_key", "dbkey", "db_key"),
    ]
)
# ... and of the names that hold none: hashes, places, tokens that are public or mark a page of results
OTHER_NAMES = phrases(
    [
        *("public", "hash", "sha1", "sha256", "sha512", "md5", "digest", "checksum", "integrity", "fingerprint"),
        *("name", "path", "file", "url", "uri", "type", "pattern", "regex", "version", "tokeniz", "tokens", "_id"),
        *("csrf", "nexttoken", "next_token", "pagetoken", "page_token", "continuation", "cancel", "salt", "nonce"),
    ]
)


@kernel
def find_assigned(data: Any, at: int, floor: int, end: int) -> tuple[int, int]:
    """Start and end of the secret value that begins at data[at], or behind a quote or blank there; or (0, 0).

    Without quotes the value ends with its line.
    """
    if not _may_be_long(data, at, end):
        return 0, 0
    is_quoted = is_of(data[at], QUOTE)
    start = at + 1 if is_quoted or data[at] == ord(" ") else at
    stop = _value_end(data, start, min(end, start + MAX_BYTES + 1))
    if stop - start < MIN_BYTES or stop - start > MAX_BYTES:
        return 0, 0
    if not (_is_closed(data, at, stop, end) if is_quoted else _ends_line(data, stop, end)):
        return 0, 0
    return (start, stop) if _is_secret(data, at, start, stop, floor) else (0, 0)


@kernel
def _may_be_long(data: Any, at: int, end: int) -> bool:
    """Two bytes ahead are ones that a value of MIN_BYTES has there: a quick look before the slow one."""
    last = at + MIN_BYTES - 1
    return last < end and is_of(data[last], SECRET) and is_of(data[at + MIN_BYTES // 2], SECRET)


@called_kernel
def _is_secret(data: Any, at: int, start: int, stop: int, floor: int) -> bool:
    """data[start:stop] looks random, and the name before data[at] says that it is a secret."""
    if not _is_random(data, start, stop):
        return False
    name_end = _name_end(data, at, floor)
    if name_end < 0:
        return False
    name = _name_start(data, name_end, floor)
    return any_stands_within(data, name, name_end, SECRET_NAMES) and not any_stands_within(
        data, name, name_end, OTHER_NAMES
    )


@kernel
def _value_end(data: Any, start: int, limit: int) -> int:
    """End of the value at data[start], with the = of Base64's padding at its end alone."""
    at = start
    while at < limit and is_of(data[at], SECRET) and data[at] != ord("="):
        at += 1
    while at < limit and data[at] == ord("="):
        at += 1
    return at


@kernel
def _is_closed(data: Any, quote: int, stop: int, end: int) -> bool:
    return stop < end and data[stop] == data[quote]


@kernel
def _ends_line(data: Any, stop: int, end: int) -> bool:
    return stop == end or data[stop] == ord("\n") or data[stop] == ord("\r") or data[stop] == ord(";")


@kernel
def _is_random(data: Any, start: int, stop: int) -> bool:
    """The value looks random, and not like a name, a UUID, or what stands for a key in documentation."""
    if n_digit_borders(data, start, stop) < MIN_DIGIT_BORDERS or is_uuid(data, start, stop):
        return False
    needed_bits = MIN_HEX_BITS if is_hex(data, start, stop) else MIN_BITS
    return entropy_bits(data, start, stop) >= needed_bits and not is_placeholder(data, start, stop)


@kernel
def _name_end(data: Any, at: int, floor: int) -> int:
    """Where the name ends to which the value at data[at] is given: -1 without an equals sign or a colon between."""
    name_end = at
    is_given = False
    while name_end > floor and at - name_end < MAX_GAP_BYTES:
        byte = data[name_end - 1]
        if byte == ord("=") or byte == ord(":"):
            is_given = True
        elif not (byte == ord(" ") or byte == ord("\t") or byte == ord(">") or byte == ord("]") or is_of(byte, QUOTE)):
            break
        name_end -= 1
    return name_end if is_given else -1


@kernel
def _name_start(data: Any, name_end: int, floor: int) -> int:
    start = name_end
    while start > floor and name_end - start < MAX_NAME_BYTES and _is_of_name(data[start - 1]):
        start -= 1
    return start


@kernel
def _is_of_name(byte: int) -> bool:
    return is_word(byte) or byte == ord("-") or byte == ord(".")

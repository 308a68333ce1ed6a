"""Email addresses: a local part of at most 64 bytes, an @, and a domain below a top-level domain that exists.

RFC 5321 for the lengths, RFC 2606 for names that are nobody's, IANA's list for the top-level domains. Quoted local
parts, comments and domains of numbers, which RFC 5322 allows, are not looked for.
"""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import (
    ALPHANUMERIC,
    HEX,
    LETTER,
    LOCAL,
    LOWER,
    UPPER,
    any_stands_at,
    is_of,
    phrases,
    run_end,
)
from quality.pii.top_level_domains import is_top_level_domain

MAX_LOCAL_BYTES = 64
MAX_DOMAIN_BYTES = 253

NO_REPLY = phrases(["noreply@", "no-reply@", "no_reply@", "no.reply@", "donotreply@", "do-not-reply@"])
ACCOUNTS = phrases(["git@git", "git@bitbucket", "git@ssh", "hg@", "svn@"])  # git@github.com:owner/name
RESERVED = phrases(["example."])  # example.com, example.org, example.co.uk, ...
ESCAPED = b"nrtabfv0"


@kernel
def may_be_email(data: Any, at: int, floor: int, end: int) -> bool:
    """Something stands before the @ at data[at], and a name may begin behind it: a quick look before the slow one."""
    if at == floor or at + 1 >= end or data[at - 1] <= ord(" ") or data[at - 1] == ord("@"):
        return False
    return is_of(data[at + 1], ALPHANUMERIC) or data[at + 1] >= 0x80


@called_kernel
def find_email(data: Any, at: int, floor: int, end: int, domains: Any) -> tuple[int, int]:
    """Start and end of the address around the @ at data[at], within data[floor:end]; or (0, 0)."""
    stop = _domain_end(data, at + 1, end, domains)
    if stop == 0:
        return 0, 0
    start = _local_start(data, at, floor)
    if start == at or _names_nobody(data, start, at, stop):
        return 0, 0
    return start, stop


@kernel
def _local_start(data: Any, at: int, floor: int) -> int:
    """Where the local part before the @ at data[at] begins: at the @, if there is none or it is too long."""
    limit = max(floor, at - MAX_LOCAL_BYTES - 1)
    start = at
    while start > limit:
        size = _local_bytes_before(data, start, at, limit)
        if size == 0:
            break
        start -= size
    if at - start > MAX_LOCAL_BYTES:
        return at
    start = _after_escape(data, start, at, floor)
    while start < at and is_of(data[start], LOCAL) and not is_of(data[start], ALPHANUMERIC) and data[start] != ord("_"):
        start += 1
    if start > floor + 1 and data[start - 1] == ord("/") and data[start - 2] == ord("/"):
        return at  # https://name@host
    return start


@kernel
def _local_bytes_before(data: Any, start: int, at: int, limit: int) -> int:
    """How many bytes before `start` make one more character of a local part: 0, 1, or 2 of a letter such as é."""
    byte = data[start - 1]
    if byte == ord("."):
        return 1 if start < at and data[start] != ord(".") else 0
    if is_of(byte, LOCAL):
        return 1
    if start - 2 >= limit and _is_two_byte_letter(data, start - 2):
        return 2
    return 0


@kernel
def _is_two_byte_letter(data: Any, at: int) -> bool:
    """Two bytes at data[at] are a Latin, Greek or Cyrillic letter beyond ASCII, or × or ÷."""
    return bool(0xC3 <= data[at] <= 0xD4 and (data[at + 1] & 0xC0) == 0x80)


@kernel
def _after_escape(data: Any, start: int, at: int, floor: int) -> int:
    r"""Past what belongs to a backslash before the local part: the n of \n, the u003c of \u003c."""
    if start == floor or data[start - 1] != ord("\\") or start + 1 >= at:
        return start
    if data[start] == ord("u") and start + 5 < at:
        for i in range(start + 1, start + 5):
            if not is_of(data[i], HEX):
                return start
        return start + 5
    for escaped in ESCAPED:
        if data[start] == escaped:
            return start + 1
    return start


@called_kernel
def _domain_end(data: Any, start: int, end: int, domains: Any) -> int:
    """End of the domain that begins at `start`: its last label is a top-level domain. 0 if there is none.

    What follows a top-level domain with a capital is the next sentence, and with none between the next word: in
    `ann@x.org.Then we` and in `ann@x.orgThen we` the domain is x.org.
    """
    limit = min(end, start + MAX_DOMAIN_BYTES)
    at = start
    stop = 0
    n_labels = 0
    while True:
        label_end = _label_end(data, at, limit)
        if label_end == at or (label_end == limit and limit < end):
            break
        n_labels += 1
        if n_labels > 1 and is_top_level_domain(data, at, label_end, domains):
            stop = label_end
        elif stop and is_of(data[at], UPPER):
            break
        else:
            stop = _run_on_end(data, start, at, label_end, domains) if n_labels > 1 else 0
            if stop:
                break
        if label_end >= limit or data[label_end] != ord("."):
            break
        at = label_end + 1
    if stop and stop < end and (data[stop] == ord("(") or data[stop] == ord("@") or data[stop] == ord("_")):
        return 0  # a call of a method, or no domain at all
    return stop


@kernel
def _run_on_end(data: Any, start: int, at: int, label_end: int, domains: Any) -> int:
    """End of a top-level domain that the label at data[at] begins with, a capital or digit following; 0 if it does not.

    Only behind labels without a capital: this@MainActivity.isFinishing is Kotlin.
    """
    for i in range(start, at):
        if is_of(data[i], UPPER):
            return 0
    stop = run_end(data, at, label_end, LOWER)
    return stop if stop < label_end and data[stop] < 0x80 and is_top_level_domain(data, at, stop, domains) else 0


@kernel
def _label_end(data: Any, start: int, limit: int) -> int:
    """End of the label that begins at `start`: letters, digits and inner hyphens."""
    at = start
    stop = start
    while at < limit:
        if is_of(data[at], ALPHANUMERIC):
            at += 1
            stop = at
        elif data[at] == ord("-") and stop > start:
            at += 1
        elif at + 1 < limit and _is_two_byte_letter(data, at):
            at += 2
            stop = at
        else:
            break
    return stop


@kernel
def _names_nobody(data: Any, start: int, at: int, stop: int) -> bool:
    """The address is a place in documentation, a machine's that nobody reads, or an account for version control."""
    if any_stands_at(data, start, stop, ACCOUNTS) or any_stands_at(data, start, at + 1, NO_REPLY):
        return True
    for label in range(at + 1, stop):
        if not is_of(data[label - 1], LETTER) and any_stands_at(data, label, stop, RESERVED):
            return True
    return False

"""One pass over a batch's text that finds addresses, numbers and keys; see `triggers.py` for how it skips the rest.

Telephone numbers are looked for last, in what the other kinds leave: a number inside an address or key is part of it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from quality.edits import EDIT_KINDS
from quality.kernel import called_kernel, kernel
from quality.pii.assigned import find_assigned
from quality.pii.bytes import DIGIT, is_of
from quality.pii.emails import find_email, may_be_email
from quality.pii.ip_addresses import find_ipv4
from quality.pii.ipv6 import find_ipv6
from quality.pii.numbers_in_groups import START, new_groups, run_of_groups
from quality.pii.phones import MAX_DIGITS, MIN_DIGITS, is_phone
from quality.pii.private_keys import find_private_key
from quality.pii.token_formats import TOKEN_KINDS
from quality.pii.tokens import find_token, find_web_token
from quality.pii.top_level_domains import top_level_domains
from quality.pii.triggers import (
    AT,
    COLON,
    DOT,
    NOTHING,
    QUOTED,
    TOKEN,
    TRIGGERS,
    UNQUOTED,
    WEB_TOKEN,
)
from quality.pii.url_passwords import find_url_password

FINDING = np.dtype(
    [("document", np.int64), ("start_bytes", np.int64), ("end_bytes", np.int64), ("kind", np.int64), ("key", np.int64)]
)
Findings = npt.NDArray[Any]

EMAIL, IP, PHONE, KEY = (EDIT_KINDS.index(kind) for kind in ("email", "ip", "phone", "key"))

# What `key` says of findings of the kind KEY; of the others it is 0
KEY_KINDS = ("assigned_secret", "private_key", "url_password", "web_token", *TOKEN_KINDS)
ASSIGNED_SECRET, PRIVATE_KEY, URL_PASSWORD, WEB_TOKEN_KEY = range(4)
FIRST_TOKEN_KIND = 4

FIRST_CAPACITY = 1 << 16  # findings of a batch; more are found by a second pass


def find_all(data: Any, offsets: Any, is_code: npt.NDArray[np.bool_]) -> Findings:
    """Every finding in the documents data[offsets[i]:offsets[i + 1]], none overlapping another; places in the document.

    `is_code`, a flag a document: blanks alone make no telephone number there.
    """
    domains, groups = top_level_domains(), new_groups()
    findings = np.empty(FIRST_CAPACITY, FINDING)
    n_found = _find(data, offsets, is_code, domains, groups, findings)
    if n_found > len(findings):
        findings = np.empty(n_found, FINDING)
        _find(data, offsets, is_code, domains, groups, findings)
    return findings[:n_found]


@kernel
def _find(data: Any, offsets: Any, is_code: Any, domains: Any, groups: Any, findings: Any) -> int:
    """Write the findings as long as there is room; how many there are."""
    n_found = int(np.int64(0))  # typed, since each kernel is compiled once more for a constant
    for i in range(len(offsets) - 1):
        first = n_found
        n_found = _find_in_document(data, offsets[i], offsets[i + 1], i, domains, findings, n_found)
        n_found = _find_phones(data, offsets[i], offsets[i + 1], i, is_code[i], groups, findings, first, n_found)
    return n_found


@called_kernel
def _find_in_document(data: Any, start: int, end: int, document: int, domains: Any, findings: Any, n_found: int) -> int:
    floor = start  # nothing found begins before it
    at = start
    while True:
        at = _next_candidate(data, at, end)
        if at >= end:
            return n_found
        found, stop, kind, key = _look(data, at, floor, end, TRIGGERS[data[at - 1], data[at]], domains)
        if stop:
            _write(findings, n_found, document, found - start, stop - start, kind, key)
            n_found += 1
            floor = stop
            at = max(at, stop - 1)


@kernel
def _next_candidate(data: Any, at: int, end: int) -> int:
    """The next place behind `at` where a pair that has a trigger ends; `end` if there is none."""
    if at >= end:
        return end
    before = data[at]
    for i in range(at + 1, end):
        here = data[i]
        if TRIGGERS[before, here] != NOTHING:
            return i
        before = here
    return end


@kernel
def _look(data: Any, at: int, floor: int, end: int, trigger: int, domains: Any) -> tuple[int, int, int, int]:
    """What the trigger of data[at - 1:at + 1] announces: start, end, kind and key of a finding; end 0 for nothing."""
    if trigger in (UNQUOTED, QUOTED):
        start, stop = find_assigned(data, at, floor, end)
        return start, stop, KEY, ASSIGNED_SECRET
    if trigger >= TOKEN:
        start, stop, kind = find_token(data, at + 1, floor, end, trigger - TOKEN)
        return start, stop, KEY, kind + FIRST_TOKEN_KIND
    if trigger == DOT:
        start, stop = find_ipv4(data, at, floor, end)
        return start, stop, IP, 0
    if trigger == COLON:
        start, stop = find_ipv6(data, at, floor, end)
        return start, stop, IP, 0
    if trigger == AT:
        if not may_be_email(data, at, floor, end):
            return 0, 0, EMAIL, 0
        start, stop = find_url_password(data, at, floor, end)
        if stop or start:
            return start, stop, KEY, URL_PASSWORD
        start, stop = find_email(data, at, floor, end, domains)
        return start, stop, EMAIL, 0
    if trigger == WEB_TOKEN:
        start, stop = find_web_token(data, at - 2, floor, end) if at - 2 >= floor else (0, 0)
        return start, stop, KEY, WEB_TOKEN_KEY
    start, stop = find_private_key(data, at - 5, end) if at - 5 >= floor else (0, 0)
    return start, stop, KEY, PRIVATE_KEY


@called_kernel
def _find_phones(
    data: Any, start: int, end: int, document: int, is_code: bool, groups: Any, findings: Any, first: int, n_found: int
) -> int:
    """Look between the findings `first` to `n_found` of the document; how many findings there are then."""
    n_others = min(n_found, len(findings))
    floor = start
    for other in range(first, n_others + 1):
        limit = start + findings[other].start_bytes if other < n_others else end
        n_found = _find_phones_between(data, floor, limit, start, document, is_code, groups, findings, n_found)
        if other < n_others:
            floor = start + findings[other].end_bytes
    return n_found


@kernel
def _find_phones_between(
    data: Any,
    floor: int,
    limit: int,
    start: int,
    document: int,
    is_code: bool,
    groups: Any,
    findings: Any,
    n_found: int,
) -> int:
    at = floor
    while at < limit:
        if not is_of(data[at], DIGIT):
            at += 1
            continue
        stop, n_digits = run_of_groups(data, at, limit)
        if MIN_DIGITS <= n_digits <= MAX_DIGITS and is_phone(data, at, stop, floor, limit, groups, is_code):
            found = groups.facts[START]
            _write(findings, n_found, document, found - start, stop - start, PHONE, 0)
            n_found += 1
        at = stop
    return n_found


@kernel
def _write(findings: Any, number: int, document: int, start: int, stop: int, kind: int, key: int) -> None:
    if number >= len(findings):
        return
    findings[number].document = document
    findings[number].start_bytes = start
    findings[number].end_bytes = stop
    findings[number].kind = kind
    findings[number].key = key

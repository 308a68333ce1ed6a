"""Public IPv6 addresses: RFC 4291's text form below 2000::/3, the part of the space that IANA gives out.

An address begins with four hexadecimal digits, the first of them 2 or 3, so times, scopes (std::string) and hardware
addresses are none. Blocks for documentation and protocols stay, as `ipaddress` has them.
"""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import DIGIT, HEX, is_of, is_word

N_GROUPS = 8
MIN_GROUPS = 3  # 2a00:: alone is a network's


@kernel
def find_ipv6(data: Any, colon: int, floor: int, end: int) -> tuple[int, int]:
    """Start and end of the public address whose first colon is data[colon], or (0, 0)."""
    start = colon - 4
    if start < floor or not (data[start] == ord("2") or data[start] == ord("3")):
        return 0, 0
    stop = _public_end(data, start, colon, floor, end)
    return (start, stop) if stop else (0, 0)


@called_kernel
def _public_end(data: Any, start: int, colon: int, floor: int, end: int) -> int:
    """Where the public address that begins at data[start] ends; 0 if there is none."""
    if not _begins_clean(data, start, floor):
        return 0
    first, stop = _read_group(data, start, end)
    if stop != colon:
        return 0
    second = 0
    n_groups = 1
    is_shortened = False
    at = stop
    while at < end and data[at] == ord(":") and n_groups < N_GROUPS:
        at += 1
        if at < end and data[at] == ord(":"):
            if is_shortened:
                return 0
            is_shortened = True
            at += 1
            stop = at
        group, group_end = _read_group(data, at, end)
        if group_end == 0:
            break
        if n_groups == 1 and not is_shortened:
            second = group
        n_groups += 1
        at = group_end
        stop = group_end
    if n_groups < MIN_GROUPS or is_shortened == (n_groups == N_GROUPS) or not _ends_clean(data, stop, end):
        return 0
    return 0 if _is_reserved(first, second) else stop


@kernel
def _read_group(data: Any, start: int, end: int) -> tuple[int, int]:
    """One to four hexadecimal digits at data[start]: value and end; (0, 0) if there are none, or more."""
    at = start
    value = 0
    while at < end and at - start < 5 and is_of(data[at], HEX):
        value = value * 16 + _hex_value(data[at])
        at += 1
    if at == start or at - start > 4:
        return 0, 0
    return value, at


@kernel
def _hex_value(byte: int) -> int:
    return byte - 48 if is_of(byte, DIGIT) else (byte & 0xF) + 9


@kernel
def _begins_clean(data: Any, start: int, floor: int) -> bool:
    if start == floor:
        return True
    before = data[start - 1]
    return not (is_word(before) or before == ord(":") or before == ord(".") or before == ord("-"))


@kernel
def _ends_clean(data: Any, stop: int, end: int) -> bool:
    if data[stop - 1] == ord(":"):  # a network's, such as 2a02:8108::/32
        return stop + 1 < end and data[stop] == ord("/") and is_of(data[stop + 1], DIGIT)
    if stop == end:
        return True
    if data[stop] == ord("."):  # an IPv4 address as the last two groups
        return not (stop + 1 < end and is_of(data[stop + 1], DIGIT))
    return not (is_word(data[stop]) or data[stop] == ord(":"))


@kernel
def _is_reserved(first: int, second: int) -> bool:
    """2001::/23 (protocols), 2001:db8::/32 and 3fff::/20 (documentation), 2002::/16 (6to4)."""
    if first == 0x2001:
        return second < 0x200 or second == 0xDB8
    return first == 0x2002 or (first == 0x3FFF and second < 0x1000)

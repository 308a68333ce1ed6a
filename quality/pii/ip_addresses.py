"""Public IPv4 addresses, in dotted decimal as `ipaddress` reads it: neither version numbers nor what IANA reserves.

Reserved is what Python's `ipaddress` calls not global (IANA's special-purpose registry), and multicast. A version is
recognised as BigCode's redaction of The Stack does, by its small numbers, and by the word before it.
"""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import DIGIT, LETTER, any_word_ends_at, is_of, is_word, phrases

# A version has four numbers below MAX_SMALL_NUMBER, or the first below it and two others of one digit. Of random
# addresses one in 1,100 is as small.
MAX_SMALL_NUMBER = 32
# SVG's paths leave out what they can: 1.81 .88 .88 is written 1.81.88.88, and a comma joins the next number. Numbers
# of at most two digits are an address only where no whole number is joined so; of random addresses 1 in 43 has such.
MAX_PATH_NUMBER = 100
MAX_NEIGHBOUR_BYTES = 16
NO_NUMBER = -1
MAX_GAP_BYTES = 4  # between the word and the number: version = "1.2.3.4"

VERSION_WORDS = phrases(
    [
        *("version", "versions", "ver", "v", "release", "rel", "build", "firmware", "revision", "rev", "driver"),
        *("section", "sections", "sec", "chapter", "clause", "table", "figure", "fig", "appendix", "annex", "§"),
        *("bundle", "patch", "update", "upgrade", "since", "oid", "sdk", "api", "runtime", "assembly"),
    ]
)


@kernel
def find_ipv4(data: Any, dot: int, floor: int, end: int) -> tuple[int, int]:
    """Start and end of the public address whose first dot is data[dot], or (0, 0)."""
    if dot + 1 >= end or not is_of(data[dot + 1], DIGIT):
        return 0, 0
    start = dot
    while start > floor and dot - start < 3 and is_of(data[start - 1], DIGIT):
        start -= 1
    if not _begins_clean(data, start, floor):
        return 0, 0
    stop = _public_end(data, start, floor, end)
    return (start, stop) if stop else (0, 0)


@called_kernel
def _public_end(data: Any, start: int, floor: int, end: int) -> int:
    """Where the public address that begins at data[start] ends; 0 if there is none."""
    address, stop = read_ipv4(data, start, end)
    if stop == 0 or not _ends_clean(data, stop, end):
        return 0
    if is_reserved(address) or _is_version(data, start, floor, address):
        return 0
    return 0 if _is_of_longer_run(data, start, stop, floor, end, address) else stop


@kernel
def read_ipv4(data: Any, start: int, end: int) -> tuple[int, int]:
    """Four numbers up to 255 without leading zeros, from data[start]: the address and where it ends, or (0, 0)."""
    address = 0
    at = start
    for number in range(4):
        if number:
            if at >= end or data[at] != ord("."):
                return 0, 0
            at += 1
        octet, stop = _read_octet(data, at, end)
        if stop == 0:
            return 0, 0
        address = (address << 8) | octet
        at = stop
    return address, at


@kernel
def _read_octet(data: Any, start: int, end: int) -> tuple[int, int]:
    at = start
    octet = 0
    while at < end and at - start < 4 and is_of(data[at], DIGIT):
        octet = octet * 10 + (data[at] - 48)
        at += 1
    if at == start or octet > 255 or (data[start] == ord("0") and at - start > 1):
        return 0, 0
    return octet, at


@kernel
def _begins_clean(data: Any, start: int, floor: int) -> bool:
    """What stands before the address does not belong to a longer number, a name or a path."""
    if start == floor:
        return True
    before = data[start - 1]
    if is_word(before) or before == ord(".") or before == ord("^") or before == ord("~"):
        return False
    second = data[start - 2] if start - 1 > floor else ord(" ")
    if before == ord("-"):
        return is_of(second, DIGIT) or second == ord(" ")  # a range of addresses; not name-1.2.3.4
    if before == ord("/"):
        return second == ord("/")  # http://1.2.3.4; not Browser/1.2.3.4
    if before == ord("="):
        return not (second == ord("=") or second == ord(">") or second == ord("<") or second == ord("!"))
    return True


@kernel
def _ends_clean(data: Any, stop: int, end: int) -> bool:
    if stop == end:
        return True
    after = data[stop]
    second = data[stop + 1] if stop + 1 < end else ord(" ")
    if after == ord("."):
        return not is_word(second)
    if after == ord("-"):
        return not is_of(second, LETTER)
    return not is_word(after)


@kernel
def is_reserved(address: int) -> bool:
    """The address is in a block that is not globally reachable, or names a group."""
    first = address >> 24
    if first == 0 or first == 10 or first == 127 or first >= 224:
        return True
    first_two = address >> 16
    if first_two == 0xA9FE or first_two == 0xC0A8:  # 169.254, 192.168
        return True
    if address >> 20 == 0xAC1 or address >> 22 == 0x191 or address >> 17 == 0x6309:  # 172.16/12, 100.64/10, 198.18/15
        return True
    first_three = address >> 8
    # 192.0.0, and for documentation (RFC 5737) 192.0.2, 198.51.100, 203.0.113
    return first_three == 0xC00000 or first_three == 0xC00002 or first_three == 0xC63364 or first_three == 0xCB0071


@kernel
def _is_of_longer_run(data: Any, start: int, stop: int, floor: int, end: int, address: int) -> bool:
    """The address is a slice of numbers that commas, dashes or blanks join: c3.26.91.16,1.21 and 1.2-77.21.132.33-1.

    Addresses may be joined to each other, and whole numbers by a comma, as in a table's row: 7,77.21.132.33,443.
    """
    before = ord(";") if start == floor else data[start - 1]
    after = ord(";") if stop == end else data[stop]
    blanks_join = address >> 24 < MAX_SMALL_NUMBER
    dots_before = _dots_before(data, start - 1, floor) if _joins(before, blanks_join) else NO_NUMBER
    dots_after = _dots_after(data, stop + 1, end) if _joins(after, blanks_join) else NO_NUMBER
    if _is_decimal(dots_before) or _is_decimal(dots_after):
        return True
    if before == ord("-") and dots_before == 0:
        return True
    if after == ord("-") and dots_after == 0:
        return not _is_end_of_range(data, stop + 1, end, address & 0xFF)
    return _may_be_path(address) and (
        (before == ord(",") and dots_before == 0) or (after == ord(",") and dots_after == 0)
    )


@kernel
def _joins(byte: int, blanks_join: bool) -> bool:
    return byte == ord(",") or byte == ord("-") or (blanks_join and byte == ord(" "))


@kernel
def _dots_before(data: Any, stop: int, floor: int) -> int:
    """How many dots the number has that ends before data[stop]; NO_NUMBER if there is none."""
    at = stop
    n_dots = 0
    while at > floor and stop - at < MAX_NEIGHBOUR_BYTES and _is_of_decimal(data[at - 1]):
        n_dots += data[at - 1] == ord(".")
        at -= 1
    return n_dots if at < stop else NO_NUMBER


@kernel
def _dots_after(data: Any, start: int, end: int) -> int:
    """How many dots the number has that begins at data[start], the one that ends a sentence not counted."""
    at = start
    n_dots = 0
    while at < end and at - start < MAX_NEIGHBOUR_BYTES and _is_of_decimal(data[at]):
        n_dots += data[at] == ord(".") and at + 1 < end and is_of(data[at + 1], DIGIT)
        at += 1
    return n_dots if at > start else NO_NUMBER


@kernel
def _is_decimal(n_dots: int) -> bool:
    return n_dots == 1 or n_dots == 2 or n_dots > 3


@kernel
def _is_end_of_range(data: Any, start: int, end: int, last_octet: int) -> bool:
    """The number at data[start] is above the address's last one: 77.21.132.33-40. In 77.21.132.33-1 it is a release."""
    octet, stop = _read_octet(data, start, end)
    return stop > 0 and octet > last_octet


@kernel
def _may_be_path(address: int) -> bool:
    """Every number of the address is below MAX_PATH_NUMBER."""
    for shift in (0, 8, 16, 24):  # noqa: SIM110
        if (address >> shift) & 0xFF >= MAX_PATH_NUMBER:
            return False
    return True


@kernel
def _is_of_decimal(byte: int) -> bool:
    return is_of(byte, DIGIT) or byte == ord(".")


@kernel
def _is_version(data: Any, start: int, floor: int, address: int) -> bool:
    """The numbers are small, or a word such as `version` stands before."""
    n_small = 0
    n_digits = 0
    for number in range(3):
        octet = (address >> (8 * number)) & 0xFF
        n_small += octet < MAX_SMALL_NUMBER
        n_digits += octet < 10
    if address >> 24 < MAX_SMALL_NUMBER and (n_small == 3 or n_digits >= 2):
        return True
    at = start
    while at > floor and start - at < MAX_GAP_BYTES and _is_gap(data[at - 1]):
        at -= 1
    return any_word_ends_at(data, floor, at, VERSION_WORDS)


@kernel
def _is_gap(byte: int) -> bool:
    return byte == ord(" ") or byte == ord("=") or byte == ord(":") or byte == ord('"') or byte == ord("'")

"""Whether a chunk is a URL, a host or an address, as spaCy's URL_PATTERN (lang/tokenizer_exceptions.py) says.

The pattern is Diego Perini's (https://gist.github.com/dperini/729294): (scheme://)? (user@)? (IPv4 | host.tld) (:port)?
([/?#] anything)?, all of the chunk. Chunks hold no whitespace, so "anything" is the rest.
"""

from typing import Any

from quality.kernel import kernel
from quality.words.tables import HOST, LOWER, NUMERAL, WORD_CHARACTER

FULL_STOP, COLON, SLASH, AT_SIGN, UNDERSCORE, HYPHEN, PLUS = (ord(character) for character in ".:/@_-+")
QUESTION_MARK, HASH, ZERO = ord("?"), ord("#"), ord("0")
LEAST_SCHEME_CHARS = 2
MOST_LABEL_CHARS = 64
TOP_LEVEL_CHARS = (2, 63)
PORT_CHARS = (2, 5)


@kernel
def is_url(code_points: Any, start: int, end: int, tables: Any) -> bool:
    """Whether code_points[start:end] matches; it is read at most a few times."""
    if not _holds(code_points, start, end, FULL_STOP):
        return False
    after_scheme = _after_scheme(code_points, start, end, tables)
    for at in range(start, end):
        may_begin = at in (start, after_scheme) or (at > start + 1 and code_points[at - 1] == AT_SIGN)
        if may_begin and (_is_host(code_points, at, end, tables) or _is_ipv4(code_points, at, end, tables)):
            return True
    return False


@kernel
def _holds(code_points: Any, start: int, end: int, wanted: int) -> bool:
    for at in range(start, end):  # noqa: SIM110 (numba has no generators)
        if code_points[at] == wanted:
            return True
    return False


@kernel
def _is(code_point: int, bit: int, tables: Any) -> bool:
    return (tables.url_bits[tables.code_point_classes[code_point]] & bit) != 0


@kernel
def _after_scheme(code_points: Any, start: int, end: int, tables: Any) -> int:
    """The place behind `scheme://`; `start` where there is none."""
    at = start
    while at < end and (_is(code_points[at], WORD_CHARACTER, tables) or code_points[at] in (PLUS, HYPHEN, FULL_STOP)):
        at += 1
    if at - start < LEAST_SCHEME_CHARS or at + 3 > end:
        return start
    if code_points[at] == COLON and code_points[at + 1] == SLASH and code_points[at + 2] == SLASH:
        return at + 3
    return start


@kernel
def _is_host(code_points: Any, at: int, end: int, tables: Any) -> bool:
    """Labels with a full stop behind each, a top-level domain, and what may follow a host, to the end."""
    while True:
        label_end = at
        while label_end < end and _is_label_character(code_points[label_end], tables):
            label_end += 1
        if label_end == end or code_points[label_end] != FULL_STOP or not _is_label(code_points, at, label_end, tables):
            return False
        at = label_end + 1
        top_end = at
        while top_end < end and _is(code_points[top_end], LOWER, tables):
            top_end += 1
        is_top = TOP_LEVEL_CHARS[0] <= top_end - at <= TOP_LEVEL_CHARS[1]
        if is_top and _ends_host(code_points, top_end, end, tables):
            return True


@kernel
def _is_label_character(code_point: int, tables: Any) -> bool:
    return _is(code_point, HOST, tables) or code_point in (UNDERSCORE, HYPHEN)


@kernel
def _is_label(code_points: Any, start: int, end: int, tables: Any) -> bool:
    return (
        1 <= end - start <= MOST_LABEL_CHARS
        and _is(code_points[start], HOST, tables)
        and _is(code_points[end - 1], HOST, tables)
    )


@kernel
def _ends_host(code_points: Any, at: int, end: int, tables: Any) -> bool:
    """Whether (:port)? ([/?#] anything)? goes to the end."""
    if at < end and code_points[at] == COLON:
        port = at + 1
        at = port
        while at < end and _is(code_points[at], NUMERAL, tables):
            at += 1
        if not PORT_CHARS[0] <= at - port <= PORT_CHARS[1]:
            return False
    return at == end or code_points[at] in (SLASH, QUESTION_MARK, HASH)


@kernel
def _is_ipv4(code_points: Any, at: int, end: int, tables: Any) -> bool:
    """A public address in dotted notation, and what may follow a host, to the end.

    The pattern takes digits of any script where it says \\d, so an octet is its characters and not its value.
    """
    first = at
    second = first
    third = first
    for octet in range(4):
        octet_end = at
        while octet_end < end and octet_end - at <= 3 and _is(code_points[octet_end], NUMERAL, tables):
            octet_end += 1
        if not _is_octet(code_points, at, octet_end, octet):
            return False
        if octet == 1:
            second = at
        if octet == 2:
            third = at
        if octet < 3 and (octet_end == end or code_points[octet_end] != FULL_STOP):
            return False
        at = octet_end + (octet < 3)
    return not _is_private(code_points, first, second, third) and _ends_host(code_points, at, end, tables)


@kernel
def _is_octet(code_points: Any, start: int, end: int, octet: int) -> bool:
    """Whether the characters are octet 0 (1-223), 1 or 2 (0-255, or two digits), or 3 (1-254)."""
    n_chars = end - start
    if n_chars < 1 or n_chars > 3:
        return False
    first = int(code_points[start]) - ZERO  # 0 to 9 for ASCII digits alone
    if n_chars < 3:
        return octet in (1, 2) or 1 <= first <= 9
    second = int(code_points[start + 1]) - ZERO
    third = int(code_points[start + 2]) - ZERO
    if first == 1:
        return True
    if first != 2:
        return False
    if octet == 0:
        return second in (0, 1) or (second == 2 and 0 <= third <= 3)
    return 0 <= second <= 4 or (second == 5 and 0 <= third <= (4 if octet == 3 else 5))


@kernel
def _is_private(code_points: Any, first: int, second: int, third: int) -> bool:
    """Whether an address, whose octets begin there, is 10.*, 127.*, 169.254.*, 192.168.* or 172.16.* to 172.31.*"""
    network = _number(code_points, first, second - 1)
    subnet = _number(code_points, second, third - 1)
    if network in (10, 127) or (network == 169 and subnet == 254) or (network == 192 and subnet == 168):
        return True
    if network != 172 or third - 1 - second != 2:
        return False
    tens = int(code_points[second]) - ZERO
    ones = int(code_points[second + 1]) - ZERO
    return (tens == 1 and 6 <= ones <= 9) or tens == 2 or (tens == 3 and ones in (0, 1))


@kernel
def _number(code_points: Any, start: int, end: int) -> int:
    """The value of ASCII digits; -1 where there are others."""
    value = 0
    for at in range(start, end):
        digit = int(code_points[at]) - ZERO
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value

"""Access tokens that begin as their issuer makes them (`token_formats.py`), and JSON Web Tokens."""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import ALPHANUMERIC, BASE64URL, is_of, is_word, run_end
from quality.pii.entropy import entropy_bits, is_placeholder
from quality.pii.token_formats import token_table

MIN_ENTROPY_BITS = 3.0  # gitleaks asks for 2 to 4; random hexadecimal digits have more than 3.5
MIN_WEB_TOKEN_PART_BYTES = 17  # gitleaks' rule `jwt`
MIN_SIGNATURE_BYTES = 10
SENDGRID_SECOND_BYTES = 43

TABLE, _ = token_table()


@kernel
def find_token(data: Any, at: int, floor: int, end: int, group: int) -> tuple[int, int, int]:
    """Start, end and kind of the token whose prefix ends before data[at], its last two bytes being the group's.

    (0, 0, 0): none.
    """
    for row in range(TABLE.groups[group], TABLE.groups[group + 1]):
        start = _prefix_start(data, at, floor, row)
        if start >= 0:
            stop = _token_end(data, at, end, row)
            if stop:
                return start, stop, TABLE.kinds[row]
    return 0, 0, 0


@called_kernel
def _token_end(data: Any, at: int, end: int, row: int) -> int:
    """Where the token ends that goes on at data[at] behind the row's prefix; 0 if it is none."""
    stop = run_end(data, at, min(end, at + TABLE.max_bytes[row] + 1), TABLE.classes[row])
    n_bytes = stop - at
    if n_bytes < TABLE.min_bytes[row] or n_bytes > TABLE.max_bytes[row] or (stop < end and is_word(data[stop])):
        return 0
    if data[at - 1] == ord(".") and data[at - 2] == ord("G"):
        stop = _sendgrid_end(data, stop, end)
    if stop == 0 or entropy_bits(data, at, stop) < MIN_ENTROPY_BITS or is_placeholder(data, at, stop):
        return 0
    return stop


@kernel
def _prefix_start(data: Any, at: int, floor: int, row: int) -> int:
    """Where the row's prefix, which would end before data[at], begins: -1 if it does not stand there by itself."""
    first, last = TABLE.prefix_offsets[row], TABLE.prefix_offsets[row + 1]
    start = at - (last - first)
    if start < floor:
        return -1
    for k in range(last - first):
        if data[start + k] != TABLE.prefixes[first + k]:
            return -1
    return start if _begins_clean(data, start, floor) else -1


@kernel
def _begins_clean(data: Any, start: int, floor: int) -> bool:
    """Neither Base64 nor a name ends before; an equals sign does not count: ?key=TOKEN."""
    if start == floor:
        return True
    before = data[start - 1]
    return not (is_of(before, BASE64URL) or before == ord("+") or before == ord("/") or before == ord("."))


@kernel
def _sendgrid_end(data: Any, dot: int, end: int) -> int:
    if dot >= end or data[dot] != ord("."):
        return 0
    stop = run_end(data, dot + 1, min(end, dot + 2 + SENDGRID_SECOND_BYTES), BASE64URL)
    return stop if stop - dot - 1 == SENDGRID_SECOND_BYTES else 0


@called_kernel
def find_web_token(data: Any, start: int, floor: int, end: int) -> tuple[int, int]:
    """Start and end of the JSON Web Token (RFC 7519) that begins at data[start], where `ey` stands; or (0, 0).

    Header and payload are JSON objects, so both begin with {" in Base64: eyJ; the third part is the signature.
    """
    if not _begins_clean(data, start, floor):
        return 0, 0
    header = run_end(data, start, end, BASE64URL)
    if header - start < MIN_WEB_TOKEN_PART_BYTES or not _begins_object(data, header + 1, end) or data[header] != 46:
        return 0, 0
    payload = run_end(data, header + 1, end, BASE64URL)
    if payload - header - 1 < MIN_WEB_TOKEN_PART_BYTES or payload >= end or data[payload] != 46:
        return 0, 0
    stop = run_end(data, payload + 1, end, BASE64URL)
    return (start, stop) if stop - payload - 1 >= MIN_SIGNATURE_BYTES else (0, 0)


@kernel
def _begins_object(data: Any, at: int, end: int) -> bool:
    return at + 2 < end and data[at] == ord("e") and data[at + 1] == ord("y") and is_of(data[at + 2], ALPHANUMERIC)

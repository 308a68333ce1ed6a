"""Encoded data in code: runs of base64, of hexadecimal bytes and of Unicode escapes, by StarCoder2's three patterns.

[a-zA-Z0-9+/\n=]{64,}
(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\\s*)){8,}
(?:\\u[0-9a-fA-F]{4}){8,}
(Lozhkov et al. 2024, section 4.2, "Encoded data"), with every byte over 0x7F as a word character.
"""

from typing import Any

from quality.code.tallies import BASE64, HEX, WHITE, WORD
from quality.kernel import kernel

MIN_BASE64_CHARS = 64
MIN_UNITS = 8  # bytes or escapes
BACKSLASH, COMMA, ZERO, SMALL_X, SMALL_U = ord("\\"), ord(","), ord("0"), ord("x"), ord("u")
ESCAPE_BYTES = 6  # \u12ab


@kernel
def count_encoded(data: Any, start: int, end: int, classes: Any, tally: Any) -> None:
    """Fill in how many characters lie in such runs, those of two kinds counted twice, and how long the longest is."""
    n_chars = 0
    longest = 0
    run_start = start  # of base64
    hex_from = escapes_from = start  # earlier runs end there
    for at in range(start, end):
        byte = data[at]
        byte_class = classes[byte]
        if not byte_class & BASE64:
            if at - run_start >= MIN_BASE64_CHARS:
                n_chars += at - run_start
                longest = max(longest, at - run_start)
            run_start = at + 1
        may_be_hex = byte_class & HEX or byte == BACKSLASH
        if may_be_hex and at >= hex_from and _is_boundary(data, start, at, end, classes):
            hex_from, n_units = _hex_run(data, start, at, end, classes)
            if n_units >= MIN_UNITS:
                n_chars += hex_from - at
                longest = max(longest, hex_from - at)
        if byte == BACKSLASH and at >= escapes_from:
            escapes_from = _escapes_end(data, at, end, classes)
            if escapes_from - at >= MIN_UNITS * ESCAPE_BYTES:
                n_chars += escapes_from - at
                longest = max(longest, escapes_from - at)
    if end - run_start >= MIN_BASE64_CHARS:
        n_chars += end - run_start
        longest = max(longest, end - run_start)
    tally.n_encoded_chars = n_chars
    tally.max_encoded_chars = longest


@kernel
def _is_boundary(data: Any, start: int, at: int, end: int, classes: Any) -> bool:
    r"""Whether \b matches between the bytes at - 1 and at."""
    before = at > start and classes[data[at - 1]] & WORD != 0
    after = at < end and classes[data[at]] & WORD != 0
    return bool(before != after)


@kernel
def _hex_run(data: Any, start: int, at: int, end: int, classes: Any) -> tuple[int, int]:
    """Where the run of hexadecimal bytes ends that begins at `at`, and how many they are.

    No run begins inside another: so a run too short is passed over as a whole, and time stays linear.
    """
    n_units = 0
    while True:
        after = _hex_unit_end(data, start, at, end, classes)
        if after == at:
            return max(at, start), n_units
        n_units += 1
        at = after


@kernel
def _hex_unit_end(data: Any, start: int, at: int, end: int, classes: Any) -> int:
    """Where one byte (12 0x12 \\x12, then a comma or whitespace) ends; `at` where none begins."""
    if not _is_boundary(data, start, at, end, classes):
        return at
    digits = at
    if at + 1 < end and data[at + 1] == SMALL_X and (data[at] == ZERO or data[at] == BACKSLASH):
        digits = at + 2
    if digits + 2 > end or not classes[data[digits]] & HEX or not classes[data[digits + 1]] & HEX:
        return at
    after = digits + 2
    if after < end and data[after] == COMMA:
        return after + 1
    if after < end and classes[data[after]] & WORD:
        return at
    while after < end and classes[data[after]] & WHITE:
        after += 1
    return after


@kernel
def _escapes_end(data: Any, at: int, end: int, classes: Any) -> int:
    """Where the run of \\u1234 ends that begins at `at`; `at` where none does."""
    while at + ESCAPE_BYTES <= end and data[at] == BACKSLASH and data[at + 1] == SMALL_U:
        for digit in range(at + 2, at + ESCAPE_BYTES):
            if not classes[data[digit]] & HEX:
                return at
        at += ESCAPE_BYTES
    return at

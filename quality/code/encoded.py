r"""Encoded data in code: runs of base64, of hexadecimal bytes and of Unicode escapes, by StarCoder2's three patterns.

    [a-zA-Z0-9+/\n=]{64,}
    (?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}
    (?:\\u[0-9a-fA-F]{4}){8,}

(Lozhkov et al. 2024, "Encoded data"), with every byte over 0x7F as a word character. A run that is long enough covers a
byte in every so many: only those are looked at first, so most of a text is never read here.
"""

from typing import Any

from quality.code.runs import next_run_of_class
from quality.code.tallies import BASE64, ESCAPES, HEX, WHITE, WORD
from quality.kernel import kernel

MIN_BASE64_CHARS = 64
MIN_UNITS = 8  # bytes or escapes
MIN_ESCAPES_CHARS = 23  # eight times two digits with something between: no run of the other two is shorter
BACKSLASH, COMMA, ZERO, SMALL_X, SMALL_U = ord("\\"), ord(","), ord("0"), ord("x"), ord("u")
ESCAPE_BYTES = 6  # \u12ab


@kernel
def count_encoded(text: Any, classes: Any, tally: Any) -> None:
    """Fill in how many characters lie in such runs, those of two kinds counted twice, and how long the longest is."""
    n_chars = longest = 0
    at = 0
    while True:
        start, at = next_run_of_class(text, at, classes, BASE64, MIN_BASE64_CHARS)
        if start == at:
            break
        n_chars += at - start
        longest = max(longest, at - start)
    at = 0
    while True:
        start, at = next_run_of_class(text, at, classes, ESCAPES, MIN_ESCAPES_CHARS)
        if start == at:
            break
        if not _has_digits_enough(text[start:at], classes):  # indentation, nearly always
            continue
        n_hex, longest_hex = _hex_runs(text, start, at, classes)
        n_escaped, longest_escaped = _escape_runs(text, start, at, classes)
        n_chars += n_hex + n_escaped
        longest = max(longest, longest_hex, longest_escaped)
    tally.n_encoded_chars = n_chars
    tally.max_encoded_chars = longest


@kernel
def _has_digits_enough(run: Any, classes: Any) -> bool:
    n_digits = 0
    for at in range(len(run)):
        n_digits += classes[run[at]] & HEX != 0
    return n_digits >= MIN_UNITS * 2


@kernel
def _hex_runs(text: Any, start: int, end: int, classes: Any) -> tuple[int, int]:
    """The characters of the runs of hexadecimal bytes that begin in text[start:end], and those of the longest.

    No run begins inside another: so a run too short is passed over as a whole, and time stays linear.
    """
    n_chars = longest = 0
    at = start
    while at < end:
        if not classes[text[at]] & HEX and text[at] != BACKSLASH:
            at += 1
            continue
        after = at
        n_units = 0
        while True:
            unit_end = _hex_unit_end(text, after, classes)
            if unit_end == after:
                break
            n_units += 1
            after = unit_end
        if n_units >= MIN_UNITS:
            n_chars += after - at
            longest = max(longest, after - at)
        at = max(after, at + 1)
    return n_chars, longest


@kernel
def _hex_unit_end(text: Any, at: int, classes: Any) -> int:
    """Where one byte (12 0x12 \\x12, then a comma or whitespace) ends; `at` where none begins."""
    digits = at
    if at + 1 < len(text) and text[at + 1] == SMALL_X and (text[at] == ZERO or text[at] == BACKSLASH):
        digits = at + 2
    after = digits + 2
    if after > len(text) or not classes[text[digits]] & HEX or not classes[text[digits + 1]] & HEX:
        return at
    is_after_word = at > 0 and classes[text[at - 1]] & WORD != 0
    if is_after_word != (text[at] == BACKSLASH):  # no \b
        return at
    if after < len(text) and text[after] == COMMA:
        return after + 1
    if after < len(text) and classes[text[after]] & WORD:
        return at
    while after < len(text) and classes[text[after]] & WHITE:
        after += 1
    return after


@kernel
def _escape_runs(text: Any, start: int, end: int, classes: Any) -> tuple[int, int]:
    """The characters of the runs of Unicode escapes in text[start:end], and those of the longest."""
    n_chars = longest = 0
    at = start
    while at < end:
        if text[at] != BACKSLASH:
            at += 1
            continue
        after = at
        while _is_escape(text, after, classes):
            after += ESCAPE_BYTES
        if after - at >= MIN_UNITS * ESCAPE_BYTES:
            n_chars += after - at
            longest = max(longest, after - at)
        at = max(after, at + 1)
    return n_chars, longest


@kernel
def _is_escape(text: Any, at: int, classes: Any) -> bool:
    if at + ESCAPE_BYTES > len(text) or text[at] != BACKSLASH or text[at + 1] != SMALL_U:
        return False
    for digit in range(at + 2, at + ESCAPE_BYTES):  # noqa: SIM110 (numba has no generators)
        if not classes[text[digit]] & HEX:
            return False
    return True

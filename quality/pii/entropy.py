"""How random a string looks: Shannon entropy, and what random strings have and names have not."""

import math
from typing import Any

import numpy as np

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import ALPHANUMERIC, DIGIT, HEX, any_stands_within, is_of, phrases

MAX_BYTES = 512  # what a longer string begins with is enough

# In made-up keys, and in one random string of 40 characters out of some thousands
PLACEHOLDERS = phrases(
    [
        *("example", "sample", "dummy", "placeholder", "changeme", "change_me", "change-me", "your", "redacted"),
        *("insert", "replace", "xxxx", "aaaa", "0000", "1111", "...", "____", "----", "****", "foobar"),
        *("123456789", "abcdefg", "abc123", "deadbeef", "notreal", "not-real", "invalid", "secret", "password", "fake"),
    ]
)


@called_kernel
def entropy_bits(data: Any, start: int, end: int) -> float:
    """Shannon entropy of the bytes data[start:end], in bits per byte; of the first MAX_BYTES of them."""
    n_bytes = min(end - start, MAX_BYTES)
    if n_bytes == 0:
        return 0.0
    counts = np.zeros(256, np.int64)
    for i in range(start, start + n_bytes):
        counts[data[i]] += 1
    bits = 0.0
    for i in range(start, start + n_bytes):  # each byte value is added where it stands first, then cleared
        count = counts[data[i]]
        if count:
            share = count / n_bytes
            bits -= share * math.log2(share)
            counts[data[i]] = 0
    return bits


@kernel
def is_hex(data: Any, start: int, end: int) -> bool:
    """All bytes are hexadecimal digits."""
    for i in range(start, end):  # noqa: SIM110 (numba has no generators)
        if not is_of(data[i], HEX):
            return False
    return True


@kernel
def n_digit_borders(data: Any, start: int, end: int) -> int:
    """How often a letter follows a digit or a digit a letter: many times in random strings, seldom in names."""
    n_borders = 0
    for i in range(start + 1, end):
        before, here = data[i - 1], data[i]
        if is_of(before, ALPHANUMERIC) and is_of(here, ALPHANUMERIC):
            n_borders += is_of(before, DIGIT) != is_of(here, DIGIT)
    return n_borders


@called_kernel
def is_placeholder(data: Any, start: int, end: int) -> bool:
    """The string says that it stands for a key."""
    return any_stands_within(data, start, min(end, start + MAX_BYTES), PLACEHOLDERS)


@kernel
def is_uuid(data: Any, start: int, end: int) -> bool:
    """The string is a UUID (RFC 9562) in its usual form: an identifier, not a key."""
    if end - start != 36:
        return False
    for i in range(36):
        if i == 8 or i == 13 or i == 18 or i == 23:
            if data[start + i] != ord("-"):
                return False
        elif not is_of(data[start + i], HEX):
            return False
    return True

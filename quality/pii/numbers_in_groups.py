"""Reading groups of digits, as telephone numbers are written: +49 (30) 1234-567."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.kernel import kernel
from quality.pii.bytes import DIGIT, is_of

MAX_GROUPS = 8
MAX_GROUP_DIGITS = 15
MAX_SEPARATOR_BYTES = 4

# What stands between groups, as bits
SPACE = 1
DASH = 2
DOT = 4
SLASH = 8
PARENTHESIS = 16
PLUS = 32

# Fields of `Groups.facts`
N_GROUPS, N_DIGITS, SEPARATORS, START, STOP = range(5)


class Groups(NamedTuple):
    """Scratch for one run of groups."""

    digits: npt.NDArray[np.int64]  # of each group: how many
    values: npt.NDArray[np.int64]  # of each group: its first MAX_GROUP_DIGITS as a number
    facts: npt.NDArray[np.int64]  # see above


def new_groups() -> Groups:
    """Room for MAX_GROUPS groups."""
    return Groups(np.zeros(MAX_GROUPS, np.int64), np.zeros(MAX_GROUPS, np.int64), np.zeros(5, np.int64))


@kernel
def read_groups(data: Any, start: int, end: int, groups: Any) -> int:
    """Read the longest run of groups from data[start] (a digit, a plus sign or a parenthesis) into `groups`.

    Returns where to go on: behind the last digit. Groups over MAX_GROUPS are read and counted, not kept.
    """
    facts = groups.facts
    facts[:] = 0
    facts[START] = start
    at = start
    stop = start + 1
    while True:
        digits_at, separators = _skip_separators(data, at, end, at == start)
        if digits_at == end or not is_of(data[digits_at], DIGIT):
            break
        facts[SEPARATORS] |= separators
        stop = _read_group(data, digits_at, end, groups)
        at = stop
    if groups.facts[N_GROUPS] == 0:
        return start + 1
    facts[STOP] = stop
    return stop


@kernel
def _read_group(data: Any, start: int, end: int, groups: Any) -> int:
    at = start
    value = 0
    while at < end and is_of(data[at], DIGIT):
        if at - start < MAX_GROUP_DIGITS:
            value = value * 10 + (data[at] - 48)
        at += 1
    number = groups.facts[N_GROUPS]
    if number < MAX_GROUPS:
        groups.digits[number] = at - start
        groups.values[number] = value
    groups.facts[N_GROUPS] += 1
    groups.facts[N_DIGITS] += at - start
    return at


@kernel
def _skip_separators(data: Any, start: int, end: int, is_first: bool) -> tuple[int, int]:
    """Behind the separators at data[start], and their kinds; at `start` where a number ends.

    It ends at two blanks or other marks of one kind, and before a plus sign.
    """
    at = start
    kinds = 0
    last_kind = 0
    while at < end and at - start < MAX_SEPARATOR_BYTES:
        kind, size = _separator(data, at, end)
        if size == 0:
            break
        if kind == last_kind or (kind == PLUS and not is_first):
            return start, 0
        kinds |= kind
        last_kind = kind
        at += size
    return at, kinds


@kernel
def _separator(data: Any, at: int, end: int) -> tuple[int, int]:
    """The kind of the separator at data[at] and its size in bytes; (0, 0): it is none."""
    byte = data[at]
    if byte == ord(" "):
        return SPACE, 1
    if byte == ord("-"):
        return DASH, 1
    if byte == ord("."):
        return DOT, 1
    if byte == ord("/"):
        return SLASH, 1
    if byte == ord("(") or byte == ord(")"):
        return PARENTHESIS, 1
    if byte == ord("+"):
        return PLUS, 1
    if byte == 0xC2 and at + 1 < end and data[at + 1] == 0xA0:  # no-break space
        return SPACE, 2
    if byte == 0xE2 and at + 2 < end and data[at + 1] == 0x80 and 0x90 <= data[at + 2] <= 0x93:  # hyphens, en dash
        return DASH, 3
    return 0, 0

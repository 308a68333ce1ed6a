"""Reading groups of digits, as telephone numbers are written: +49 (30) 1234-567."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import DIGIT, LETTER, is_of

MAX_GROUPS = 8
MAX_GROUP_DIGITS = 15
MAX_SEPARATOR_BYTES = 4

# What stands between groups, as bits
SPACE = 1
DASH = 2
DOT = 4
SLASH = 8
PARENTHESIS = 16

# Fields of `Groups.facts`
N_GROUPS, N_DIGITS, SEPARATORS, START, HAS_PLUS = range(5)


class Groups(NamedTuple):
    """Scratch for one run of groups."""

    digits: npt.NDArray[np.int64]  # of each group: how many
    values: npt.NDArray[np.int64]  # of each group: its first MAX_GROUP_DIGITS as a number
    before: npt.NDArray[np.int64]  # of each group: the separators between it and the one before
    facts: npt.NDArray[np.int64]  # see above


def new_groups() -> Groups:
    """Room for MAX_GROUPS groups."""
    digits, values, before = np.zeros((3, MAX_GROUPS), np.int64)
    return Groups(digits, values, before, np.zeros(5, np.int64))


@kernel
def run_of_groups(data: Any, start: int, end: int) -> tuple[int, int]:
    """Where the longest run of groups ends that begins with the digit data[start], and how many digits it has."""
    at = start
    n_digits = 0
    while True:
        stop = at
        while stop < end and is_of(data[stop], DIGIT):
            stop += 1
        n_digits += stop - at
        if stop == end or is_of(data[stop], LETTER):
            return stop, n_digits
        at, _ = _skip_separators(data, stop, end)
        if at == end or not is_of(data[at], DIGIT):
            return stop, n_digits


@called_kernel
def read_groups(data: Any, start: int, stop: int, floor: int, groups: Any) -> None:
    """Read the run of groups data[start:stop], as `run_of_groups` found it, into `groups`.

    A plus sign or parenthesis before it belongs to it, the parenthesis if it is closed inside. Groups over MAX_GROUPS
    are counted, not kept.
    """
    facts = groups.facts
    facts[:] = 0
    facts[START] = _with_sign(data, start, stop, floor)
    separators = 0
    for i in range(facts[START], start):
        if data[i] == ord("+"):
            facts[HAS_PLUS] = 1
        else:
            separators = PARENTHESIS
    at = start
    while at < stop:
        at = _read_group(data, at, stop, separators, groups)
        if at < stop:
            at, separators = _skip_separators(data, at, stop)


@kernel
def _with_sign(data: Any, start: int, stop: int, floor: int) -> int:
    """Where the run begins with what stands before its first digit: + or ( or +( or (+ or nothing."""
    is_closed = False
    for i in range(start, stop):
        is_closed |= data[i] == ord(")")
    at = start
    while at > floor and start - at < 2:
        before = data[at - 1]
        if not (before == ord("+") or (before == ord("(") and is_closed)) or (at < start and before == data[at]):
            break
        at -= 1
    return at


@kernel
def _read_group(data: Any, start: int, end: int, separators: int, groups: Any) -> int:
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
        groups.before[number] = separators
    groups.facts[N_GROUPS] += 1
    groups.facts[SEPARATORS] |= separators
    groups.facts[N_DIGITS] += at - start
    return at


@kernel
def _skip_separators(data: Any, start: int, end: int) -> tuple[int, int]:
    """Behind the separators at data[start], and their kinds; `start` where two of one kind end the number."""
    at = start
    kinds = 0
    last_kind = 0
    while at < end and at - start < MAX_SEPARATOR_BYTES:
        kind, size = _separator(data, at, end)
        if size == 0:
            break
        if kind == last_kind:
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
    if byte == 0xC2 and at + 1 < end and data[at + 1] == 0xA0:  # no-break space
        return SPACE, 2
    if byte == 0xE2 and at + 2 < end and data[at + 1] == 0x80 and 0x90 <= data[at + 2] <= 0x93:  # hyphens, en dash
        return DASH, 3
    return 0, 0

"""Telephone numbers: international ones, and the common national forms; rather too few than ids and dates.

A whole run of digit groups is judged, never a part of it. In code a number needs a plus sign, dashes, dots, slashes or
parentheses, or a word before it: blanks alone separate the numbers of tables and arrays.
"""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import DIGIT, LETTER, any_stands_at, is_of, is_word, phrases
from quality.pii.country_codes import NATIONAL_DIGITS
from quality.pii.national_phones import is_national
from quality.pii.numbers_in_groups import DOT, HAS_PLUS, MAX_GROUPS, N_DIGITS, N_GROUPS, SEPARATORS, START, read_groups
from quality.pii.phone_words import has_phone_word_before

MIN_DIGITS, MAX_DIGITS = 7, 15  # E.164 allows 15
MIN_INTERNATIONAL_DIGITS = 9
EXTENSIONS = phrases(["x", "ext"])
NOT_BEFORE = b"./#$%&@\\_*~^-+=<[{"
NOT_AFTER = b"@%/=_\\*^+#"


@called_kernel
def is_phone(data: Any, first: int, stop: int, floor: int, end: int, groups: Any, is_code: bool) -> bool:
    """The run of groups data[first:stop], of MIN_DIGITS to MAX_DIGITS digits, is a telephone number.

    Nothing before `floor` or from `end` on is looked at. The run is left in `groups`, with its plus sign.
    """
    read_groups(data, first, stop, floor, groups)
    if groups.facts[N_GROUPS] >= MAX_GROUPS:
        return False
    start = groups.facts[START]
    if not _ends_clean(data, stop, end):
        return False
    if groups.facts[HAS_PLUS]:
        return _follows_no_operand(data, floor, start) and _is_international(data, floor, groups, is_code)
    has_word = has_phone_word_before(data, floor, start)
    if not has_word and not _begins_clean(data, floor, start):
        return False
    return is_national(groups, has_word, is_code)


@kernel
def _begins_clean(data: Any, floor: int, start: int) -> bool:
    """No letter, digit or operator stands before, nor a number with a comma or colon: 12:555-123-4567."""
    if start == floor:
        return True
    before = data[start - 1]
    if is_word(before):
        return False
    for mark in NOT_BEFORE:
        if before == mark:
            return False
    is_separated = before == ord(",") or before == ord(":")
    return not (is_separated and start - 1 > floor and is_of(data[start - 2], DIGIT))


@kernel
def _follows_no_operand(data: Any, floor: int, start: int) -> bool:
    """The plus sign is no operator: neither a name nor a closing bracket stands before."""
    if start == floor:
        return True
    before = data[start - 1]
    return not (is_word(before) or before == ord(")") or before == ord("]") or before == ord("+") or before == ord("/"))


@kernel
def _ends_clean(data: Any, stop: int, end: int) -> bool:
    if stop == end:
        return True
    after = data[stop]
    second = data[stop + 1] if stop + 1 < end else ord(" ")
    if is_of(after, LETTER):
        return (any_stands_at(data, stop, end, EXTENSIONS) and not is_of(second, LETTER)) or _is_extension(
            data, stop, end
        )
    if after == ord(".") or after == ord("-") or after == ord(":") or after == ord(","):
        return not is_word(second)
    for mark in NOT_AFTER:  # noqa: SIM110 (numba has no generators)
        if after == mark:
            return False
    return True


@kernel
def _is_extension(data: Any, stop: int, end: int) -> bool:
    return stop + 3 < end and any_stands_at(data, stop, end, EXTENSIONS) and not is_of(data[stop + 3], LETTER)


@kernel
def _is_international(data: Any, floor: int, groups: Any, is_code: bool) -> bool:
    """A plus sign, an assigned country code, and as many digits as its numbers have."""
    facts = groups.facts
    if facts[N_DIGITS] < MIN_INTERNATIONAL_DIGITS:
        return False
    code_digits = _code_digits(groups.digits[0], groups.values[0])
    if code_digits == 0:
        return False
    code = groups.values[0]
    for _ in range(groups.digits[0] - code_digits):
        code //= 10
    n_national = facts[N_DIGITS] - code_digits
    if facts[N_GROUPS] > 1 and groups.digits[1] == 1 and groups.values[1] == 0:
        n_national -= 1  # +49 (0) 30
    if n_national < NATIONAL_DIGITS[code, 0] or n_national > NATIONAL_DIGITS[code, 1]:
        return False
    if facts[N_GROUPS] == 1:
        return not is_code or _is_quoted(data, floor, facts[START])
    return not (facts[SEPARATORS] & DOT and facts[N_GROUPS] == 2) or _is_whois(groups, is_code)


@kernel
def _code_digits(n_digits: int, value: int) -> int:
    """How many digits of the first group are the country code, 0 for none: at most one code begins any number."""
    leading = value
    for _ in range(n_digits - 3):
        leading //= 10
    for size in range(min(n_digits, 3), 0, -1):
        if leading < 1000 and NATIONAL_DIGITS[leading, 0] and _has_digits(leading, size):
            return size
        leading //= 10
    return 0


@kernel
def _has_digits(value: int, size: int) -> bool:
    return value >= 100 if size == 3 else (value >= 10 if size == 2 else value >= 1)


@kernel
def _is_quoted(data: Any, floor: int, start: int) -> bool:
    return start > floor and (data[start - 1] == ord('"') or data[start - 1] == ord("'") or data[start - 1] == ord(":"))


@kernel
def _is_whois(groups: Any, is_code: bool) -> bool:
    """+1.2025550143, as registries of domains write it (RFC 5733). Fewer digits are a coordinate, in code a float."""
    return not is_code and groups.digits[1] >= 9

"""Telephone numbers without a country code, by their groups of digits.

The forms are those of the numbering plans of the USA and Canada, Germany, France, Spain, the United Kingdom, Japan,
Korea, China and Russia. Forms that ids, prices and arrays share need a word such as "Tel." before them.
"""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.numbers_in_groups import DASH, DOT, N_DIGITS, N_GROUPS, PARENTHESIS, SEPARATORS, SLASH, SPACE

MAX_GROUPS_AFTER_WORD = 6
MAX_DIGITS_AFTER_WORD = 12


@called_kernel
def is_national(groups: Any, has_word: bool, is_code: bool) -> bool:
    """The groups are a national number; `has_word`: the text says so before it."""
    if has_word:
        return _fits_after_word(groups)
    used = groups.facts[SEPARATORS]
    if used == 0 or (is_code and used == SPACE):
        return False
    return (
        _is_north_american(groups, used)
        or _is_french(groups, used)
        or _is_russian(groups, used)
        or _is_chinese_mobile(groups, used)
        or _has_area_code(groups, used)
        or _has_area_code_and_blanks(groups, used)
    )


@kernel
def _shape(groups: Any) -> int:
    """How many digits each group has, as one number: 334 for 202-555-0143; 0 if a group has more than nine."""
    shape = 0
    for i in range(groups.facts[N_GROUPS]):
        if groups.digits[i] > 9:
            return 0
        shape = shape * 10 + groups.digits[i]
    return shape


@kernel
def _fits_after_word(groups: Any) -> bool:
    """Anything of a number's size but a date."""
    facts = groups.facts
    shape = _shape(groups)
    is_date = (shape == 422 and 1900 <= groups.values[0] < 2100) or shape == 224 or shape == 44
    return facts[N_GROUPS] <= MAX_GROUPS_AFTER_WORD and facts[N_DIGITS] <= MAX_DIGITS_AFTER_WORD and not is_date


@kernel
def _is_north_american(groups: Any, used: int) -> bool:
    """202-555-0143, (202) 555-0143, 1-202-555-0143, 202.555.0143: area and exchange begin with 2 to 9."""
    shape = _shape(groups)
    if not (shape == 334 or (shape == 1334 and groups.values[0] == 1)):
        return False
    n_groups = groups.facts[N_GROUPS]
    area, exchange = groups.values[n_groups - 3], groups.values[n_groups - 2]
    if area < 200 or exchange < 200 or area % 100 == 11 or exchange % 100 == 11:
        return False
    if used in (DASH, DOT):
        return True
    is_year = groups.before[n_groups - 1] & PARENTHESIS != 0  # pages 415-419 (2012)
    return used & PARENTHESIS != 0 and used & SLASH == 0 and not is_year


@kernel
def _is_french(groups: Any, used: int) -> bool:
    """01 23 45 67 89: five pairs, the first 01 to 09; but not five ascending numbers, nor bytes with zeros."""
    if _shape(groups) != 22222 or not 1 <= groups.values[0] <= 9:
        return False
    if used not in (SPACE, DOT, DASH):
        return False
    n_ascending = 0
    n_zeros = 0
    for i in range(1, 5):
        n_ascending += groups.values[i] > groups.values[i - 1]
        n_zeros += groups.values[i] < 10
    return n_ascending < 4 and n_zeros < 3


@kernel
def _is_russian(groups: Any, used: int) -> bool:
    """8 (495) 123-45-67, 8-800-555-35-35, (495) 123-45-67."""
    shape = _shape(groups)
    if shape == 13322 or shape == 137:
        return groups.values[0] == 8 and groups.values[1] >= 300 and used & (DASH | PARENTHESIS) != 0
    return shape == 3322 and groups.values[0] >= 300 and used & PARENTHESIS != 0


@kernel
def _is_chinese_mobile(groups: Any, used: int) -> bool:
    """138-1234-5678."""
    return _shape(groups) == 344 and 130 <= groups.values[0] <= 199 and used == DASH


@kernel
def _has_area_code(groups: Any, used: int) -> bool:
    """030/1234567, 0171-1234567, 03-1234-5678, 0120-123-456, (020) 7946-0958: an area code, which begins with one 0."""
    facts = groups.facts
    if facts[N_GROUPS] > 3 or used & (DASH | SLASH | PARENTHESIS) == 0 or used & DOT:
        return False
    if not _begins_with_one_zero(groups):
        return False
    if facts[N_GROUPS] == 2:
        return bool(groups.digits[0] >= 3 and 6 <= groups.digits[1] <= 8 and facts[N_DIGITS] <= 12)
    is_size = 10 <= facts[N_DIGITS] <= 11 or (facts[N_DIGITS] == 9 and groups.digits[0] == 2 and groups.values[0] == 2)
    return bool(is_size and 2 <= groups.digits[1] <= 4 and 3 <= groups.digits[2] <= 4)


@kernel
def _has_area_code_and_blanks(groups: Any, used: int) -> bool:
    """020 7946 0958, 0161 496 0000, 07700 900123, 0171 1234567: forms that little else has."""
    if used != SPACE or not _begins_with_one_zero(groups):
        return False
    shape = _shape(groups)
    if shape == 344 or shape == 434:
        return True
    if shape == 56:
        return bool(1000 <= groups.values[0] < 2000 or 7000 <= groups.values[0] < 8000)
    return (shape == 47 or shape == 48) and 150 <= groups.values[0] < 180


@kernel
def _begins_with_one_zero(groups: Any) -> bool:
    """The first group has two to five digits, the first a zero and the second none."""
    n_digits = groups.digits[0]
    value = groups.values[0]
    for _ in range(n_digits - 2):
        value //= 10
    return bool(2 <= n_digits <= 5 and 1 <= value <= 9)

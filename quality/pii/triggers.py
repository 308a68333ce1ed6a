"""Where to look closer: two bytes that stand in every candidate, and rarely elsewhere.

A text is read once, two bytes at a time; only where a pair has a trigger does a finder look around.
"""

import numpy as np
import numpy.typing as npt

from quality.pii.token_formats import token_table

NOTHING = 0
AT = 1  # an @, the second of the pair
DOT = 2  # behind a digit
COLON = 3  # behind a hexadecimal digit
DASH = 4  # before the B of -----BEGIN
WEB_TOKEN = 5  # the yJ of eyJ
QUOTED = 6  # the quote is the second of the pair
UNQUOTED = 7  # a value, or a blank before it, behind an equals sign
TOKEN = 16  # and above: TOKEN + g for the endings of group g of the token formats

DIGITS = b"0123456789"
ALPHANUMERIC = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _triggers() -> npt.NDArray[np.uint8]:
    """The trigger of each pair of bytes, shape (256, 256)."""
    table = np.zeros((256, 256), np.uint8)
    table[:, ord("@")] = AT
    _add(table, DIGITS, b".", DOT)
    _add(table, DIGITS + b"abcdefABCDEF", b":", COLON)
    _add(table, b"-", b"B", DASH)
    _add(table, b"y", b"J", WEB_TOKEN)
    _add(table, b"=: \t", b"\"'`", QUOTED)
    _add(table, b"=", ALPHANUMERIC + b" ", UNQUOTED)
    _, endings = token_table()
    for group, ending in enumerate(endings):
        _add(table, ending[:1], ending[1:], TOKEN + group)
    return table


def _add(table: npt.NDArray[np.uint8], first: bytes, second: bytes, trigger: int) -> None:
    for a in first:
        for b in second:
            if table[a, b] != NOTHING:
                raise ValueError(
                    f"The pair {bytes([a, b])!r} has two triggers: give one of the formats another prefix."
                )
            table[a, b] = trigger


TRIGGERS = _triggers()

"""Numbers of tokens as people write them: 200_000, 1.5M, 10B, 0.4T."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_AMOUNT = re.compile(r"\s*([0-9][0-9_,]{0,30}(?:\.[0-9]{1,12})?(?:[eE]\+?[0-9]{1,2})?)\s*([KMBTkmbt]?)\s*")


def tokens_from(written: object) -> int:
    """The number of tokens that a person wrote; ValueError when it is none."""
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        raise ValueError(f"{written!r} is no number of tokens: write 500_000, 500M, 10B or 1.5T")
    match = _AMOUNT.fullmatch(str(written))
    if match is None:
        raise ValueError(f"{written!r} is no number of tokens: write 500_000, 500M, 10B or 1.5T")
    number = Decimal(match[1].replace("_", "").replace(",", "")) * _UNITS[match[2].upper()]
    if number != int(number):
        raise ValueError(f"{written!r} is no whole number of tokens")
    return int(number)


Tokens = Annotated[int, BeforeValidator(tokens_from), Field(gt=0)]

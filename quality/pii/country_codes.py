"""Country calling codes (ITU-T E.164) and how many digits follow them."""

import numpy as np
import numpy.typing as npt

# Assigned codes of two and three digits; 1 and 7 are the only ones of one digit.
TWO_DIGITS = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 "
    "91 92 93 94 95 98"
)
THREE_DIGITS = (
    "211 212 213 216 218 220-269 290 291 297 298 299 350-359 370-383 385 386 387 389 420 421 423 500-509 590-599 "
    "670 672-683 685-692 800 808 850 852 853 855 856 870 878 880-883 886 888 960-968 970-977 979 992-996 998"
)
# Digits that follow the code where a country's plan is known, else MIN_DIGITS to MAX_DIGITS
MIN_DIGITS, MAX_DIGITS = 7, 12
KNOWN_PLANS = {
    1: (10, 10),
    7: (10, 10),
    33: (9, 9),
    34: (9, 9),
    39: (8, 11),
    44: (9, 10),
    49: (7, 12),
    81: (9, 10),
    82: (8, 10),
    86: (9, 11),
    91: (10, 10),
}


def _national_digits() -> npt.NDArray[np.int64]:
    """Least and largest number of digits behind each code, shape (1000, 2); zeros where no code is assigned."""
    table = np.zeros((1000, 2), np.int64)
    for codes in f"{TWO_DIGITS} {THREE_DIGITS}".split():
        first, _, last = codes.partition("-")
        table[int(first) : int(last or first) + 1] = MIN_DIGITS, MAX_DIGITS
    for code, digits in KNOWN_PLANS.items():
        table[code] = digits
    return table


NATIONAL_DIGITS = _national_digits()

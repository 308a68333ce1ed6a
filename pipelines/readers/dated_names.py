"""Times in the names of input files: `%Y-%m-%d-%H` finds 7:00 of 26 November 2026 in `2026-11-26-7.json.gz`."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

# The directives of C's strftime that are numbers: how many digits one has, and how few it may have.
_DIGITS = {"Y": (4, 4), "G": (4, 4), "j": (3, 1), **dict.fromkeys("mdHMSV", (2, 1)), "u": (1, 1)}
# A period is named from the largest unit down, with none left out: else its start is not known.
_PERIODS = ("YmdHMS", "YjHMS", "GVuHMS")
_TOKEN = re.compile(r"%(.)|([^%]+)|(%)", re.DOTALL)
_Token = tuple[str | None, str | None, str | None]  # a directive, text as it stands, or a lone percent sign


class DatePattern(NamedTuple):
    """A pattern as it was written, the expression that finds it, and the directives in its order."""

    written: str
    expression: re.Pattern[str]
    directives: str

    def start_of(self, path: str) -> datetime | None:
        """The start of the period that `path` names, in UTC; of several the last, which is nearest to the file's name.

        None where none is named. What looks like a date and is none (month 13) is passed over.
        """
        found = None
        for match in self.expression.finditer(path):
            numbers = {directive: int(match[f"d{directive}"]) for directive in self.directives}
            found = _start(numbers) or found
        return found


@lru_cache
def date_pattern(written: str) -> DatePattern:
    """The pattern; ValueError, with what would do, for one that names no period or could not be read."""
    tokens: list[_Token] = [(match[1], match[2], match[3]) for match in _TOKEN.finditer(written)]
    directives = "".join(directive for directive, _, _ in tokens if directive and directive != "%")
    if any(lone for *_, lone in tokens):
        raise ValueError(f"{written!r} ends in the middle of a directive: write %% for a percent sign")
    unknown = sorted({directive for directive in directives if directive not in _DIGITS})
    if unknown:
        known = " ".join(f"%{directive}" for directive in _DIGITS)
        raise ValueError(f"{written!r} has %{unknown[0]}: the directives are {known}, and %% for a percent sign")
    _check_period(written, directives)
    numeric = [_is_numeric(token) for token in tokens]
    parts = []
    for number, (directive, literal, _) in enumerate(tokens):
        if not directive or directive == "%":
            parts.append(re.escape("%" if directive else literal or ""))
            continue
        most, least = _DIGITS[directive]
        crowded = (number > 0 and numeric[number - 1][1]) or (number + 1 < len(tokens) and numeric[number + 1][0])
        parts.append(f"(?P<d{directive}>[0-9]{{{most if crowded else least},{most}}})")
    before = "(?<![0-9])" if numeric[0][0] else ""
    after = "(?![0-9])" if numeric[-1][1] else ""
    # Looked for at every place: a match may begin inside another one that turns out to be no date.
    return DatePattern(written, re.compile(f"(?={before}{''.join(parts)}{after})"), directives)


def _is_numeric(token: _Token) -> tuple[bool, bool]:
    """Whether a digit is the first, and the last character that the token stands for."""
    directive, literal, _ = token
    if directive:
        return directive != "%", directive != "%"
    return (literal or " ")[0] in "0123456789", (literal or " ")[-1] in "0123456789"


def _check_period(written: str, directives: str) -> None:
    named = set(directives)
    if len(named) < len(directives):
        raise ValueError(f"{written!r} names something twice: write each directive once")
    if not any(named and named == set(units[: len(named)]) for units in _PERIODS):
        raise ValueError(
            f"{written!r} names no period: a year (%Y), then month and day (%m %d) or the day of the year (%j), or an "
            "ISO year and week (%G %V) and weekday (%u), then hour, minute and second (%H %M %S), none before the next"
        )


def _start(numbers: dict[str, int]) -> datetime | None:
    try:
        if "G" in numbers:
            day = datetime.fromisocalendar(numbers["G"], numbers.get("V", 1), numbers.get("u", 1))
        elif "j" in numbers:
            day = datetime(numbers["Y"], 1, 1) + timedelta(numbers["j"] - 1)
            if numbers["j"] < 1 or day.year != numbers["Y"]:
                return None
        else:
            day = datetime(numbers["Y"], numbers.get("m", 1), numbers.get("d", 1))
        return day.replace(hour=numbers.get("H", 0), minute=numbers.get("M", 0), second=numbers.get("S", 0), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None

"""The licence of posts: the version of CC BY-SA of the time when a post was written.

https://stackoverflow.com/help/licensing: 2.5 before 2011-04-08, 3.0 before 2018-05-02, 4.0 since (UTC).
"""

from collections.abc import Iterable
from datetime import UTC, datetime

_VERSIONS = (
    (datetime(2018, 5, 2, tzinfo=UTC), "CC-BY-SA-4.0"),
    (datetime(2011, 4, 8, tzinfo=UTC), "CC-BY-SA-3.0"),
    (datetime.min.replace(tzinfo=UTC), "CC-BY-SA-2.5"),
)
_STATED = {f"CC BY-SA {version}": f"CC-BY-SA-{version}" for version in ("2.5", "3.0", "4.0")}


def license_of_post(stated: str, date: datetime | None) -> str | None:
    """The SPDX expression of a post: as the dump states it, else by its date; None: neither tells."""
    if stated in _STATED:
        return _STATED[stated]
    return None if date is None else next(license_ for since, license_ in _VERSIONS if date >= since)


def license_of_posts(licenses: Iterable[str | None]) -> str | None:
    """The licence of a document made of posts: each one holds; None where one is unknown."""
    found = set(licenses)
    return None if None in found else " AND ".join(sorted(name for name in found if name is not None))

"""Values of foreign JSON objects, each in its type or absent: a payload promises nothing."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from mixer.formats.texts import one_line

MAX_NAME_CHARS = 300  # names of users, repositories and paths beyond this are cut
MAX_NUMBER = 2**63 - 1


class User(NamedTuple):
    """An account; `is_bot` is what the payload says, the name may say more."""

    login: str
    is_bot: bool


def object_at(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """The object at `key`; an empty one where there is none."""
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def text_at(holder: dict[str, Any], key: str) -> str:
    """The text at `key`; empty where there is none."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def name_at(holder: dict[str, Any], key: str) -> str:
    """The text at `key` as a name: on one line, cut."""
    return one_line(text_at(holder, key), MAX_NAME_CHARS)


def identifier_of(holder: dict[str, Any]) -> str:
    """The object's `id`, a number or a name; empty where there is none."""
    value = holder.get("id")
    if isinstance(value, int) and abs(value) <= MAX_NUMBER:
        return str(value)
    return one_line(value, MAX_NAME_CHARS) if isinstance(value, str) else ""


def integer_at(holder: dict[str, Any], key: str) -> int | None:
    """The positive number at `key`, of at most 63 bits."""
    value = holder.get(key)
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_NUMBER
    return value if usable else None


def user_at(holder: dict[str, Any], key: str) -> User | None:
    """The account at `key`."""
    account = object_at(holder, key)
    login = name_at(account, "login")
    return User(login, account.get("type") == "Bot") if login else None


def time_at(holder: dict[str, Any], key: str) -> datetime | None:
    """A time in ISO 8601, or as `2012/03/11 01:02:03 -0700`; without an offset it is UTC."""
    written = text_at(holder, key)[:40].replace("/", "-").replace(" -", "-").replace(" +", "+")
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return None
    if not 2000 <= time.year <= 2200:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def repository_name(written: str) -> str | None:
    """`owner/name` as it is written; None where it is not that."""
    owner, slash, rest = one_line(written, MAX_NAME_CHARS).partition("/")
    return f"{owner}/{rest}" if owner and slash and rest else None

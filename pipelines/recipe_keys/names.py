"""Names in recipes: they become names of folders and columns."""

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def safe_name(name: str) -> str:
    """`name` unchanged; ValueError when it cannot be the name of a folder."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r}: a name has 1 to 64 letters, digits, '.', '_' or '-' and starts with one of the first two"
        )
    return name


def safe_group(group: str) -> str:
    """`group` unchanged; ValueError when a part of it between slashes is no name."""
    for part in group.split("/"):
        safe_name(part)
    return group


Name = Annotated[str, AfterValidator(safe_name)]
GroupName = Annotated[str, AfterValidator(safe_group)]

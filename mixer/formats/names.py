"""People of a conversation as `username_i`, counted in the order of appearance.

StarCoder (Li et al. 2023) and StarCoder 2 replace logins so; who is who stays readable, who they are does not.
"""

import re
from collections.abc import Iterable, Mapping

_MENTION = re.compile(r"(?<![A-Za-z0-9_@/.])@([A-Za-z0-9][A-Za-z0-9-]*)")


class Names:
    """The names of the given logins; two logins that differ in case alone are one person, as on GitHub."""

    def __init__(self, logins: Iterable[str]) -> None:
        unique = dict.fromkeys(login.lower() for login in logins)
        self._names = {login: f"username_{index}" for index, login in enumerate(unique)}

    def said(self, login: str, text: str) -> str:
        """`name: text`, the mentions in it replaced; KeyError for a login that was not given."""
        return f"{self[login]}: {with_names(text, self._names)}"

    def __getitem__(self, login: str) -> str:
        return self._names[login.lower()]


def with_names(text: str, names: Mapping[str, str]) -> str:
    """`text` with every `@login` of `names` (keys in lower case) as `@` and its name; others stay."""
    return _MENTION.sub(lambda found: "@" + names.get(found[1].lower(), found[1]), text)

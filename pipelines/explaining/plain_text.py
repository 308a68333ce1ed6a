"""Text from outside as a terminal may have it: nothing in it moves the cursor, changes colours or reverses lines."""

MAX_CHARS = 500  # of one value


def plain(text: str, limit: int = MAX_CHARS) -> str:
    """One line: what is no printable character is spelled out (`\\x1b`, `\\u202e`), what is too long is cut."""
    shown = "".join(map(_printable, text[:limit]))
    return f"{shown}… ({len(text):,} characters)" if len(text) > limit else shown


def plain_lines(text: str) -> list[str]:
    """The same for text whose line ends are to stay."""
    return [plain(line, len(line)) for line in text.split("\n")]


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()

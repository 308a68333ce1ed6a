"""The text of a file in a repository, or why it has none."""

from pipelines.readers.git.objects import SUBMODULE_MODE, SYMLINK_MODE, Entry, ObjectReader


class NotText(Exception):
    """A file that is no document; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def special_kind(entry: Entry) -> str | None:
    """`symlink` or `submodule`; None for an ordinary file."""
    return {SYMLINK_MODE: "symlink", SUBMODULE_MODE: "submodule"}.get(entry.mode)


def text_of(objects: ObjectReader, sha: str, max_bytes: int) -> str:
    """The UTF-8 text of blob `sha`; NotText (binary, not_utf8) or ObjectError."""
    content = objects.read(sha, "blob", max_bytes)
    if b"\0" in content:
        raise NotText("binary")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise NotText("not_utf8") from error

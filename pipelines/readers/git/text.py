"""The text of a file in a repository, or why it has none."""

from pipelines.readers.git.objects import SUBMODULE_MODE, SYMLINK_MODE, Entry, ObjectReader

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: a text that stands for a file kept elsewhere
_LFS_POINTER = (b"version https://git-lfs.github.com/spec/v1\n", b"version https://hawser.github.com/spec/v1\n")
_MAX_LFS_POINTER_BYTES = 1_024


class NotText(Exception):
    """A file that is no document; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def special_kind(entry: Entry) -> str | None:
    """`symlink` or `submodule`; None for an ordinary file."""
    return {SYMLINK_MODE: "symlink", SUBMODULE_MODE: "submodule"}.get(entry.mode)


def text_of(objects: ObjectReader, sha: str, max_bytes: int) -> str:
    """The UTF-8 text of blob `sha`; NotText (binary, not_utf8, lfs_pointer) or ObjectError."""
    content = objects.read(sha, "blob", max_bytes)
    if content.startswith(_LFS_POINTER) and len(content) < _MAX_LFS_POINTER_BYTES:
        raise NotText("lfs_pointer")
    if b"\0" in content:
        raise NotText("binary")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise NotText("not_utf8") from error

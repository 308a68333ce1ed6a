"""Which files differ between two trees; a listing is the difference from nothing."""

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.readers.git.objects import (
    SUBMODULE_MODE,
    SYMLINK_MODE,
    TREE_MODE,
    Entry,
    ObjectError,
    ObjectReader,
)
from pipelines.readers.licenses import all_of, is_license_file, spdx_of_text

MAX_TREES = 200_000  # a few kilobytes of objects can describe a tree of billions of folders
_MAX_PATH_BYTES = 4_096  # PATH_MAX of Linux
_MAX_LICENSE_FILE_BYTES = 1 << 20
_FORBIDDEN_NAMES = (b"", b".", b"..", b".git")
_UNSAFE_BYTES = re.compile(rb"[/\x00-\x1f\x7f]")  # a path is shown on one line
_MAX_LICENSE_FILES = 8


class Change(NamedTuple):
    """A file that differs; `licenses` are the blobs of its nearest folder's licence files."""

    path: str
    old: Entry | None
    new: Entry | None
    licenses: tuple[str, ...]


class Unreadable(NamedTuple):
    """A path whose content cannot be told."""

    path: str
    reason: str
    detail: str


class _Folder(NamedTuple):
    path: bytes
    old: str | None
    new: str | None
    licenses: tuple[str, ...]


def changes(
    objects: ObjectReader, old: str | None, new: str | None, seen: set[bytes] | None = None
) -> Iterator[Change | Unreadable]:
    """The files that differ between the trees `old` and `new` (None: empty), in a fixed order.

    Folders that cannot be read, names that no checkout would allow and anything beyond MAX_TREES folders are
    Unreadable; unchanged folders are not read. What is in `seen` (hashes of path and new object) is left out, and what
    is found is added.
    """
    folders = [_Folder(b"", old, new, ())]
    trees_read = 0
    while folders:
        folder = folders.pop()
        if seen is not None and not _is_first(seen, folder.path, folder.new):
            continue
        trees_read += 1
        if trees_read > MAX_TREES:
            yield Unreadable(_shown(folder.path), "too_many_folders", f"more than {MAX_TREES}")
            return
        try:
            old_entries = objects.tree(folder.old) if folder.old else {}
            new_entries = objects.tree(folder.new) if folder.new else {}
        except ObjectError as error:
            yield Unreadable(_shown(folder.path), error.reason, error.detail)
            continue
        licenses = _license_blobs(new_entries) or folder.licenses
        below = []
        for name in _differing(old_entries, new_entries):
            path = b"%s/%s" % (folder.path, name) if folder.path else name
            problem = _problem(name, path)
            if problem is not None:
                yield Unreadable(_shown(path), problem, "")
                continue
            (old_tree, old_file), (new_tree, new_file) = (
                _parted(old_entries, name),
                _parted(new_entries, name),
            )
            if old_tree or new_tree:
                below.append(_Folder(path, old_tree, new_tree, licenses))
            if (old_file or new_file) and (seen is None or _is_first(seen, path, new_file.sha if new_file else "")):
                yield Change(path.decode(), old_file, new_file, licenses)
        folders += reversed(below)


def _is_first(seen: set[bytes], path: bytes, new: str | None) -> bool:
    """Whether this object was not at this path before; it is from now on. 64 bits a path and object are kept."""
    key = hashlib.blake2b(b"%s\0%s" % (path, (new or "").encode()), digest_size=8).digest()
    if key in seen:
        return False
    seen.add(key)
    return True


def _differing(old: dict[bytes, Entry], new: dict[bytes, Entry]) -> list[bytes]:
    changed = [name for name, entry in new.items() if old.get(name) != entry]
    return sorted(changed + [name for name in old if name not in new])


def _parted(entries: dict[bytes, Entry], name: bytes) -> tuple[str | None, Entry | None]:
    """The entry called `name` as a folder's tree or as a file; both None where there is no such entry."""
    entry = entries.get(name)
    if entry is None:
        return None, None
    return (entry.sha, None) if entry.mode == TREE_MODE else (None, entry)


def _problem(name: bytes, path: bytes) -> str | None:
    """Why a path cannot be told, None where it can."""
    if name.lower() in _FORBIDDEN_NAMES or _UNSAFE_BYTES.search(name) or len(path) > _MAX_PATH_BYTES:
        return "unsafe_path"
    try:
        path.decode()
    except UnicodeDecodeError:
        return "path_not_utf8"
    return None


def _shown(path: bytes) -> str:
    return path[:_MAX_PATH_BYTES].decode(errors="backslashreplace")


def _license_blobs(entries: dict[bytes, Entry]) -> tuple[str, ...]:
    special = (TREE_MODE, SYMLINK_MODE, SUBMODULE_MODE)
    found = (e.sha for name, e in entries.items() if is_license_file(name) and e.mode not in special)
    return tuple(sorted(found))[:_MAX_LICENSE_FILES]


def license_blobs(objects: ObjectReader, tree: str) -> tuple[str, ...]:
    """The licence files that lie in the folder `tree`; none where it cannot be read."""
    try:
        return _license_blobs(objects.tree(tree))
    except ObjectError:
        return ()


class LicenseReader:
    """The licence that licence files grant, each read once."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._known: dict[str, str | None] = {}

    def license_of(self, blobs: tuple[str, ...]) -> str | None:
        """The SPDX expression of the licence files `blobs`; None: no known licence in them."""
        return all_of(spdx for blob in blobs if (spdx := self._of_file(blob)) is not None)

    def _of_file(self, blob: str) -> str | None:
        if blob not in self._known:
            try:
                content = self._objects.read(blob, "blob", _MAX_LICENSE_FILE_BYTES)
                self._known[blob] = spdx_of_text(content.decode(errors="replace"))
            except ObjectError:
                self._known[blob] = None
        return self._known[blob]

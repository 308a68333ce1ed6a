"""What git's objects hold, from their bytes: trees and commits."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

_SHA = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PERSON = re.compile(rb"([^\n<]*)<([^\n>]*)>(?: (\d{1,12}) [+-]\d{4})?")
_PERSON_BYTES = 1_000


class ObjectError(Exception):
    """An object that cannot be had; `reason` is missing_object, corrupt_object or object_too_large."""

    def __init__(self, sha: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {sha} {detail}")
        self.reason, self.detail = reason, f"{sha} {detail}".strip()


class Entry(NamedTuple):
    """A tree's entry: its mode (file, folder, symbolic link, submodule) and its object's id."""

    mode: int
    sha: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's fields; `message` is still bytes, in the encoding that the commit names."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    author_date: datetime | None
    date: datetime | None
    encoding: str
    message: bytes
    size_bytes: int


def parse_tree(sha: str, data: bytes) -> dict[bytes, Entry]:
    """The entries of tree `sha` by name; ObjectError where `data` is no tree."""
    entries: dict[bytes, Entry] = {}
    sha_bytes = len(sha) // 2
    at = 0
    try:
        while at < len(data):
            space = data.index(b" ", at)
            end = data.index(b"\0", space)
            stop = end + 1 + sha_bytes
            entries[data[space + 1 : end]] = Entry(int(data[at:space], 8), data[end + 1 : stop].hex())
            at = stop
    except ValueError as error:
        raise ObjectError(sha, "corrupt_object", "the tree's entries are malformed") from error
    return entries


def parse_commit(sha: str, data: bytes) -> Commit:
    """The commit `sha`; ObjectError where `data` is none."""
    head, _, message = data.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        fields.setdefault(key, []).append(value)
    linked = [*fields.get(b"tree", [b""])[:1], *fields.get(b"parent", [])]
    if not all(len(other) == len(sha) and _SHA.fullmatch(other) for other in linked):
        raise ObjectError(sha, "corrupt_object", "the commit names no tree, or a parent without an id")
    tree, *parents = (other.decode() for other in linked)
    name, email, author_date = _person(fields.get(b"author", [b""])[0])
    return Commit(
        sha=sha,
        tree=tree,
        parents=tuple(parents),
        author_name=name,
        author_email=email,
        author_date=author_date,
        date=_person(fields.get(b"committer", [b""])[0])[2],
        encoding=fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", "replace"),
        message=message,
        size_bytes=len(data),
    )


def _person(value: bytes) -> tuple[str, str, datetime | None]:
    """Name, e-mail address and time of an author or committer line; None: no time that exists."""
    found = _PERSON.match(value[:_PERSON_BYTES])
    if found is None:
        return value[:_PERSON_BYTES].decode(errors="replace"), "", None
    name, email = found[1].decode(errors="replace").strip(), found[2].decode(errors="replace")
    try:
        date = datetime.fromtimestamp(int(found[3]), UTC) if found[3] else None
    except (OverflowError, ValueError, OSError):
        date = None
    return name, email, date

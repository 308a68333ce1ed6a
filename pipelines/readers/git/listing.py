"""The files of a repository at one commit, or at every tag, each content of a path once."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.readers.git.objects import Commit
from pipelines.readers.git.repository import Repository
from pipelines.readers.git.tags import BadTag, Tag, tags_of
from pipelines.readers.git.tree import Change, Unreadable, changes


class ListedFile(NamedTuple):
    """A file as it stands in `commit`; `tag` is the first that has it, None where tags were not asked for."""

    commit: Commit
    tag: str | None
    file: Change | Unreadable


Listed = ListedFile | BadTag


class Listing:
    """The files of `commit`, or of `tags`; `identity` stands for what they are."""

    def __init__(self, repository: Repository, commit: Commit) -> None:
        self.identity = commit.sha
        self._repository = repository
        self._tags: list[Tag] | None = None
        self._commit = commit
        self._bad: list[BadTag] = []

    @classmethod
    def of_tags(cls, repository: Repository, pattern: str) -> "Listing":
        """The files at every tag that matches the shell pattern; ValueError: none does."""
        tags, bad = tags_of(repository, pattern)
        if not tags:
            raise ValueError(f"{repository.uri} has no tag like {pattern!r} whose commit can be read")
        listing = cls(repository, tags[0].commit)
        listing._tags, listing._bad = tags, bad
        names = "".join(f"{tag.commit.sha} {tag.name}\n" for tag in tags) + "".join(f"{tag.name}\n" for tag in bad)
        listing.identity = f"tags-{hashlib.sha256(names.encode()).hexdigest()[:32]}"
        return listing

    def __iter__(self) -> Iterator[Listed]:
        """In the order of tags, then paths; what stands unchanged at a later tag is left out there."""
        objects = self._repository.objects
        if self._tags is None:
            for file in changes(objects, None, self._commit.tree):
                yield ListedFile(self._commit, None, file)
            return
        yield from self._bad
        seen: set[bytes] = set()
        for tag in self._tags:
            for file in changes(objects, None, tag.commit.tree, seen):
                yield ListedFile(tag.commit, tag.name, file)

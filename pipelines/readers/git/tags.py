"""The tags of a repository that name commits, oldest first."""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from pipelines.readers.git.objects import Commit, ObjectError
from pipelines.readers.git.repository import Repository

_PREFIX = "refs/tags/"
_NEVER = datetime.min.replace(tzinfo=UTC)


class Tag(NamedTuple):
    """A tag and its commit."""

    name: str
    commit: Commit


class BadTag(NamedTuple):
    """A tag without a commit that can be read."""

    name: str
    reason: str
    detail: str


def tags_of(repository: Repository, pattern: str) -> tuple[list[Tag], list[BadTag]]:
    """The tags whose names match the shell pattern, by their commits' dates, then by name; and those that cannot be
    read, by name."""
    names = [ref.removeprefix(_PREFIX) for ref in repository.refs if ref.startswith(_PREFIX)]
    asked = [name for name in names if fnmatchcase(name, pattern)]
    shas = repository.objects.commits_of([repository.refs[_PREFIX + name] for name in asked])
    tags: list[Tag] = []
    bad: list[BadTag] = []
    for name, sha in zip(asked, shas, strict=True):
        tag_sha = repository.refs[_PREFIX + name]
        try:
            if sha is None:
                is_there = repository.objects.is_readable(tag_sha)
                bad.append(BadTag(name, "tag_without_commit" if is_there else "missing_object", tag_sha))
            else:
                tags.append(Tag(name, repository.objects.commit(sha)))
        except ObjectError as error:
            bad.append(BadTag(name, error.reason, error.detail))
    return sorted(tags, key=lambda tag: (tag.commit.date or _NEVER, tag.name)), bad

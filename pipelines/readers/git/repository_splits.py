"""Splits of every repository that a uri names; one that cannot be opened costs itself."""

from collections.abc import Callable

from pipelines.document import Quarantined
from pipelines.readers.git.repository import Repository, matching, open_repository
from pipelines.source import Split

_UNREADABLE = "unreadable: "


def splits_of_each(uri: str, name: str | None, splits_of: Callable[[Repository], list[Split]]) -> list[Split]:
    """`splits_of` of each repository at `uri`, in order.

    Of several, one that is no repository or lacks the revision is one split, read as one quarantined record. A single
    one raises ValueError instead: its recipe is wrong.
    """
    found: list[Split] = []
    repositories = matching(uri, name)
    for repository_uri in repositories:
        try:
            with open_repository(repository_uri, name) as repository:
                found += splits_of(repository)
        except ValueError as error:
            if len(repositories) == 1:
                raise
            found.append(Split(uri=repository_uri, identity=f"{_UNREADABLE}{error}", size_bytes=0))
    return found


def is_unreadable(split: Split) -> bool:
    """Whether the split stands for a repository that could not be opened."""
    return split.identity.startswith(_UNREADABLE)


def unreadable_record(split: Split) -> Quarantined:
    """The one record of such a split."""
    return Quarantined(split.uri, "unreadable_repository", split.identity.removeprefix(_UNREADABLE))

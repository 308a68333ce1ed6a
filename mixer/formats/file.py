"""One file as a document: a repository of one file (StarCoder 2, Lozhkov et al. 2024).

    <repo_name>owner/name<file_sep>path\\ncode
    <file_sep>code

Whether name and path are shown is the repository's draw, the same for all of its files.
"""

from dataclasses import dataclass

from mixer.formats import repository
from mixer.formats.repository import METADATA_SHARE, Repository, RepositoryFile, render_repository
from mixer.segments import Rendered

MARKS = repository.MARKS


@dataclass(frozen=True, slots=True)
class File:
    """A file by its repository's name (`owner/name`) and its path in it."""

    repository: str
    path: str
    text: str


def render_file(file: File, seed: int, metadata_share: float = METADATA_SHARE) -> Rendered:
    """The text of `file` and its marks; files of `metadata_share` of repositories show name and path."""
    alone = Repository(file.repository, [RepositoryFile(file.path, file.text)])
    return render_repository(alone, seed, metadata_share)

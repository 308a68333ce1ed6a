"""A repository as one document: its files behind each other (StarCoder 2, Lozhkov et al. 2024).

    <repo_name>owner/name<file_sep>path\\ncode<file_sep>path\\ncode
    <file_sep>code<file_sep>code

Half of the repositories carry their name and paths (first line), the others their code alone (second line), so
that a model learns to do with and without. The files stand in the order given; `file_order` offers one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mixer.formats.texts import scalar_text
from mixer.order import key64
from mixer.segments import Rendered, TextWithMarks

REPO_NAME = "<repo_name>"
FILE_SEP = "<file_sep>"
MARKS = (REPO_NAME, FILE_SEP)

METADATA_SHARE = 0.5  # StarCoder 2: of repositories


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A file by its path in the repository, `/` between the parts."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository by name (`owner/name`) and the files to show."""

    name: str
    files: Sequence[RepositoryFile]


def keeps_metadata(name: str, seed: int, share: float = METADATA_SHARE) -> bool:
    """Whether the documents of repository `name` show its name and paths: by its hash, so a larger share adds."""
    return int(key64("metadata", seed, scalar_text(name.lower()))) < share * 2**64


def render_repository(repository: Repository, seed: int, metadata_share: float = METADATA_SHARE) -> Rendered:
    """The text of `repository` and its marks; `metadata_share` of repositories show their name and paths."""
    document = TextWithMarks()
    with_metadata = keeps_metadata(repository.name, seed, metadata_share)
    if with_metadata:
        document.mark(REPO_NAME).text(repository.name)
    for file in repository.files:
        document.mark(FILE_SEP).text(f"{_on_one_line(file.path)}\n{file.text}" if with_metadata else file.text)
    return document.build()


def _on_one_line(path: str) -> str:
    """`path` without line ends, which would make it end early: the code begins on the next line."""
    return path.replace("\r", " ").replace("\n", " ")

"""Git repositories opened for reading: worktree, bare repository, mirror or bundle file.

Nothing is checked out and nothing of the repository's own is run; see `_git_command`.
"""

import glob
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.readers.git import command as git
from pipelines.readers.git.objects import ObjectReader

_BUNDLE_SIGNATURE = b"# v"  # "# v2 git bundle", "# v3 git bundle"


@dataclass(frozen=True)
class Repository:
    """A repository open for reading: `objects` reads, `name` is what documents are known by.

    `shallow` holds the commits whose parents were left out of a shallow clone.
    """

    located: git.Located
    name: str
    shallow: frozenset[str]
    objects: ObjectReader

    def resolve(self, revision: str) -> str:
        """The commit that `revision` names, in hex; ValueError where there is none."""
        return git.resolve(self.located, revision)


def matching(uri: str, name: str | None) -> list[str]:
    """The repositories that `uri`, a path or a glob pattern, names, in order.

    FileNotFoundError: none. ValueError: several would share the one `name`.
    """
    found = [uri] if Path(uri).exists() else sorted(glob.glob(uri))
    if not found:
        raise FileNotFoundError(f"no git repository or bundle at {uri}")
    if name is not None and len(found) > 1:
        raise ValueError(f"{uri} matches {len(found)} repositories, but option `name` names one: leave it out")
    return found


@contextmanager
def open_repository(uri: str, name: str | None = None) -> Iterator[Repository]:
    """The repository at `uri`, called `name` or else by its origin or its folder.

    FileNotFoundError: nothing is there. ValueError: it is no repository.
    """
    path = Path(uri)
    if not path.exists():
        raise FileNotFoundError(f"no git repository or bundle at {uri}")
    with tempfile.TemporaryDirectory(prefix="mixdown-git-") as scratch:
        if path.is_file():
            located, known = _clone_of_bundle(path, Path(scratch) / "clone"), path.stem
        else:
            located = git.locate(path)
            known = _name_of_origin(git.origin(located)) or path.absolute().name.removesuffix(".git")
        objects = ObjectReader(_own_git_dir(Path(scratch) / "own", located.object_format), located)
        try:
            yield Repository(located, name or known, git.shallow_commits(located), objects)
        finally:
            objects.close()


def _clone_of_bundle(path: Path, into: Path) -> git.Located:
    with path.open("rb") as stream:
        if stream.read(len(_BUNDLE_SIGNATURE)) != _BUNDLE_SIGNATURE:
            raise ValueError(f"{path} is a file, but no git bundle")
    git.unbundle(path, into)
    return git.locate(into)


def _own_git_dir(folder: Path, object_format: str) -> Path:
    """An empty git directory with nothing in its configuration but the object format."""
    for part in ("objects", "refs"):
        (folder / part).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    version = 0 if object_format == "sha1" else 1
    extension = "" if object_format == "sha1" else f"[extensions]\n\tobjectFormat = {object_format}\n"
    (folder / "config").write_text(f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{extension}")
    return folder


def _name_of_origin(url: str | None) -> str | None:
    """`owner/name` of a remote's url (https or ssh form); None for a local path."""
    if url is None or ":" not in url or url.startswith("file:"):
        return None
    parts = [part for part in re.split(r"[/:]", url.rstrip("/").removesuffix(".git")) if part]
    return "/".join(parts[-2:]) if len(parts) >= 3 else None

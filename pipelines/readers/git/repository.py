"""Git repositories opened for reading: worktree, bare repository, mirror or bundle file.

Nothing is checked out and nothing of the repository's own is run; see `own_store`.
"""

import glob
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipelines.readers.git import own_store
from pipelines.readers.git.bundle import local_copy, read_header, unbundle
from pipelines.readers.git.git_dir import locate, origin, shallow_commits
from pipelines.readers.git.objects import Commit, ObjectReader
from pipelines.readers.git.refs import head_of, refs_of
from pipelines.readers.inputs import inputs_at

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REVISION = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./@^~{}+-]{0,250}")


@dataclass(frozen=True)
class Repository:
    """A repository open for reading: `objects` reads, `name` is what documents are known by.

    `refs` are objects by the full names of refs. `shallow` holds the commits whose parents were left out of a shallow
    clone, `absent` those that an incremental bundle was made without: history begins behind both.
    """

    uri: str
    name: str
    refs: dict[str, str]
    shallow: frozenset[str]
    absent: frozenset[str]
    objects: ObjectReader

    def begins_at(self, commit: Commit) -> bool:
        """Whether history begins at `commit` here although it has parents."""
        return commit.sha in self.shallow or not self.absent.isdisjoint(commit.parents)

    def resolve(self, revision: str) -> str:
        """The commit that `revision` names, in hex; ValueError says what to name instead.

        Where what it names cannot be read, its id: reading it then says so.
        """
        if not _REVISION.fullmatch(revision):
            raise ValueError(f"{revision!r} is no branch, tag or commit id: set the option `revision` to one")
        for name in (revision, *(self._default_branches() if revision == "HEAD" else ())):
            for suffix in ("^{commit}", ""):
                sha = self._parsed(name + suffix)
                if sha is not None and (suffix or not self.objects.is_readable(sha)):
                    return sha
        branches = ", ".join(self._branches()[:10]) or "none"
        raise ValueError(
            f"{self.uri} has no commit {revision!r} that can be read; its branches are: {branches}. "
            "Set the option `revision`"
        )

    def _parsed(self, revision: str) -> str | None:
        """The object that `revision` names, whether or not it is there."""
        try:
            sha = self.objects.output_of(["rev-parse", "--verify", "--quiet", revision]).decode().strip()
        except ValueError:
            return None
        return sha if _SHA.fullmatch(sha) else None

    def _branches(self) -> list[str]:
        return [name for name in self.refs if name.startswith("refs/heads/")]

    def _default_branches(self) -> list[str]:
        """What HEAD means where it names a branch that is not there, as in a bundle made without HEAD."""
        branches = self._branches()
        if len(branches) == 1:
            return branches
        return [name for name in ("refs/heads/main", "refs/heads/master") if name in branches]


def matching(uri: str, name: str | None) -> list[str]:
    """The repositories that `uri`, a path or a glob pattern, names, in order; in an object store, bundle files.

    FileNotFoundError: none. ValueError: several would share the one `name`.
    """
    if "://" in uri:
        found = [file.uri for file in inputs_at(uri, (".bundle",), "git bundle")]
    else:
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
    if "://" not in uri and not Path(uri).exists():
        raise FileNotFoundError(f"no git repository or bundle at {uri}")
    with tempfile.TemporaryDirectory(prefix="mixdown-git-") as scratch:
        is_folder = "://" not in uri and Path(uri).is_dir()
        opened = (_of_folder if is_folder else _of_bundle)(uri, name, Path(scratch))
        try:
            yield opened
        finally:
            opened.objects.close()


def _of_folder(uri: str, name: str | None, scratch: Path) -> Repository:
    path = Path(uri)
    located = locate(path)
    refs, shallow = refs_of(located), shallow_commits(located)
    own = own_store.create(scratch / "own", located.object_format, refs, head_of(located), shallow)
    own_store.link_objects(located.objects_dir, own, located.object_format)
    known = name or _name_of_origin(origin(located)) or path.absolute().name.removesuffix(".git")
    return Repository(uri, known, refs, shallow, frozenset(), ObjectReader(own, located.object_format))


def _of_bundle(uri: str, name: str | None, scratch: Path) -> Repository:
    file = local_copy(uri, scratch)
    try:
        with file.open("rb") as stream:
            bundle = read_header(stream)
    except ValueError as error:
        raise ValueError(f"{uri} is a file, but no git bundle that can be read: {error}") from error
    own = own_store.create(scratch / "own", bundle.object_format, bundle.refs, bundle.head, frozenset())
    unbundle(file, bundle, own)
    known = name or PurePosixPath(uri).stem
    return Repository(uri, known, bundle.refs, frozenset(), bundle.needs, ObjectReader(own, bundle.object_format))


def _name_of_origin(url: str | None) -> str | None:
    """`owner/name` of a remote's url (https or ssh form); None for a local path."""
    if url is None or ":" not in url or url.startswith("file:"):
        return None
    parts = [part for part in re.split(r"[/:]", url.rstrip("/").removesuffix(".git")) if part]
    return "/".join(parts[-2:]) if len(parts) >= 3 else None

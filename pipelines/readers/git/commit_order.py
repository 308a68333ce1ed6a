"""The order of a history's commits: parents before children, decided by the commits alone."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelines.readers.git.objects import ObjectError
from pipelines.readers.git.repository import Repository

# The last walked history: a worker reads many splits of one repository, and each would walk all of it again.
_KEPT: dict[tuple[str, str, frozenset[str], frozenset[str]], "CommitOrder"] = {}


class CommitOrder:
    """Commit ids in order, kept as bytes: a million commits are 20 MB. `size_bytes` counts the commit objects."""

    def __init__(self, shas: list[bytes], size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._sha_bytes = len(shas[0])
        self._packed = b"".join(shas)

    def __len__(self) -> int:
        return len(self._packed) // self._sha_bytes

    def between(self, start: int, stop: int | None) -> list[str]:
        """The ids numbered `start` up to `stop`, in hex."""
        last = len(self) if stop is None else min(stop, len(self))
        width = self._sha_bytes
        return [self._packed[at * width : (at + 1) * width].hex() for at in range(start, last)]


class Walked(NamedTuple):
    """A commit behind all that it descends from; one that cannot be read has no parents and no size."""

    sha: bytes
    parents: tuple[bytes, ...]
    size_bytes: int


def commit_order(repository: Repository, uri: str, head: str) -> CommitOrder:
    """Every commit reachable from `head`, those that cannot be read included."""
    key = (uri, head, repository.shallow, repository.absent)
    if key not in _KEPT:
        _KEPT.clear()
        walked = [(commit.sha, commit.size_bytes) for commit in walk(repository, [head])]
        _KEPT[key] = CommitOrder([sha for sha, _ in walked], sum(size_bytes for _, size_bytes in walked))
    return _KEPT[key]


def walk(repository: Repository, heads: Iterable[str]) -> Iterator[Walked]:
    """Every commit reachable from `heads`, once: depth first, first parent first.

    A commit is emitted when all that it descends from is. What lies behind the beginning of a shallow clone or of an
    incremental bundle is left out.
    """
    entered: dict[bytes, Walked] = {}  # until it is emitted
    emitted: set[bytes] = set()
    for head in heads:
        stack = [bytes.fromhex(head)]
        while stack:
            sha = stack[-1]
            if sha in entered or sha in emitted:
                stack.pop()
                if sha not in emitted:
                    emitted.add(sha)
                    yield entered.pop(sha)
                continue
            entered[sha] = commit = _walked(repository, sha)
            stack += [parent for parent in reversed(commit.parents) if parent not in entered and parent not in emitted]


def _walked(repository: Repository, sha: bytes) -> Walked:
    try:
        commit = repository.objects.commit(sha.hex())
    except ObjectError:
        return Walked(sha, (), 0)  # stays in the order, so that reading it reports it
    known = () if commit.sha in repository.shallow else commit.parents
    parents = tuple(bytes.fromhex(parent) for parent in known if parent not in repository.absent)
    return Walked(sha, parents, commit.size_bytes)

"""Who descends from whom, for all commits behind some heads: merge bases and branches, without asking git each time."""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.readers.git.commit_order import walk
from pipelines.readers.git.repository import Repository

_BASE, _HEAD = 1, 2

# The last built graph: a worker reads many splits of one repository.
_KEPT: dict[tuple[str, tuple[str, ...]], "CommitGraph"] = {}


class Branch(NamedTuple):
    """A branch: where it left its base (None: never) and its own commits, oldest first."""

    merge_base: str | None
    commits: list[str]


class CommitGraph:
    """Commits by number: a parent's is smaller than its children's."""

    def __init__(self, repository: Repository, heads: Sequence[str]) -> None:
        self._shas: list[str] = []
        self._parents: list[tuple[int, ...]] = []
        self._numbers: dict[bytes, int] = {}
        for commit in walk(repository, heads):
            self._numbers[commit.sha] = len(self._shas)
            self._shas.append(commit.sha.hex())
            # a parent without a number would be its own ancestor, which hashes rule out
            self._parents.append(tuple(self._numbers[parent] for parent in commit.parents if parent in self._numbers))

    def branch(self, base: str, head: str) -> Branch:
        """The commits of `head` that `base` does not descend from, and the newest that it does.

        From both ends by descending number, so that a commit is looked at when all its descendants were.
        """
        sides = {self._number(base): _BASE}
        sides[self._number(head)] = sides.get(self._number(head), 0) | _HEAD
        heap = [-number for number in sides]
        heapq.heapify(heap)
        open_own = sum(side == _HEAD for side in sides.values())
        own: list[int] = []
        merge_base: int | None = None
        while heap and (open_own or merge_base is None):
            number = -heapq.heappop(heap)
            side = sides[number]
            if side == _HEAD:
                open_own -= 1
                own.append(number)
            elif side == _BASE | _HEAD and merge_base is None:
                merge_base = number
            for parent in self._parents[number]:
                before = sides.get(parent, 0)
                if not before:
                    heapq.heappush(heap, -parent)
                sides[parent] = before | side
                open_own += (sides[parent] == _HEAD) - (before == _HEAD)
        return Branch(
            None if merge_base is None else self._shas[merge_base], [self._shas[number] for number in reversed(own)]
        )

    def merges_into(self, base: str) -> dict[str, str]:
        """Of what was merged into `base`: each merged commit and the commit that it was first merged onto."""
        found: dict[str, str] = {}
        reachable = bytearray(len(self._shas))
        reachable[self._number(base)] = 1
        for number in range(len(self._shas) - 1, -1, -1):
            if reachable[number]:
                for parent in self._parents[number]:
                    reachable[parent] = 1
        for number, parents in enumerate(self._parents):
            if reachable[number]:
                for merged in parents[1:]:
                    found.setdefault(self._shas[merged], self._shas[parents[0]])
        return found

    def _number(self, sha: str) -> int:
        return self._numbers[bytes.fromhex(sha)]


def commit_graph(repository: Repository, heads: Sequence[str]) -> CommitGraph:
    """The graph of all commits behind `heads`, which must be ids of commits."""
    key = (repository.uri, tuple(heads))
    if key not in _KEPT:
        _KEPT.clear()
        _KEPT[key] = CommitGraph(repository, heads)
    return _KEPT[key]

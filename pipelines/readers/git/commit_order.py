"""The order of a history's commits: parents before children, decided by the commits alone."""

from pipelines.readers.git.objects import ObjectError, ObjectReader
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


def commit_order(repository: Repository, uri: str, head: str) -> CommitOrder:
    """Every commit reachable from `head`, those that cannot be read included."""
    key = (uri, head, repository.shallow, repository.absent)
    if key not in _KEPT:
        _KEPT.clear()
        _KEPT[key] = _walk(repository.objects, head, repository.shallow, repository.absent)
    return _KEPT[key]


def _walk(objects: ObjectReader, head: str, shallow: frozenset[str], absent: frozenset[str]) -> CommitOrder:
    """Depth first, first parent first; a commit is emitted when all that it descends from is.

    What is behind `shallow` and the commits `absent` themselves are left out.
    """
    order: list[bytes] = []
    emitted: set[bytes] = set()
    entered: set[bytes] = set()
    stack = [bytes.fromhex(head)]
    size_bytes = 0
    while stack:
        sha = stack[-1]
        if sha in entered:
            stack.pop()
            if sha not in emitted:
                emitted.add(sha)
                order.append(sha)
            continue
        entered.add(sha)
        try:
            commit = objects.commit(sha.hex())
        except ObjectError:
            continue  # stays in the order, so that reading it reports it
        size_bytes += commit.size_bytes
        if commit.sha not in shallow:
            parents = [bytes.fromhex(parent) for parent in commit.parents if parent not in absent]
            stack += [parent for parent in reversed(parents) if parent not in entered]
    return CommitOrder(order, size_bytes)

"""Which task reads which lines: input is shared out by repository, so that a conversation lies in one share.

A line's position is a hash of its repository's name, 0 to POSITIONS - 1; lines that name no repository stand at 0. A
task streams all files and takes the lines in its range of positions. The name is found by a search of the line's
bytes where it can be, since parsing every line in every task would cost more than all else.
"""

import hashlib
import itertools
import re

POSITIONS = 1 << 16

# The beginning of every event since 2015: `"repo": {"id": 28635890, "name": "owner/name"`. No text inside a JSON
# string matches, as its quotes are escaped; a repository object elsewhere has a name without a slash.
_REPOSITORY = re.compile(rb'"repo": ?\{"id": ?\d{1,20}, ?"name": ?"([\w.-]{1,100}/[\w.-]{1,100})"', re.ASCII)


def repository_in(line: bytes) -> str | None:
    """The repository that `line` names where events do, without parsing it; None where it must be parsed."""
    found = _REPOSITORY.search(line)
    return found[1].decode("ascii") if found else None


def position_of(repository: str | None) -> int:
    """Where the lines of `repository` stand; GitHub's names do not tell case."""
    if repository is None:
        return 0
    data = repository.lower().encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=2).digest(), "big")


def ranges_of_positions(stored_bytes: int, split_bytes: int) -> list[tuple[int, int | None]]:
    """Start and stop of every share, so that one has about `split_bytes` of the input; one share has no stop."""
    shares = min(max(1, -(-stored_bytes // split_bytes)), POSITIONS)
    if shares == 1:
        return [(0, None)]
    bounds = [POSITIONS * share // shares for share in range(shares + 1)]
    return list(itertools.pairwise(bounds))

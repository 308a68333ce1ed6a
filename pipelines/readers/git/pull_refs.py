"""The pull requests of a mirror: GitHub keeps the head of each as `refs/pull/NUMBER/head`."""

import hashlib
import re
from typing import NamedTuple

from pipelines.readers.git.repository import Repository

_HEAD = re.compile(r"refs/pull/([1-9][0-9]{0,9})/head")


class PullRef(NamedTuple):
    """A pull request's number and the commit at its head."""

    number: int
    head: str

    @property
    def ref(self) -> str:
        """The full name of its ref."""
        return f"refs/pull/{self.number}/head"


def pull_refs(repository: Repository) -> list[PullRef]:
    """The pull requests of `repository` by number."""
    found = [(_HEAD.fullmatch(name), sha) for name, sha in repository.refs.items()]
    return sorted(PullRef(int(match[1]), sha) for match, sha in found if match)


def identity_of(base: str, pulls: list[PullRef]) -> str:
    """What stands for these pull requests into commit `base`."""
    listed = "".join(f"{pull.number} {pull.head}\n" for pull in pulls)
    return f"{base} pulls-{hashlib.sha256(listed.encode()).hexdigest()[:32]}"

"""Diffs of pull requests, from git repositories that have their commits.

A repository is a pull request's when its origin, or its folder and the folder above it, say `owner/name`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from mixer.formats.pull_request import BaseFile, FileDiff
from pipelines.readers.git.pull_request_diff import DiffError, DiffLimits, FileChange, diff_of
from pipelines.readers.git.repository import Repository, matching, open_repository
from pipelines.readers.github.conversation import Conversation
from pipelines.readers.github.pull_request_options import PullRequestOptions


def identity_of_repositories(uris: Sequence[str]) -> str:
    """A hash over the object of every ref of the repositories; empty for none.

    FileNotFoundError or ValueError where there is no repository.
    """
    if not uris:
        return ""
    digest = hashlib.blake2b(digest_size=16)
    for uri in _paths(uris):
        with open_repository(uri) as repository:
            refs = [f"{name}\0{sha}\n" for name, sha in repository.refs.items()]
            digest.update(f"{repository.name}\0{len(refs)}\n{''.join(refs)}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


class RepositoryDiffs:
    """The repositories at some uris, by the names that pull requests know them by."""

    def __init__(self, options: PullRequestOptions) -> None:
        self._options = options
        self._limits = DiffLimits(max_files=options.max_diff_files)
        self._uri_of_name: dict[str, str] = {}
        for uri in _paths(options.repositories):
            with open_repository(uri) as repository:
                for name in (repository.name, _name_of_folders(uri)):
                    self._uri_of_name.setdefault(name.lower(), uri)

    def added_to(self, conversations: list[Conversation]) -> Iterator[Conversation]:
        """`conversations`, all of one repository, each with the diff that its commits tell, where they can."""
        uri = self._uri_of_name.get(conversations[0].repository.lower())
        with ExitStack() as stack:
            repository = stack.enter_context(open_repository(uri)) if uri else None
            for conversation in conversations:
                yield conversation if repository is None else self._with_diff(conversation, repository)

    def _with_diff(self, conversation: Conversation, repository: Repository) -> Conversation:
        if conversation.commits is None or conversation.facts is None:
            return conversation
        try:
            found = diff_of(repository, *conversation.commits, self._limits)
        except DiffError:
            return conversation
        shown = list(_fitting(found.files, self._options))
        return replace(
            conversation,
            base_files=[BaseFile(path, code) for path, code, _ in shown if code],
            diffs=[FileDiff(path, hunks) for path, _, hunks in shown],
        )


def _fitting(files: list[FileChange], options: PullRequestOptions) -> Iterator[FileChange]:
    """The files in order, without those that do not fit into the limit any more; long ones without their base."""
    left_chars = options.max_diff_chars
    for file in files:
        hunks_chars = sum(map(len, file.hunks))
        base_code = file.base_code if len(file.base_code) <= options.max_base_code_chars else ""
        if hunks_chars + len(base_code) > left_chars:
            base_code = ""
        if file.hunks and hunks_chars <= left_chars:
            left_chars -= hunks_chars + len(base_code)
            yield file._replace(base_code=base_code)


def _paths(uris: Sequence[str]) -> list[str]:
    return [path for uri in uris for path in matching(uri, None)]


def _name_of_folders(uri: str) -> str:
    return "/".join(uri.rstrip("/").removesuffix("/.git").removesuffix(".git").split("/")[-2:])

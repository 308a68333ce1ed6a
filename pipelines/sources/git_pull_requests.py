"""Source kind `git_pull_requests`: the branches of pull requests, one document each, from a mirror's `refs/pull/*`.

Git knows the branch and nothing of the conversation: the document has the commits' subjects as title and description,
the changed files as they were and the hunks. Every pull request is a record.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import Field

from mixer.formats import pull_request as pull_request_format
from mixer.formats.pull_request import BaseFile, FileDiff, PullRequest, PullRequestLimits
from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.git.commit_graph import CommitGraph, commit_graph
from pipelines.readers.git.objects import ObjectError
from pipelines.readers.git.pull_refs import PullRef, identity_of, pull_refs
from pipelines.readers.git.pull_request_diff import DiffError, DiffLimits, FileChange, PullRequestDiff, diff_between
from pipelines.readers.git.pull_request_text import NoText, PullRequestText, text_of_commits
from pipelines.readers.git.repository import Repository, open_repository
from pipelines.readers.git.repository_splits import is_unreadable, splits_of_each, unreadable_record
from pipelines.readers.git.tree import LicenseReader, license_blobs
from pipelines.readers.languages import check_languages, language_of
from pipelines.source import SourceKind, SourceOptions, Split

MARKS = (
    *(pull_request_format.PR, pull_request_format.PR_STATUS, pull_request_format.REPO_NAME),
    *(pull_request_format.PR_FILE, pull_request_format.PR_DIFF_HUNK, *pull_request_format.CODE_MARKS),
)
_DAMAGE = ("missing_object", "corrupt_object")


class GitPullRequestsOptions(SourceOptions):
    """What a recipe may set for pull requests of a repository."""

    base: str = Field("HEAD", description="branch that the pull requests are compared with")
    name: str | None = Field(None, description="the repository's name; else told by its origin or folder")
    languages: frozenset[str] | None = Field(None, description="languages to show; else every known one")
    max_commits: int = Field(100, gt=0, description="pull requests of more commits are rejected")
    max_files: int = Field(100, gt=0, description="pull requests that change more files are rejected")
    max_file_bytes: int = Field(1 << 20, gt=0, description="larger files are not shown")
    max_base_chars: int = Field(20_000, ge=0, description="longer files are shown by their hunks alone")
    max_hunk_chars: int = Field(10_000, gt=0, description="longer hunks are left out")
    pulls_per_split: int = Field(500, gt=0, description="pull requests that one task reads")


class _Reading(NamedTuple):
    repository: Repository
    graph: CommitGraph
    base: str
    merged_onto: dict[str, str]
    licenses: LicenseReader
    options: GitPullRequestsOptions


def splits(uri: str, options: GitPullRequestsOptions) -> list[Split]:
    """Ranges of the pull requests by number; FileNotFoundError or ValueError where `uri` is no repository."""
    check_languages(options.languages)
    return splits_of_each(uri, options.name, lambda repository: _splits_of(repository, options))


def _splits_of(repository: Repository, options: GitPullRequestsOptions) -> list[Split]:
    base = repository.resolve(options.base)
    pulls = pull_refs(repository)
    if not pulls:
        raise ValueError(f"{repository.uri} has no refs/pull/NUMBER/head: clone it with `git clone --mirror`")
    sizes_bytes = repository.objects.sizes_bytes([pull.head for pull in pulls])
    step = options.pulls_per_split
    return [
        Split(
            uri=repository.uri,
            identity=f"{identity_of(base, pulls)} named {repository.name}",
            size_bytes=sum(sizes_bytes[start : start + step]),
            start=start,
            stop=min(start + step, len(pulls)),
        )
        for start in range(0, len(pulls), step)
    ]


def read(split: Split, options: GitPullRequestsOptions) -> Iterator[Record]:
    """One record for every pull request of the split."""
    if is_unreadable(split):
        yield unreadable_record(split)
        return
    base = split.identity.split()[0]
    with open_repository(split.uri, options.name) as repository:
        pulls = pull_refs(repository)
        if not split.identity.startswith(identity_of(base, pulls)):
            raise ValueError(f"the pull requests of {split.uri} changed since the build was planned: plan it again")
        graph = commit_graph(repository, [base, *(pull.head for pull in pulls)])
        licenses = LicenseReader(repository.objects)
        reading = _Reading(repository, graph, base, graph.merges_into(base), licenses, options)
        for pull in pulls[split.start : split.stop]:
            yield _record(reading, pull)


def _record(reading: _Reading, pull: PullRef) -> Record:
    reference = f"{reading.repository.name}@{pull.ref}"
    # Of a branch that was merged, the base is what it was merged onto: today's contains it.
    branch = reading.graph.branch(reading.merged_onto.get(pull.head, reading.base), pull.head)
    if branch.merge_base is None or not branch.commits or len(branch.commits) > reading.options.max_commits:
        return _without_branch(reading, pull, reference, branch.commits)
    try:
        said = text_of_commits([reading.repository.objects.commit(sha) for sha in branch.commits])
        limits = DiffLimits(reading.options.max_files, reading.options.max_file_bytes)
        diff = diff_between(reading.repository, branch.merge_base, pull.head, limits)
    except NoText as error:
        return Rejected(reference, error.reason)
    except (DiffError, ObjectError) as error:
        if error.reason in _DAMAGE:
            return Quarantined(reference, error.reason, error.detail)
        return Rejected(reference, "commit_too_large" if error.reason == "object_too_large" else error.reason)
    shown = [file for file in diff.files if _is_shown(file, reading.options)]
    if not shown:
        return _without_files(diff, reference)
    return _document(reading, pull, said, diff, shown, len(branch.commits))


def _without_branch(reading: _Reading, pull: PullRef, reference: str, commits: list[str]) -> Record:
    """The record of a pull request whose branch cannot be told or is too long."""
    try:
        reading.repository.objects.commit(pull.head)
    except ObjectError as error:
        return Quarantined(reference, error.reason, error.detail)
    if len(commits) > reading.options.max_commits:
        return Rejected(reference, "too_many_commits")
    return Rejected(reference, "no_merge_base" if commits else "already_in_base")


def _without_files(diff: PullRequestDiff, reference: str) -> Record:
    """The record of a pull request of whose files none is shown."""
    damaged = next((file for file in diff.skipped if file.reason in _DAMAGE), None)
    if damaged is not None:
        return Quarantined(reference, damaged.reason, f"{damaged.path} {damaged.detail}".strip())
    return Rejected(reference, "no_files_shown")


def _is_shown(file: FileChange, options: GitPullRequestsOptions) -> bool:
    """Whether the file is of a language asked for and has a hunk that is not too long."""
    is_asked_for = options.languages is None or language_of(file.path) in options.languages
    return is_asked_for and any(len(hunk) <= options.max_hunk_chars for hunk in file.hunks)


def _document(
    reading: _Reading,
    pull: PullRef,
    said: PullRequestText,
    diff: PullRequestDiff,
    shown: list[FileChange],
    commits: int,
) -> Document:
    options = reading.options
    request = PullRequest(
        repository=reading.repository.name,
        title=said.title,
        author=said.author,
        description=said.description,
        base_files=[
            BaseFile(file.path, file.base_code)
            for file in shown
            if file.base_code and len(file.base_code) <= options.max_base_chars
        ],
        diffs=[FileDiff(file.path, file.hunks) for file in shown],
    )
    text, marks = pull_request_format.render_pull_request(
        request, PullRequestLimits(max_hunk_chars=options.max_hunk_chars)
    )
    head = reading.repository.objects.commit(pull.head)
    chars: Counter[str] = Counter()
    for file in shown:
        chars[language_of(file.path) or ""] += sum(map(len, file.hunks))
    return Document(
        text=text,
        marks=marks,
        format="pull_request",
        repository=reading.repository.name,
        commit=pull.head,
        license=reading.licenses.license_of(license_blobs(reading.repository.objects, head.tree)),
        language_hint=min(chars, key=lambda language: (-chars[language], language)),
        date=head.date,
        metadata={
            "number": pull.number,
            "merge_base": diff.merge_base,
            "commits": commits,
            "files": len(shown),
            "files_not_shown": len(diff.files) - len(shown) + len(diff.skipped),
        },
    )


SOURCE = SourceKind(
    name="git_pull_requests",
    group="code",
    options=GitPullRequestsOptions,
    splits=splits,
    read=read,
    code_like=True,
)

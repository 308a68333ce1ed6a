"""What a pull request changes: each file's text before it and the hunks, as GitHub shows them.

The difference is from where the branch left its base (the merge base) to the branch's head.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from pipelines.readers.git.objects import Entry, ObjectError
from pipelines.readers.git.patches import BlobPair, PatchReader
from pipelines.readers.git.repository import Repository
from pipelines.readers.git.text import NotText, special_kind, text_of
from pipelines.readers.git.tree import Change, Unreadable, changes
from pipelines.readers.languages import language_of

_NO_NEWLINE = "\\ No newline at end of file"
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class DiffLimits:
    """How much of a pull request is read; files beyond the limits are left out, with their reason."""

    max_files: int = 300  # a pull request that changes more is turned down whole; GitHub shows so many
    max_file_bytes: int = 1 << 20
    context_lines: int = 3


class FileChange(NamedTuple):
    """A changed file: `base_code` is its whole text before (empty: it is new), `hunks` each begin with `@@ `."""

    path: str
    base_code: str
    hunks: tuple[str, ...]


class SkippedFile(NamedTuple):
    """A changed file that is not shown: `reason` is one of `docs/sources.md`, `detail` names the object at fault."""

    path: str
    reason: str
    detail: str


class PullRequestDiff(NamedTuple):
    """The commit that the branch left from and its changes, by path."""

    merge_base: str
    files: list[FileChange]
    skipped: list[SkippedFile]


class DiffError(Exception):
    """A pull request without a difference; `reason` is missing_object, corrupt_object, no_merge_base,
    no_file_changes or too_many_files.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


def diff_of(repository: Repository, base_sha: str, head_sha: str, limits: DiffLimits | None = None) -> PullRequestDiff:
    """The changes of the pull request from `head_sha` into `base_sha`, both full commit ids in hex.

    GitHub's events and REST answers have them as `base.sha` and `head.sha`; `base_sha` may also be any later commit of
    the base branch that does not contain the head. `repository` comes from `open_repository`. Raises DiffError where
    there is no difference to show, ValueError where an id is none; never fetches and runs nothing of the repository.
    """
    for sha in (base_sha, head_sha):
        if not _SHA.fullmatch(sha):
            raise ValueError(f"{sha!r} is no full commit id")
    return diff_between(repository, merge_base(repository, base_sha, head_sha), head_sha, limits or DiffLimits())


def merge_base(repository: Repository, base_sha: str, head_sha: str) -> str:
    """The commit where the two histories meet; DiffError where there is none or a tip cannot be read."""
    for sha in (base_sha, head_sha):
        try:
            repository.objects.commit(sha)
        except ObjectError as error:
            raise DiffError(error.reason, error.detail) from error
    try:
        answer = repository.objects.output_of(["merge-base", base_sha, head_sha])
    except ValueError as error:
        raise DiffError("no_merge_base", str(error)) from error
    return answer.decode().split("\n", 1)[0]


def diff_between(repository: Repository, old_sha: str, new_sha: str, limits: DiffLimits) -> PullRequestDiff:
    """The changes from commit `old_sha` to `new_sha`; DiffError as for `diff_of`."""
    objects = repository.objects
    try:
        trees = objects.commit(old_sha).tree, objects.commit(new_sha).tree
    except ObjectError as error:
        raise DiffError(error.reason, error.detail) from error
    changed = list(islice(changes(objects, *trees), limits.max_files + 1))
    if not changed:
        raise DiffError("no_file_changes", f"{old_sha} and {new_sha} have the same files")
    if len(changed) > limits.max_files:
        raise DiffError("too_many_files", f"more than {limits.max_files}")
    patches = repository.objects.patches(limits.context_lines, limits.max_file_bytes)
    whole = not any(isinstance(item, Unreadable) for item in changed)  # else git might not end, or not begin
    hunks = patches.between_trees(*trees) if whole else {}
    found = [_file(repository, item, limits, patches, hunks) for item in changed]
    return PullRequestDiff(
        old_sha,
        [file for file in found if isinstance(file, FileChange)],
        [file for file in found if isinstance(file, SkippedFile)],
    )


def _file(
    repository: Repository,
    item: Change | Unreadable,
    limits: DiffLimits,
    patches: PatchReader,
    hunks: Mapping[BlobPair, tuple[str, ...]],
) -> FileChange | SkippedFile:
    if isinstance(item, Unreadable):
        return SkippedFile(item.path, item.reason, item.detail)
    reason = _skipped_because(item)
    if reason is not None:
        return SkippedFile(item.path, reason, "")
    try:
        old, new = (_text(repository, entry, limits.max_file_bytes) for entry in (item.old, item.new))
    except NotText as error:
        return SkippedFile(item.path, error.reason, "")
    except ObjectError as error:
        reason = "file_too_large" if error.reason == "object_too_large" else error.reason
        return SkippedFile(item.path, reason, error.detail)
    if item.old is None or item.new is None:
        return FileChange(item.path, old, tuple(_one_sided(old, new)))
    pair = (item.old.sha, item.new.sha)
    try:
        return FileChange(item.path, old, hunks[pair] if pair in hunks else patches.between_blobs(*pair))
    except ValueError as error:
        return SkippedFile(item.path, "corrupt_object", str(error))


def _one_sided(old: str, new: str) -> Iterator[str]:
    """The hunk of a new or a deleted file, none where it is empty."""
    sign, text = ("+", new) if new else ("-", old)
    if not text:
        return
    lines = text.removesuffix("\n").split("\n")
    count = "1" if len(lines) == 1 else f"1,{len(lines)}"
    sides = f"-0,0 +{count}" if new else f"-{count} +0,0"
    ending = "" if text.endswith("\n") else f"\n{_NO_NEWLINE}"
    yield "\n".join([f"@@ {sides} @@", *(sign + line for line in lines)]) + ending


def _skipped_because(item: Change) -> str | None:
    """Why a change is not shown, told without reading the file; None: it is."""
    special = next((kind for side in (item.new, item.old) if side and (kind := special_kind(side))), None)
    if special is not None:
        return special
    if item.old is not None and item.new is not None and item.old.sha == item.new.sha:
        return "mode_change_only"
    return "language_not_selected" if language_of(item.path) is None else None


def _text(repository: Repository, entry: Entry | None, max_bytes: int) -> str:
    return text_of(repository.objects, entry.sha, max_bytes) if entry else ""

"""Source kind `git_commits`: what commits changed, one document a changed file.

A document is `<commit_before>old<commit_msg>subject<commit_after>new`: whole files, or the changed span with some
lines around it. Which, and what is sampled out, is drawn from the commit and the path.

Records are changed files; a commit that is turned down as a whole (a merge, a bot's, one without files) is one
record. A file that was renamed and edited is a deletion and an addition: similarity is not guessed.
"""

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from mixer.formats import commit as commit_format
from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.readers.git.commit_order import commit_order
from pipelines.readers.git.commit_rules import is_automatic, is_bot, message_of, subject_of
from pipelines.readers.git.commit_span import Draws, changed_span, draws
from pipelines.readers.git.objects import Commit, ObjectError
from pipelines.readers.git.repository import Repository, open_repository
from pipelines.readers.git.repository_splits import is_unreadable, splits_of_each, unreadable_record
from pipelines.readers.git.text import NotText, special_kind, text_of
from pipelines.readers.git.tree import Change, LicenseReader, Unreadable, changes
from pipelines.readers.languages import check_languages, language_of
from pipelines.readers.licenses import all_of, spdx_header
from pipelines.source import SourceKind, Split

MARKS = commit_format.MARKS


class _Reading(NamedTuple):
    """What is needed for every commit of a split; `trees` keeps the last commits' trees by commit."""

    repository: Repository
    licenses: LicenseReader
    options: GitCommitsOptions
    trees: dict[str, str]


class _Turned(Exception):
    """A commit or change that is no document by rule."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def splits(uri: str, options: GitCommitsOptions) -> list[Split]:
    """Ranges of the history, oldest first; FileNotFoundError or ValueError where `uri` is no repository.

    `size_bytes` is the range's share of the commit objects: what a commit changed is not known before it is read.
    """
    check_languages(options.languages)
    return splits_of_each(uri, options.name, lambda repository: _splits_of(repository, options))


def _splits_of(repository: Repository, options: GitCommitsOptions) -> list[Split]:
    head = repository.resolve(options.revision)
    order = commit_order(repository, repository.uri, head)
    identity = f"{_identity(head, repository.shallow | repository.absent)} named {repository.name}"
    step = options.commits_per_split
    found = []
    for start in range(0, len(order), step):
        stop = min(start + step, len(order))
        size_bytes = order.size_bytes * (stop - start) // len(order)
        found.append(Split(uri=repository.uri, identity=identity, size_bytes=size_bytes, start=start, stop=stop))
    return found


def _identity(head: str, boundary: frozenset[str]) -> str:
    """The commit, which stands for its history, and where a shallow clone or a bundle begins, which it does not."""
    if not boundary:
        return head
    return f"{head} shallow-{hashlib.sha256(' '.join(sorted(boundary)).encode()).hexdigest()[:16]}"


def read(split: Split, options: GitCommitsOptions) -> Iterator[Record]:
    """The records of the commits numbered `split.start` to `split.stop`."""
    if is_unreadable(split):
        yield unreadable_record(split)
        return
    head = split.identity.split()[0]
    with open_repository(split.uri, options.name) as repository:
        reading = _Reading(repository, LicenseReader(repository.objects), options, {})
        for sha in commit_order(repository, split.uri, head).between(split.start, split.stop):
            yield from _records_of(reading, sha)


def _records_of(reading: _Reading, sha: str) -> Iterator[Record]:
    """The records of one commit."""
    reference = f"{reading.repository.name}@{sha}"
    try:
        commit = reading.repository.objects.commit(sha)
        reading.trees[sha] = commit.tree
        subject = _subject(commit, reading)
        parent_tree = _tree_of(reading, commit.parents[0]) if commit.parents else None
    except _Turned as turned:
        yield Rejected(reference, turned.reason)
        return
    except ObjectError as error:
        yield Quarantined(reference, error.reason, error.detail)
        return
    limit = reading.options.max_files_per_commit
    changed = list(islice(changes(reading.repository.objects, parent_tree, commit.tree), limit + 1))
    if len(changed) > limit or not changed:
        yield Rejected(reference, "too_many_files" if changed else "no_file_changes")
        return
    moved = _moved_blobs(changed)
    for item in changed:
        yield _record(reading, commit, subject, item, moved)


def _subject(commit: Commit, reading: _Reading) -> str:
    """The subject of a commit that is worth reading; _Turned says why one is not."""
    if len(commit.parents) > 1:
        raise _Turned("merge_commit")
    if reading.repository.begins_at(commit):
        raise _Turned("shallow_boundary")
    if is_bot(commit):
        raise _Turned("bot_author")
    message = message_of(commit)
    if message is None:
        raise _Turned("message_not_decodable")
    if not reading.options.min_message_chars <= len(message) <= reading.options.max_message_chars:
        raise _Turned("message_length")
    subject = subject_of(message)
    if is_automatic(subject):
        raise _Turned("automatic_message")
    return subject


def _tree_of(reading: _Reading, sha: str) -> str:
    if sha not in reading.trees:
        reading.trees[sha] = reading.repository.objects.commit(sha).tree
    return reading.trees[sha]


def _moved_blobs(changed: list[Change | Unreadable]) -> frozenset[str]:
    """The contents that leave one path and appear at another."""
    gone = {item.old.sha for item in changed if isinstance(item, Change) and item.old and not item.new}
    come = {item.new.sha for item in changed if isinstance(item, Change) and item.new and not item.old}
    return frozenset(gone & come)


def _record(
    reading: _Reading, commit: Commit, subject: str, item: Change | Unreadable, moved: frozenset[str]
) -> Record:
    """The record of one changed file."""
    reference = f"{reading.repository.name}@{commit.sha}:{item.path}"
    if isinstance(item, Unreadable):
        return Quarantined(reference, item.reason, item.detail)
    try:
        drawn = draws(commit.sha, item.path)
        language = _language(item, subject, moved, drawn, reading.options)
        old, new = _sides(reading, item)
        return _document(reading, commit, subject, item, language, drawn, old, new)
    except (NotText, _Turned) as turned:
        return Rejected(reference, turned.reason)
    except ObjectError as error:
        if error.reason == "object_too_large":
            return Rejected(reference, "file_too_large")
        return Quarantined(reference, error.reason, error.detail)


def _language(item: Change, subject: str, moved: frozenset[str], drawn: Draws, options: GitCommitsOptions) -> str:
    """The language of a change that is worth reading; _Turned says why one is not."""
    special = next((kind for side in (item.new, item.old) if side and (kind := special_kind(side))), None)
    if special is not None:
        raise _Turned(special)
    if item.new is None:
        raise _Turned("deleted_file")
    if item.old is not None and item.old.sha == item.new.sha:
        raise _Turned("mode_change_only")
    if item.old is None and item.new.sha in moved:
        raise _Turned("renamed_unchanged")
    language = language_of(item.path)
    if language is None or (options.languages is not None and language not in options.languages):
        raise _Turned("language_not_selected")
    if language in options.markup_languages and drawn.markup >= options.markup_share:
        raise _Turned("markup_sampled_out")
    if len(subject.split()) < options.short_subject_words and drawn.subject >= options.short_subject_share:
        raise _Turned("short_subject_sampled_out")
    return language


def _sides(reading: _Reading, item: Change) -> tuple[str, str]:
    """The file's text before (empty for a new file) and after the commit."""
    limit = reading.options.max_file_bytes
    objects = reading.repository.objects
    old = text_of(objects, item.old.sha, limit) if item.old else ""
    if len(old) >= reading.options.max_old_chars:
        raise _Turned("old_file_too_long")
    new = text_of(objects, item.new.sha, limit) if item.new else ""
    if not new.strip():
        raise _Turned("new_file_empty")
    return old, new


def _document(
    reading: _Reading,
    commit: Commit,
    subject: str,
    item: Change,
    language: str,
    drawn: Draws,
    old: str,
    new: str,
) -> Document:
    options = reading.options
    span = changed_span(old, new)
    if (
        not options.small_span_lines < span.changed_lines < options.large_span_lines
        and drawn.span >= options.extreme_span_share
    ):
        raise _Turned("span_size_sampled_out")
    before, after = old, new
    if drawn.whole_file >= options.whole_file_share:
        context = options.max_context_lines
        before, after = span.cut(int(drawn.context_before * context), int(drawn.context_after * context))
    if not after.strip():
        raise _Turned("new_span_empty")
    text, marks = commit_format.render_commit(commit_format.Commit(before, subject, after))
    return Document(
        text=text,
        marks=marks,
        format="commit",
        repository=reading.repository.name,
        commit=commit.sha,
        path=item.path,
        license=all_of(filter(None, map(spdx_header, (old, new)))) or reading.licenses.license_of(item.licenses),
        language_hint=language,
        date=commit.date,
        metadata={
            "subject": subject,
            "author_date": commit.author_date.isoformat() if commit.author_date else None,
            "is_whole_file": (before, after) == (old, new),
            "changed_lines": span.changed_lines,
        },
    )


SOURCE = SourceKind(
    name="git_commits",
    group="code",
    options=GitCommitsOptions,
    splits=splits,
    read=read,
    code_like=True,
    # Every version of a file is near the next one: chains of them would leave a single commit of a file's history.
    near_dedup=False,
)

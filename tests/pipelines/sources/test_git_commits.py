"""Commits as documents: format, filters, sampling, books."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.document import Document, Record, Rejected
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.readers.git.commit_rules import is_automatic, subject_of
from pipelines.readers.git.commit_span import changed_span, draws
from pipelines.source import source_kinds
from pipelines.sources import git_commits
from pipelines.sources.git_commits import MARKS
from tests.pipelines.sources.git_repositories import commit, git, new_repository

KEEP_ALL = {"extreme_span_share": 1.0, "short_subject_share": 1.0, "markup_share": 1.0}
LINES = [f"line_{number} = {number}\n" for number in range(200)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "anchor")


def read(uri: Path, **options: object) -> list[Record]:
    asked = GitCommitsOptions.model_validate(KEEP_ALL | options)
    return [r for split in git_commits.splits(str(uri), asked) for r in git_commits.read(split, asked)]


def parts(document: Document) -> tuple[str, str, str]:
    """The old, subject and new part, cut at the marks' byte offsets."""
    data = document.text.encode()
    (first, *_), offsets = document.marks, [at for at, _ in document.marks]
    assert first[0] == 0
    assert tuple(token for _, token in document.marks) == MARKS
    old, subject, new = (data[a:b].decode() for a, b in pairwise([*offsets, len(data)]))
    return old, subject, new


def last_reason(uri: Path, **options: object) -> str:
    record = read(uri, **options)[-1]
    return record.reason if isinstance(record, Rejected) else type(record).__name__


def test_the_kind_is_registered_as_code() -> None:
    kind = source_kinds()["git_commits"]
    assert (kind.group, kind.code_like) == ("code", True)


def test_a_whole_file_shows_old_subject_and_new(repository: Path) -> None:
    old, new = "größe = 1\nb = 2\n", "größe = 3\nb = 2\n"
    commit(repository, {"a.py": old}, "Add the größe of things")
    sha = commit(repository, {"a.py": new}, "Correct the größe of things\n\nIt was wrong.")
    added, changed = read(repository, whole_file_share=1.0, name="ada/anchor")
    assert isinstance(added, Document)
    assert parts(added) == ("", "Add the größe of things", old)
    assert isinstance(changed, Document)
    assert parts(changed) == (old, "Correct the größe of things", new)
    assert (changed.format, changed.commit, changed.path, changed.repository, changed.language_hint) == (
        "commit",
        sha,
        "a.py",
        "ada/anchor",
        "Python",
    )
    assert changed.metadata == {
        "subject": "Correct the größe of things",
        "author_date": "2024-01-05T09:00:00+00:00",
        "is_whole_file": True,
        "changed_lines": 1,
    }


def test_the_span_is_where_the_change_is(repository: Path) -> None:
    """The change is at line 150: a span measured from the file's beginning would miss it."""
    commit(repository, {"a.py": "".join(LINES)}, "Add two hundred lines")
    changed = [*LINES[:150], "changed = True\n", *LINES[153:]]
    commit(repository, {"a.py": "".join(changed)}, "Change three of these lines")
    record = read(repository, whole_file_share=0.0)[-1]
    assert isinstance(record, Document)
    old, _, new = parts(record)
    assert "line_150 = 150\n" in old
    assert "changed = True\n" in new
    context = old.splitlines(keepends=True)
    assert context == LINES[LINES.index(context[0]) : LINES.index(context[-1]) + 1]
    assert 3 <= len(context) < 3 + 31 + 31 + 1
    assert new == old.replace("".join(LINES[150:153]), "changed = True\n")
    assert record.metadata["changed_lines"] == 3


@given(
    st.lists(st.sampled_from(["a\n", "b\n", "c\n"]), max_size=12),
    st.lists(st.sampled_from(["a\n", "b\n", "c\n"]), max_size=12),
    st.integers(0, 4),
    st.integers(0, 4),
)
@settings(max_examples=200, deadline=None)
def test_a_span_turns_the_old_text_into_the_new(old: list[str], new: list[str], before: int, after: int) -> None:
    span = changed_span("".join(old), "".join(new))
    cut_old, cut_new = span.cut(before, after)
    start = max(0, span.before - before)
    behind = max(0, span.after - after)
    head, tail = "".join(old[:start]), "".join(old[len(old) - behind :])
    assert head + cut_old + tail == "".join(old)
    assert head + cut_new + tail == "".join(new)
    assert (span.changed_lines == 0) == (old == new)


def test_only_a_line_feed_ends_a_line() -> None:
    span = changed_span("a\x0cb\u2028c\r\nd", "a\x0cb\u2028c\r\ne")
    assert (span.before, span.changed_lines) == (1, 1)


def test_the_draws_are_fixed_and_even() -> None:
    drawn = draws("0" * 40, "a.py")
    assert drawn == draws("0" * 40, "a.py")
    # b2sum -l 384 of the two parts joined by NUL, bytes 16 to 24, as a fraction of 2**64
    assert drawn.span == pytest.approx(0.251140684225, abs=1e-11)
    many = [draws("c", str(number)) for number in range(4_000)]
    for column in zip(*many, strict=True):
        assert all(0 <= number < 1 for number in column)
        assert sum(column) / len(column) == pytest.approx(0.5, abs=0.02)


def test_the_share_of_whole_files_is_as_asked(repository: Path) -> None:
    commit(repository, {f"f{n}.py": "".join(LINES) for n in range(150)}, "Add the same file many times")
    edited = "".join([*LINES[:100], *LINES[105:]])
    commit(repository, {f"f{n}.py": edited for n in range(150)}, "Take five lines out of each")
    documents = [r for r in read(repository) if isinstance(r, Document)][150:]
    whole = sum(document.metadata["is_whole_file"] is True for document in documents)
    assert len(documents) == 150
    assert 15 <= whole <= 50  # 30 expected, three deviations of 4.9


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("v1.2.3", "automatic_message"),
        ("Bump lib from 1.0 to 1.1", "automatic_message"),
        ("Merge branch 'x' into main", "automatic_message"),
        ("Auto commit of the day", "automatic_message"),
        ("Update CONTRIBUTING.md", "automatic_message"),
        ("fix", "message_length"),
        ("x" * 10_001, "message_length"),
        ("Release the water slowly at night", "Document"),
        ("Bump the water level by a hand", "Document"),
        ("Version the protocol of the board", "Document"),
    ],
)
def test_messages_without_a_meaning_are_dropped(repository: Path, message: str, reason: str) -> None:
    commit(repository, {"a.py": "a = 1\nb = 2\nc = 3\n"}, message)
    assert last_reason(repository) == reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("depcheck[bot]", "bot_author"),
        ("release-bot", "bot_author"),
        ("Ada Abbot", "Document"),
        ("Jan Bot", "Document"),
    ],
)
def test_bots_are_dropped_and_people_are_not(repository: Path, name: str, reason: str) -> None:
    extra = {"GIT_AUTHOR_NAME": name}
    commit(repository, {"a.py": "a = 1\n"}, "Change the answer in some way", **extra)
    assert last_reason(repository) == reason


def test_changes_that_are_none_have_their_reason(repository: Path) -> None:
    body = "".join(LINES)
    commit(repository, {"a.py": body, "b.py": body + "b\n", "c.py": "c = 1\n", "d": "d\n"}, "Add some files first")
    commit(repository, {"b.py": None, "moved.py": body + "b\n"}, "Move one of the files")
    (repository / "a.py").chmod(0o755)
    commit(repository, {}, "Make one of the files executable")
    os.symlink("a.py", repository / "link.py")
    commit(repository, {}, "Add a link to a file")
    commit(repository, {"c.py": b"\0"}, "Make a file binary instead")
    commit(repository, {"c.py": b"c = 1\n"}, "Make it a text again")
    commit(repository, {"c.py": " \n"}, "Take everything out of it")
    commit(repository, {}, "Change nothing at all here")
    reasons = [r.reason if isinstance(r, Rejected) else "document" for r in read(repository)]
    assert sorted(reasons[:4]) == ["document", "document", "document", "language_not_selected"]
    assert reasons[4:] == [
        "deleted_file",
        "renamed_unchanged",
        "mode_change_only",
        "symlink",
        "binary",
        "binary",
        "new_file_empty",
        "no_file_changes",
    ]


def test_long_large_and_crowded_changes_are_dropped(repository: Path) -> None:
    commit(repository, {"a.py": "x = 1\n" * 100}, "Add a file that is long")
    commit(repository, {"a.py": "x = 1\n" * 99}, "Make the file shorter again")
    assert last_reason(repository, max_old_chars=600) == "old_file_too_long"
    assert last_reason(repository, max_old_chars=601) == "Document"
    assert last_reason(repository, max_file_bytes=599) == "file_too_large"
    commit(repository, {"b.py": "b = 1\n", "c.py": "c = 1\n"}, "Add two files at once")
    assert last_reason(repository, max_files_per_commit=1) == "too_many_files"
    assert last_reason(repository, max_files_per_commit=2) == "Document"


def test_sampling_applies_where_it_should(repository: Path) -> None:
    commit(repository, {"a.py": "".join(LINES)}, "Add two hundred lines at once")
    commit(repository, {"a.py": "".join(LINES[1:])}, "Take the first line away")
    commit(repository, {"a.py": "".join(LINES[4:])}, "Take three more lines away")
    commit(repository, {"a.py": "".join(LINES[8:])}, "Take four away")
    commit(repository, {"a.json": "[\n1,\n2,\n3\n]\n"}, "Add some data in a list")
    none = {"extreme_span_share": 0.0, "short_subject_share": 0.0, "markup_share": 0.0}
    reasons = [r.reason if isinstance(r, Rejected) else "document" for r in read(repository, **none)]
    assert reasons == [
        "span_size_sampled_out",
        "span_size_sampled_out",
        "document",
        "short_subject_sampled_out",
        "markup_sampled_out",
    ]
    assert all(isinstance(record, Document) for record in read(repository))


def test_a_merge_is_one_rejected_record(repository: Path) -> None:
    commit(repository, {"a.py": "a = 1\n"}, "Add the first of the files")
    git(repository, "checkout", "--quiet", "-b", "side")
    commit(repository, {"b.py": "b = 1\n"}, "Add a file on the side")
    git(repository, "checkout", "--quiet", "main")
    commit(repository, {"c.py": "c = 1\n"}, "Add a file in the middle")
    git(repository, "merge", "--quiet", "--no-ff", "-m", "Bring the side in", "side")
    reasons = [r.reason if isinstance(r, Rejected) else "document" for r in read(repository)]
    assert reasons == ["document", "document", "document", "merge_commit"]


def test_splits_cover_every_commit_once_and_in_order(repository: Path) -> None:
    for number in range(7):
        commit(repository, {"a.py": f"a = {number}\n"}, f"Change the answer to number {number}")
    options = GitCommitsOptions.model_validate(KEEP_ALL | {"commits_per_split": 3})
    found = git_commits.splits(str(repository), options)
    assert [(split.start, split.stop) for split in found] == [(0, 3), (3, 6), (6, 7)]
    assert {split.identity.split()[0] for split in found} == {git(repository, "rev-parse", "HEAD")}
    records = [record for split in found for record in git_commits.read(split, options)]
    assert records == read(repository)
    shas = [record.commit for record in records if isinstance(record, Document)]
    assert shas == git(repository, "rev-list", "--reverse", "HEAD").split()


def test_a_message_in_an_old_encoding_is_read(repository: Path) -> None:
    tree = git(repository, "mktree", given=b"")
    head = b"tree %s\nauthor A <a@b> 1704445200 +0000\ncommitter A <a@b> 99999999999999 +0000\n" % tree.encode()
    for encoding, expected in (("ISO-8859-1", "no_file_changes"), ("rot13", "message_not_decodable")):
        raw = head + f"encoding {encoding}\n\n".encode() + "Die Größe ändern und prüfen".encode("latin-1")
        sha = git(repository, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=raw)
        assert last_reason(repository, revision=sha) == expected


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_any_message_has_a_subject_on_one_line(message: str) -> None:
    subject = subject_of(message)
    assert "\n" not in subject
    assert subject == " ".join(subject.split())
    is_automatic(subject)


def test_text_never_becomes_a_mark(repository: Path) -> None:
    commit(repository, {"a.py": "'<commit_after>'\n"}, "Write <commit_msg> into a file")
    (record,) = read(repository, whole_file_share=1.0)
    assert isinstance(record, Document)
    assert parts(record) == ("", "Write <commit_msg> into a file", "'<commit_after>'\n")

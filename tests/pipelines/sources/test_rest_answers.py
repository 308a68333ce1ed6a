"""REST answers: told apart, placed, read from JSON and from tables, and used to complete events."""

import csv
import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.document import Quarantined, Record
from pipelines.readers.github.diffs import hunks_of
from pipelines.readers.github.event_archives import Line
from pipelines.readers.github.events import ConversationEvent
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.readers.github.rest_answers import Answer, Place, event_of_answer, place_of
from pipelines.readers.github.rest_tables import fields_of, table_rows
from pipelines.sources import issues, pull_requests
from tests.pipelines.sources.github_events import (
    REVIEW,
    Json,
    ending,
    issue,
    only_document,
    pull,
    reasons,
    trimmed_pull,
    user,
    with_tokens,
)

API = "https://api.github.com/repos/example-org/tidewater"
HTML = "https://github.com/example-org/tidewater/pull/7"
CUTS = PullRequestOptions().cuts()
PULL = pull(url=f"{API}/pulls/7", merged_at="2025-03-01T10:09:00Z", updated_at="2025-03-01T10:09:00Z")
COMMENT = {
    "id": 51,
    "html_url": f"{HTML}#issuecomment-51",
    "issue_url": f"{API}/issues/7",
    "user": user("ben"),
    "body": REVIEW,
}
REVIEW_ANSWER = {
    "id": 31,
    "pull_request_url": f"{API}/pulls/7",
    "user": user("ben"),
    "body": REVIEW,
    "state": "APPROVED",
}
REVIEW_ANSWER |= {"submitted_at": "2025-03-01T10:03:00Z"}
REVIEW_COMMENT = {"id": 21, "pull_request_url": f"{API}/pulls/7", "user": user("ben"), "body": "Why?", "path": "a.py"}
REVIEW_COMMENT |= {"diff_hunk": "@@ -1 +1 @@\n-a\n+b", "created_at": "2025-03-01T10:02:00Z"}
FILE = {"filename": "a.py", "patch": "@@ -1 +1 @@\n-a\n+b"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"{API}/pulls/7", Place("example-org/tidewater", 7, "pull_request", "")),
        (f"{API}/pulls/7/files?per_page=100", Place("example-org/tidewater", 7, "pull_request", "files")),
        (f"{API}/issues/7/comments", Place("example-org/tidewater", 7, "issue", "comments")),
        (f"{HTML}#issuecomment-51", Place("example-org/tidewater", 7, "pull_request", "")),
        ("https://github.example/api/v3/repos/a/b/issues/3?x", Place("a/b", 3, "issue", "")),
        ("http://127.0.0.1:80/repos/a/b.c/pulls/3", Place("a/b.c", 3, "pull_request", "")),
        (f"{API}/issues/comments?page=1", None),
        (f"{API}/pulls/0", None),
        (f"{API}/pulls/٣", None),
        (f"{API}/pulls/{'9' * 30}", None),
        ("ftp://host/repos/a/b/pulls/1", None),
        ("x" * 100_000, None),
    ],
)
def test_places(address: str, expected: Place | None) -> None:
    assert place_of(address) == expected


def event_of(value: Json, url: str = "", status: int = 200) -> ConversationEvent | None:
    return event_of_answer(Answer("ref", value, url, status), CUTS)


@pytest.mark.parametrize(
    ("value", "url", "subject", "kind"),
    [
        (PULL, "", "pull_request", "status"),
        (issue(), "", "issue", "status"),
        (issue(7) | {"pull_request": {"url": f"{API}/pulls/7"}}, "", "pull_request", "status"),
        (COMMENT, "", "pull_request", "comment"),
        (COMMENT | {"html_url": "https://github.com/example-org/tidewater/issues/7#x"}, "", "issue", "comment"),
        (REVIEW_ANSWER, "", "pull_request", "review"),
        (
            {key: REVIEW_ANSWER[key] for key in ("user", "body", "state", "submitted_at")},
            f"{API}/pulls/7/reviews",
            "pull_request",
            "review",
        ),
        (REVIEW_COMMENT, "", "pull_request", "review_comment"),
        (FILE, f"{API}/pulls/7/files", "pull_request", "file_diff"),
    ],
)
def test_answers_are_told_apart(value: Json, url: str, subject: str, kind: str) -> None:
    event = event_of(value, url)
    assert event is not None
    assert (event.repository, event.number) == ("example-org/tidewater", 3 if value.get("number") == 3 else 7)
    assert (event.subject, event.kind) == (subject, kind)


@pytest.mark.parametrize(
    ("value", "url", "status"),
    [
        ({"login": "ann", "id": 1, "type": "User"}, "https://api.github.com/users/ann", 200),
        ({"sha": "a" * 40, "commit": {}}, f"{API}/pulls/7/commits", 200),
        (FILE, "", 200),
        (COMMENT | {"html_url": "", "issue_url": "x"}, "", 200),
        ({"number": 7, "title": "no repository"}, "", 200),
        ({}, f"{API}/pulls/7/files", 404),
        ({}, "https://api.github.com/users/ann", 404),
    ],
)
def test_other_answers_are_none(value: Json, url: str, status: int) -> None:
    assert event_of(value, url, status) is None


@pytest.mark.parametrize("value", [PULL, COMMENT, REVIEW_ANSWER, REVIEW_COMMENT])
def test_a_renamed_repository_answers_for_the_name_that_was_asked(value: Json) -> None:
    event = event_of(value, "https://api.github.com/repos/old-org/estuary/issues/9/comments")
    assert event is not None
    assert (event.repository, event.number, event.subject) == ("old-org/estuary", 9, "pull_request")


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        (
            "@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@ def f():\n-c\n+@@ d",
            ["@@ -1 +1 @@\n-a\n+b", "@@ -9 +9 @@ def f():\n-c\n+@@ d"],
        ),
        ("", []),
        ("no hunk", ["no hunk"]),
    ],
)
def test_hunks_of_a_patch(patch: str, expected: list[str]) -> None:
    assert hunks_of(patch) == expected


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\r"), max_size=9), min_size=2, max_size=4),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=200, deadline=None)
def test_fields_are_those_of_pythons_csv(rows: list[list[str]]) -> None:
    for row in rows:
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow(row)
        assert fields_of(written.getvalue()) == row


def test_rows_may_span_lines_and_damage_costs_its_row() -> None:
    data = b'id,data\n1,"{""a"":\n1}"\n2,x,y\n3,"z"\r\n4,"never'
    lines = [Line(f"t.csv:{number}", line) for number, line in enumerate(data.split(b"\n"), 1)]
    rows = list(table_rows(iter(lines), 1_000))
    assert rows[0] == ("t.csv:2", {"id": "1", "data": '{"a":\n1}'})
    assert rows[2] == ("t.csv:5", {"id": "3", "data": "z"})
    assert [(row.reference, row.reason) for row in (rows[1], rows[3]) if isinstance(row, Quarantined)] == [
        ("t.csv:4", "bad_table_row"),
        ("t.csv:6", "bad_table_row"),
    ]
    [capped] = table_rows(iter([lines[0], Line("t.csv:2", b'"' + b"x" * 2_000)]), 1_000)
    assert isinstance(capped, Quarantined)


def as_lines(answers: list[Any]) -> bytes:
    return "".join(json.dumps(answer) + "\n" for answer in answers).encode()


def as_table(answers: list[Any]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["id", "params", "data", "url", "input", "created_at"])
    for number, answer in enumerate(answers):
        writer.writerow([number, '{"Name":"x"}', json.dumps(answer), f"{API}/pulls", "null", "2025-03-01"])
    return written.getvalue().encode()


ANSWERS = [PULL, [COMMENT], [REVIEW_ANSWER], [REVIEW_COMMENT, REVIEW_COMMENT]]
FILES_ANSWER = {"url": f"{API}/pulls/7/files?per_page=100", "status": 200, "data": [FILE]}
FORMS = {
    "answers.jsonl": as_lines(ANSWERS),
    "answers.jsonl.gz": gzip.compress(as_lines(ANSWERS)),
    "answers.json": json.dumps([PULL, COMMENT, REVIEW_ANSWER, REVIEW_COMMENT], indent=1).encode(),
    "answers.csv": as_table(ANSWERS),
    "answers.csv.gz": gzip.compress(as_table(ANSWERS)),
}


def completed(tmp_path: Path, answers: Path) -> list[Record]:
    archive = tmp_path / "2026-02-01-0.json"
    archive.write_bytes(as_lines([ending(trimmed_pull(), "merged"), ending(trimmed_pull(), "opened") | {"id": "9"}]))
    options = PullRequestOptions(max_per_repository=None, rest=(str(answers),))
    [split] = pull_requests.SOURCE.splits(str(archive), options)
    return list(pull_requests.SOURCE.read(split, options))


@pytest.mark.parametrize("name", FORMS)
def test_trimmed_events_are_completed_from_every_form(tmp_path: Path, name: str) -> None:
    (tmp_path / "rest").mkdir()
    (tmp_path / "rest" / name).write_bytes(FORMS[name])
    (tmp_path / "rest" / "files.jsonl").write_bytes(as_lines([FILES_ANSWER]))
    records = completed(tmp_path, tmp_path / "rest")
    assert reasons(records) == {"Document": 1, "Absorbed": 1}
    text = with_tokens(only_document(records))
    assert text.startswith("<pr>Title: Close files that were replaced\nusername_0: ")
    assert "<pr_diff><pr_file>a.py<pr_diff_hunk>@@ -1 +1 @@\n-a\n+b" in text
    assert text.count("<pr_review_comment>") == text.count("<pr_review_state>approved") == 1
    assert text.count(f"<pr_comment>username_1: {REVIEW}") == 1


def test_answers_on_others_are_not_used_and_damage_is_told(tmp_path: Path) -> None:
    other = PULL | {"number": 8, "url": f"{API}/pulls/8", "html_url": f"{HTML[:-1]}8"}
    answers = tmp_path / "answers.jsonl"
    answers.write_bytes(as_lines([other, issue(7)]) + b'{"cut\n' + b"[" * 100_000 + b"\n")
    assert reasons(completed(tmp_path, answers)) == {"trimmed_payload_incomplete": 2, "bad_json": 2}


def test_a_missing_folder_of_answers_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no REST answers at"):
        completed(tmp_path, tmp_path / "none")


def test_the_answers_are_part_of_the_identity(tmp_path: Path) -> None:
    archive, answers = tmp_path / "a.json", tmp_path / "answers.jsonl"
    archive.write_bytes(b"{}\n")
    identities = set()
    for value in (b"{}\n", b"{ }\n\n"):
        answers.write_bytes(value)
        [split] = issues.SOURCE.splits(str(archive), issues.IssueOptions(rest=(str(answers),)))
        identities.add(split.identity)
    assert len(identities) == 2


def test_answers_are_a_source_by_themselves(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(as_table([PULL, [], COMMENT, {"login": "ann"}, issue()]))
    options = PullRequestOptions(max_per_repository=None)
    [split] = pull_requests.SOURCE.splits(str(table), options)
    records = list(pull_requests.SOURCE.read(split, options))
    assert reasons(records) == {"Document": 1, "Absorbed": 1, "not_a_pull_request_event": 3}


@pytest.mark.parametrize("kind", ["pull_requests", "issues"])
def test_real_tables_balance(kind: str) -> None:
    data = os.environ.get("MIXDOWN_DATA")
    if not data:
        pytest.skip("MIXDOWN_DATA is not set: it names the folder of real data")
    folder = Path(data) / "events" / "rest"
    source, options = {
        "pull_requests": (pull_requests.SOURCE, PullRequestOptions(max_per_repository=None)),
        "issues": (issues.SOURCE, issues.IssueOptions()),
    }[kind]
    expected = 0
    for path in folder.iterdir():
        with path.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                value = json.loads(row.get("data") or "[]")
                expected += max(1, len(value)) if isinstance(value, list) else 1
    [split] = source.splits(str(folder), options)
    counted = reasons(list(source.read(split, options)))
    assert counted.total() == expected
    assert counted["Document"] >= 5
    assert "bad_table_row" not in counted

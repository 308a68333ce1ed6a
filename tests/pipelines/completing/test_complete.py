"""`mixdown complete` from archives to documents: asked once, kept, then read without any network."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.completing import asking
from pipelines.document import Document, Record
from pipelines.sources.pull_requests import SOURCE
from tests.pipelines.completing.github_server import Github, Prepared, github

SECRET = "ghp_f6g7h8i9j0"
REPO = "/repos/example-org/tidewater"
PAGE = "?per_page=100"
BODY = "The cache keeps a file open after it was replaced, so readers see the old one for ever."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Github]:
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    with github() as running:
        yield running


def user(login: str) -> dict[str, Any]:
    return {"login": login, "type": "User"}


def trimmed(number: int, action: str = "merged", month: str = "2026-02") -> dict[str, Any]:
    pull = {"url": "x", "id": number, "number": number, "head": {"sha": "a" * 40}, "base": {"sha": "b" * 40}}
    return {
        "id": str(100 + number),
        "type": "PullRequestEvent",
        "actor": {"login": "cleo"},
        "repo": {"id": 1, "name": "example-org/tidewater"},
        "payload": {"action": action, "number": number, "pull_request": pull},
        "created_at": f"{month}-01T10:{number:02}:00Z",
    }


def prepare_pull(server: Github, number: int, **changes: Any) -> None:
    html_url = f"https://github.com/example-org/tidewater/pull/{number}"
    pull = {
        "url": f"https://api.github.com{REPO}/pulls/{number}",
        "html_url": html_url,
        "number": number,
        "title": "Close files that were replaced",
        "body": BODY,
        "user": user("ann"),
        "created_at": "2026-01-31T09:00:00Z",
        "updated_at": "2026-02-01T11:00:00Z",
        "closed_at": "2026-02-01T10:00:00Z",
        "merged_at": "2026-02-01T10:00:00Z",
        "merged_by": user("cleo"),
        "base": {"sha": "b" * 40, "repo": {"full_name": "example-org/tidewater", "license": {"spdx_id": "MIT"}}},
        "head": {"sha": "a" * 40},
        "comments": 2,
        "review_comments": 1,
    } | changes
    comments = [
        {
            "id": 50 + index,
            "user": user("ben"),
            "body": f"This closes the file in every path that I could find, part {index}.",
            "created_at": f"2026-02-01T09:0{index}:00Z",
            "html_url": f"{html_url}#issuecomment-{50 + index}",
            "issue_url": f"https://api.github.com{REPO}/issues/{number}",
        }
        for index in (1, 2)
    ]
    review_comment = {
        "id": 61,
        "pull_request_review_id": 70,
        "user": user("ben"),
        "body": "Who closes it if this raises?",
        "path": "src/cache.py",
        "line": 12,
        "diff_hunk": "@@ -1 +1 @@\n-open(p)\n+with open(p):",
        "created_at": "2026-02-01T09:05:00Z",
        "html_url": f"{html_url}#discussion_r61",
        "pull_request_url": f"https://api.github.com{REPO}/pulls/{number}",
    }
    review = {
        "id": 70,
        "user": user("ben"),
        "body": "",
        "state": "APPROVED",
        "submitted_at": "2026-02-01T09:06:00Z",
        "html_url": f"{html_url}#pullrequestreview-70",
        "pull_request_url": f"https://api.github.com{REPO}/pulls/{number}",
    }
    changed = [
        {
            "filename": "src/cache.py",
            "status": "modified",
            "patch": "@@ -1 +1 @@\n-open(p)\n+with open(p):\n@@ -9 +9 @@\n-a\n+b",
        },
        {"filename": "logo.png", "status": "added"},
    ]
    server.prepare(f"{REPO}/pulls/{number}", Prepared(pull, headers={"ETag": f'"{number}"'}))
    second = f"{server.address}/repositories/1/issues/{number}/comments{PAGE}&page=2"  # as GitHub links to pages
    link = f'<{second}>; rel="next", <{second}>; rel="last"'
    server.prepare(f"{REPO}/issues/{number}/comments{PAGE}", Prepared(comments[:1], headers={"Link": link}))
    server.prepare(f"{REPO}/issues/{number}/comments{PAGE}&page=2", Prepared(comments[1:]))
    server.prepare(f"{REPO}/pulls/{number}/comments{PAGE}", Prepared([review_comment]))
    server.prepare(f"{REPO}/pulls/{number}/reviews{PAGE}", Prepared([review]))
    server.prepare(f"{REPO}/pulls/{number}/files{PAGE}", Prepared(changed))


class Project:
    """A recipe with one source over some events, and a folder for answers."""

    def __init__(self, folder: Path, events: list[dict[str, Any]], kind: str = "pull_requests") -> None:
        self.folder, self.answers = folder, folder / "answers"
        self.archive = folder / "2026-02-01-10.json.gz"
        self.archive.write_bytes(gzip.compress("".join(json.dumps(event) + "\n" for event in events).encode()))
        source = {"name": "talk", "kind": kind, "uri": str(self.archive)}
        phase = {"name": "all", "budget_tokens": 1000, "weights": {"talk": 1}}
        self.recipe = folder / "recipe.yaml"
        self.recipe.write_text(yaml.safe_dump({"name": "talk", "sources": [source], "phases": [phase]}))

    def run(self, server: Github, *options: str) -> dict[str, Any]:
        asked = ["complete", str(self.recipe), "--into", str(self.answers), "--api", server.address, "--json", *options]
        done = CliRunner().invoke(app, asked, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert SECRET not in done.output
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def read(self) -> list[Record]:
        options = SOURCE.options(max_per_repository=None, rest=(str(self.answers),))
        [split] = SOURCE.splits(str(self.archive), options)
        return list(SOURCE.read(split, options))


def reasons(records: list[Record]) -> Counter[str]:
    return Counter(getattr(record, "reason", type(record).__name__) for record in records)


def test_a_trimmed_pull_request_becomes_a_document(tmp_path: Path, server: Github) -> None:
    prepare_pull(server, 7)
    project = Project(tmp_path, [trimmed(7, "opened"), trimmed(7) | {"id": "9"}])
    report = project.run(server)
    assert report["outcomes"] == {"completed": 1}
    assert report["requests"] == 6
    document, other = project.read()
    assert isinstance(document, Document)
    assert reasons([other]) == {"Absorbed": 1}
    assert document.license == "MIT"
    tokens = Counter(token for _, token in document.marks)
    assert tokens["<pr_comment>"] == 3  # two comments, and that of the review comment
    assert tokens["<pr_review>"] == 1
    assert tokens["<pr_diff>"] == 1
    assert "src/cache.py@@ -1 +1 @@\n-open(p)\n+with open(p):@@ -9 +9 @@\n-a\n+b" in document.text
    assert document.metadata["merged"] is True


def test_a_second_run_asks_nothing_and_no_file_has_the_token(tmp_path: Path, server: Github) -> None:
    prepare_pull(server, 7)
    project = Project(tmp_path, [trimmed(7), trimmed(8)])
    assert project.run(server)["outcomes"] == {"completed": 1, "gone": 1}
    first = {path: path.read_bytes() for path in project.answers.rglob("*") if path.is_file()}
    assert not any(SECRET.encode() in data for data in first.values())
    server.asked.clear()
    again = project.run(server)
    assert (again["requests"], server.asked) == (0, [])
    assert again["outcomes"] == {"completed": 1, "gone": 1}
    assert {path: path.read_bytes() for path in project.answers.rglob("*") if path.is_file()} == first


def test_refreshing_sends_tags_and_keeps_what_did_not_change(tmp_path: Path, server: Github) -> None:
    prepare_pull(server, 7)
    project = Project(tmp_path, [trimmed(7)])
    project.run(server)
    before = reasons(project.read())
    server.asked.clear()
    project.run(server, "--refresh")
    assert server.asked[0].headers["if-none-match"] == '"7"'
    assert len(server.asked) == 6
    assert reasons(project.read()) == before


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (404, "gone", "deleted_upstream"),
        (410, "gone", "deleted_upstream"),
        (451, "gone", "deleted_upstream"),
        (403, "forbidden", "forbidden_upstream"),
        (422, "failed", "trimmed_payload_incomplete"),
    ],
)
def test_what_is_not_to_be_had_is_quarantined_with_the_reason(
    tmp_path: Path, server: Github, status: int, outcome: str, reason: str
) -> None:
    server.prepare(f"{REPO}/pulls/7", Prepared({"message": "no"}, status))
    project = Project(tmp_path, [trimmed(7), trimmed(7, "opened") | {"id": "9"}])
    assert project.run(server)["outcomes"] == {outcome: 1}
    if project.answers.exists():
        assert reasons(project.read()) == {reason: 2}


@pytest.mark.parametrize("body", [b"<html>busy</html>", b'{"number": 7', b'"text"', b"[" * 100_000, b"\xff\xfe", b""])
def test_garbage_is_no_answer_and_is_not_kept(tmp_path: Path, server: Github, body: bytes) -> None:
    server.prepare(f"{REPO}/pulls/7", Prepared(body))
    project = Project(tmp_path, [trimmed(7)])
    assert project.run(server)["outcomes"] == {"failed": 1}
    assert not project.answers.exists()


def test_comments_are_not_asked_where_there_can_be_no_document(tmp_path: Path, server: Github) -> None:
    prepare_pull(server, 7, body="")
    prepare_pull(server, 8, comments=0, review_comments=0)
    project = Project(tmp_path, [trimmed(7), trimmed(8)])
    assert project.run(server)["outcomes"] == {"completed": 1, "needs_no_more": 1}
    assert server.paths() == [
        f"{REPO}/pulls/7",
        f"{REPO}/pulls/8",
        f"{REPO}/pulls/8/reviews{PAGE}",
        f"{REPO}/pulls/8/files{PAGE}",
    ]


def test_a_run_that_may_ask_no_more_is_gone_on_with(tmp_path: Path, server: Github) -> None:
    prepare_pull(server, 7)
    prepare_pull(server, 8)
    project = Project(tmp_path, [trimmed(7), trimmed(8)])
    first = project.run(server, "--max-requests", "3")
    assert (first["requests"], first["outcomes"]) == (3, {})
    assert "3 requests were sent" in first["ended"]
    second = project.run(server)
    assert (second["requests"], second["ended"]) == (9, "")
    assert second["outcomes"] == {"completed": 2}


def test_pages_are_asked_by_number_up_to_a_bound_and_never_elsewhere(
    tmp_path: Path, server: Github, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MAX_PAGES", 3)
    prepare_pull(server, 7)
    path = f"{REPO}/pulls/7/files{PAGE}"
    with github() as other:
        link = {"Link": f'<{other.address}/x>; rel="next"'}
        for number, page in enumerate(("", "&page=2", "&page=3", "&page=4")):
            changed = {"filename": f"src/part_{number}.py", "patch": f"@@ -1 +1 @@\n-{number}\n+x"}
            server.prepare(path + page, Prepared([changed], headers=link))
        project = Project(tmp_path, [trimmed(7)])
        assert project.run(server)["outcomes"] == {"completed": 1}
        assert other.asked == []
    assert [asked for asked in server.paths() if path in asked] == [path, f"{path}&page=2", f"{path}&page=3"]
    [document] = project.read()
    assert isinstance(document, Document)
    assert [f"src/part_{number}.py" in document.text for number in range(4)] == [True, True, True, False]


def test_names_that_no_repository_has_are_not_asked(tmp_path: Path, server: Github) -> None:
    events = [trimmed(7) | {"repo": {"id": 1, "name": name}} for name in ("../x", "a/..", "a b/c", "a/b?c", "é/b")]
    assert Project(tmp_path, events).run(server)["outcomes"] == {"not_askable": 5}
    assert server.asked == []


def test_the_dry_run_counts_by_month_and_payload_and_asks_nothing(tmp_path: Path, server: Github) -> None:
    prepare_pull(server, 7)
    full = trimmed(9, month="2025-09")
    full["payload"]["pull_request"] |= {"title": "Close files that were replaced", "body": BODY}
    project = Project(tmp_path, [trimmed(7), trimmed(8), trimmed(8) | {"id": "8"}, full])
    report = project.run(server, "--dry-run")
    assert server.asked == []
    full_row, trimmed_row = report["lacking"]
    assert list(full_row.values()) == ["talk", "2025-09", "full", 1, 1, 1, 0, 0]
    assert list(trimmed_row.values()) == ["talk", "2026-02", "trimmed", 3, 2, 0, 0, 2]
    assert list(full_row)[3:] == ["events", "conversations", "described", "refused", "incomplete"]
    project.run(server)
    [_, after] = project.run(server, "--dry-run")["lacking"]
    assert (after["described"], after["refused"], after["incomplete"]) == (1, 1, 0)


def test_described_conversations_are_asked_about_where_that_is_wanted(tmp_path: Path, server: Github) -> None:
    prepare_pull(server, 7)
    described = trimmed(7)
    described["payload"]["pull_request"] |= {"title": "Close files that were replaced", "body": BODY}
    project = Project(tmp_path, [described])
    assert project.run(server)["outcomes"] == {}
    assert project.run(server, "--described-too")["outcomes"] == {"completed": 1}
    [document] = project.read()
    assert isinstance(document, Document)
    assert "part 2" in document.text


def test_the_table_is_printed(tmp_path: Path, server: Github) -> None:
    project = Project(tmp_path, [trimmed(7)])
    done = CliRunner().invoke(
        app, ["complete", str(project.recipe), "--into", str(project.answers), "--api", server.address]
    )
    assert done.exit_code == 0
    assert "trimmed" in done.output
    assert "1 requests: 1 gone" in done.output
    assert SECRET not in done.output


def test_issues_are_completed_too(tmp_path: Path, server: Github) -> None:
    event = {
        "id": "1",
        "type": "IssuesEvent",
        "repo": {"id": 1, "name": "example-org/tidewater"},
        "payload": {"action": "opened", "issue": 33, "number": 3},  # as until 2012
        "created_at": "2012-01-01T10:00:00Z",
    }
    issue = {"number": 3, "title": "It leaks", "body": BODY, "user": user("ann"), "comments": 0}
    server.prepare(
        f"{REPO}/issues/3", Prepared(issue | {"html_url": "https://github.com/example-org/tidewater/issues/3"})
    )
    report = Project(tmp_path, [event], "issues").run(server)
    assert (report["outcomes"], report["requests"]) == ({"completed": 1}, 1)

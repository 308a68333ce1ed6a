"""Issues: from event lines to documents, with books that balance."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.document import Rejected
from pipelines.readers.github.issue_options import IssueOptions
from pipelines.source import source_kinds
from pipelines.sources import pull_requests
from pipelines.sources.issues import SOURCE
from tests.pipelines.sources.github_events import (
    Json,
    comment,
    conversation,
    event,
    issue_comment,
    issue_event,
    only_document,
    read_with,
    reasons,
    user,
    with_tokens,
)

OPTIONS = IssueOptions()
ANSWER = "It is replaced by renaming, so @dora keeps the old inode; open it again after a change."


def issue_conversation() -> list[Json]:
    return [
        issue_event(1, "opened"),
        issue_comment(2, "ben", ANSWER),
        issue_comment(3, "helper[bot]", "This issue is stale."),
        issue_comment(4, "dora", "That helps, thanks!"),
        issue_event(5, "closed", closed_at="2025-03-01T10:05:00Z"),
    ]


def test_kind_is_found() -> None:
    assert source_kinds()["issues"].group == "code"


def test_golden_document(tmp_path: Path) -> None:
    records = read_with(SOURCE, tmp_path, issue_conversation(), OPTIONS)
    document = only_document(records)
    body = "After a file was replaced, readers that had it open see the old one. " * 4
    assert with_tokens(document) == (
        f"<issue_start>Title: Readers see a file that was replaced\nusername_0: {body.strip()}"
        "<issue_comment>username_1: It is replaced by renaming, so @username_0 keeps the old inode; "
        "open it again after a change."
        "<issue_comment>username_0: That helps, thanks!<issue_closed>"
    )
    assert (document.format, document.repository, document.license) == ("issue", "example-org/tidewater", None)
    assert document.url == "https://github.com/example-org/tidewater/issues/3"
    assert str(document.date) == "2025-02-27 09:00:00+00:00"
    assert document.metadata == {
        "number": 3,
        "events": 5,
        "opened": "2025-02-27T09:00:00+00:00",
        "closed": "2025-03-01T10:05:00+00:00",
    }
    assert reasons(records) == {"Document": 1, "Absorbed": 4}


def test_reopened_issues_are_not_closed(tmp_path: Path) -> None:
    events = [*issue_conversation(), issue_event(6, "reopened")]
    document = only_document(read_with(SOURCE, tmp_path, events, OPTIONS))
    assert document.metadata["closed"] is None
    assert "<issue_closed>" not in with_tokens(document)


def test_events_on_pull_requests_and_on_issues_are_told_apart(tmp_path: Path) -> None:
    on_pull = issue_event(7, "labeled")
    on_pull["payload"]["issue"] |= {"number": 9, "pull_request": {"url": "x", "merged_at": None}}
    older = issue_comment(8, "ben", "Until 2013 every issue had an object of nulls.")
    older["payload"]["issue"]["pull_request"] = {"html_url": None, "diff_url": None, "patch_url": None}
    events = [*issue_conversation(), *conversation(), on_pull, older, event(9, "WatchEvent", "ann", {})]
    issues = read_with(SOURCE, tmp_path, events, OPTIONS)
    assert reasons(issues) == {"Document": 1, "Absorbed": 5, "not_an_issue_event": 8}
    everything = pull_requests.PullRequestOptions(max_per_repository=None)
    pulls = read_with(pull_requests.SOURCE, tmp_path, events, everything)
    assert reasons(pulls)["not_a_pull_request_event"] == 7
    assert "Until 2013" not in only_document(pulls).text


Change = Callable[[list[Json]], None]


def by_a_bot(events: list[Json]) -> None:
    for one in events:
        one["payload"]["issue"]["user"] = user("helper", "Bot")


def brief(events: list[Json]) -> None:
    for one in events:
        one["payload"]["issue"]["body"] = "It leaks."
    events[1]["payload"]["comment"]["body"] = "Really?"


def alone_at_length(events: list[Json]) -> None:
    for one in events:
        one["payload"]["issue"]["body"] = "long " * 2_000
    del events[1:3]


def alone_for_long(events: list[Json]) -> None:
    del events[1:3]
    for index in range(10):
        events.append(issue_comment(10 + index, "dora", f"And another thing, number {index}."))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (by_a_bot, "opened_by_bot"),
        (brief, "too_short"),
        (alone_at_length, "one_user_too_long"),
        (alone_for_long, "one_user_too_many_events"),
    ],
)
def test_drop_rules_reject_every_event(tmp_path: Path, change: Change, reason: str) -> None:
    events = issue_conversation()
    change(events)
    records = read_with(SOURCE, tmp_path, events, OPTIONS)
    assert reasons(records) == {reason: len(events)}
    assert all(isinstance(record, Rejected) for record in records)


def test_issues_that_nothing_describes_are_quarantined(tmp_path: Path) -> None:
    bare = event(1, "IssuesEvent", "dora", {"action": "opened", "issue": 33, "number": 3})
    numberless = event(2, "IssueCommentEvent", "dora", {"comment_id": 5, "issue_id": 33})
    records = read_with(SOURCE, tmp_path, [bare, numberless], OPTIONS)
    assert reasons(records) == {"trimmed_payload_incomplete": 1, "malformed_event": 1}


def test_a_comment_on_a_pull_request_is_no_issue(tmp_path: Path) -> None:
    assert reasons(read_with(SOURCE, tmp_path, [comment(4, "ben", ANSWER)], OPTIONS)) == {"not_an_issue_event": 1}


@pytest.mark.parametrize("folder", ["full", "trimmed"])
def test_real_archives_balance(folder: str) -> None:
    data = os.environ.get("MIXDOWN_DATA")
    if not data:
        pytest.skip("MIXDOWN_DATA is not set: it names the folder of real data")
    archives = Path(data) / "events" / folder
    [split] = SOURCE.splits(str(archives), OPTIONS)
    records = list(SOURCE.read(split, OPTIONS))
    lines = [line for path in archives.iterdir() for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert len(records) == len(lines)
    about = sum(
        kind == "IssuesEvent" or (kind == "IssueCommentEvent" and "/issues/" in one["payload"]["issue"]["html_url"])
        for one in map(json.loads, lines)
        for kind in [one["type"]]
    )
    assert len(records) - reasons(records)["not_an_issue_event"] == about

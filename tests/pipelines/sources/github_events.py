"""Events and answers of GitHub as the tests write them, and how they read what came of them."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

from pipelines.document import Document, Record
from pipelines.source import SourceKind, SourceOptions

Json = dict[str, Any]
BODY = "The cache keeps a file open after <!-- hidden --> it was replaced, so @ben reads the old one."
REVIEW = "This closes the file in every path that I could find."


def user(login: str, kind: str = "User") -> Json:
    return {"login": login, "type": kind}


def event(number: int, kind: str, login: str, payload: Json) -> Json:
    return {
        "id": str(100 + number),
        "type": kind,
        "actor": {"login": login},
        "repo": {"name": "example-org/tidewater"},
        "payload": payload,
        "created_at": f"2025-03-01T10:{number:02}:00Z",
    }


def pull(**changes: Any) -> Json:
    return {
        "number": 7,
        "html_url": "https://github.com/example-org/tidewater/pull/7",
        "title": "Close files that were replaced",
        "body": BODY,
        "user": user("ann"),
        "created_at": "2025-02-28T09:00:00Z",
        "closed_at": None,
        "merged_at": None,
        "base": {"repo": {"license": {"spdx_id": "MIT"}}},
    } | changes


def trimmed_pull() -> Json:
    return {"url": "https://api.github.com/x", "id": 1, "number": 7, "head": {}, "base": {}}


def review(pull_request: Json, state: str = "approved") -> Json:
    item = {"id": 31, "user": user("ben"), "body": REVIEW, "state": state}
    return event(3, "PullRequestReviewEvent", "ben", {"review": item, "pull_request": pull_request})


def review_comment(number: int, login: str, body: str, pull_request: Json) -> Json:
    item = {"id": 20 + number, "user": user(login), "body": body, "path": "src/cache.py", "line": 12}
    item["diff_hunk"] = "@@ -1 +1 @@\n-open(p)\n+with open(p):"
    payload = {"action": "created", "comment": item, "pull_request": pull_request}
    return event(number, "PullRequestReviewCommentEvent", login, payload)


def comment(number: int, login: str, said: str, **changes: Any) -> Json:
    issue = pull(**changes) | {"pull_request": {"url": "x"}}
    item = {"id": 50 + number, "user": user(login), "body": said}
    payload = {"action": "created", "issue": issue, "comment": item}
    return event(number, "IssueCommentEvent", login, payload)


def ending(pull_request: Json, action: str = "closed") -> Json:
    payload = {"action": action, "number": 7, "pull_request": pull_request}
    return event(9, "PullRequestEvent", "cleo", payload)


def merged() -> Json:
    return ending(pull(merged=True, merged_at="2025-03-01T10:09:00Z", closed_at="2025-03-01T10:09:00Z"))


def conversation() -> list[Json]:
    return [
        review_comment(1, "ben", "Who closes it if `read` raises, @ann?", pull()),
        review_comment(2, "ann", "The `with` does.", pull()),
        review(pull()),
        comment(4, "ann", "Thanks, that was quick work."),
        comment(5, "ben", "+1"),
        merged(),
    ]


def issue(number: int = 3, **changes: Any) -> Json:
    return {
        "url": f"https://api.github.com/repos/example-org/tidewater/issues/{number}",
        "html_url": f"https://github.com/example-org/tidewater/issues/{number}",
        "number": number,
        "title": "Readers see a file that was replaced",
        "user": user("dora"),
        "body": "After a file was replaced, readers that had it open see the old one. " * 4,
        "created_at": "2025-02-27T09:00:00Z",
        "closed_at": None,
    } | changes


def issue_event(number: int, action: str, login: str = "dora", **changes: Any) -> Json:
    return event(number, "IssuesEvent", login, {"action": action, "issue": issue(**changes)})


def issue_comment(number: int, login: str, said: str, **changes: Any) -> Json:
    item = {"id": 70 + number, "user": user(login), "body": said}
    payload = {"action": "created", "issue": issue(**changes), "comment": item}
    return event(number, "IssueCommentEvent", login, payload)


def write_lines(folder: Path, lines: list[str]) -> str:
    path = folder / "2025-03-01-10.json.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode("utf-8", "surrogatepass")))
    return str(path)


def only_document(records: list[Record]) -> Document:
    [document] = [record for record in records if isinstance(record, Document)]
    return document


def with_tokens(document: Document) -> str:
    data, pieces, at = document.text.encode(), [], 0
    for offset, token in document.marks:
        pieces += [data[at:offset], token.encode()]
        at = offset
    return b"".join([*pieces, data[at:]]).decode()


def reasons(records: list[Record]) -> Counter[str]:
    return Counter(getattr(record, "reason", type(record).__name__) for record in records)


def read_with(kind: SourceKind, folder: Path, events: list[Json], options: SourceOptions) -> list[Record]:
    """What `kind` makes of `events`, one record each."""
    uri = write_lines(folder, [json.dumps(event) for event in events])
    records = [record for split in kind.splits(uri, options) for record in kind.read(split, options)]
    assert len(records) == len(events)
    return records

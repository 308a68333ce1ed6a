"""Event archives and REST answers to be fuzzed: lines, a gzip file, a table, and answers that complete events."""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipelines.document import Record
from pipelines.sources import issues, pull_requests
from tests.pipelines.sources.fuzzing.cases import Fuzzed, file_reader
from tests.pipelines.sources.github_events import (
    Json,
    conversation,
    ending,
    event,
    issue,
    issue_comment,
    issue_event,
    pull,
    trimmed_pull,
    user,
)

API = "https://api.github.com/repos/example-org/tidewater"
EVERYTHING = {"max_per_repository": None}


def events() -> list[Json]:
    answer = "It is replaced by renaming, so the old inode stays open."
    talk = [issue_event(1, "opened"), issue_comment(2, "ben", answer), issue_event(5, "closed")]
    return [
        *conversation(),
        *talk,
        ending(trimmed_pull(), "merged"),
        event(8, "PushEvent", "ann", {"ref": "refs/heads/x"}),
    ]


def answers() -> list[Json]:
    described = pull(
        url=f"{API}/pulls/7", merged_at="2025-03-01T10:09:00Z", base={"sha": "b" * 40}, head={"sha": "a" * 40}
    )
    about = {"pull_request_url": f"{API}/pulls/7", "user": user("ben"), "body": "Which path closes it?", "id": 5}
    return [
        described,
        issue(),
        about | {"path": "a.py", "line": 3, "diff_hunk": "@@ -1 +1 @@\n-a\n+b", "created_at": "2025-03-01T10:02:00Z"},
        about | {"state": "APPROVED", "submitted_at": "2025-03-01T10:03:00Z"},
        about | {"issue_url": f"{API}/issues/3", "html_url": "https://github.com/example-org/tidewater/issues/3#x"},
        {"url": f"{API}/pulls/7/files", "status": 200, "data": [{"filename": "a.py", "patch": "@@ -1 +1 @@\n-a\n+b"}]},
        {"url": f"{API}/pulls/8", "status": 404, "data": None},
    ]


def as_lines(values: list[Json]) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def as_table(values: list[Json]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(
        [["id", "data", "url"], *([1, json.dumps(value), f"{API}/pulls"] for value in values)]
    )
    return written.getvalue().encode()


def read_as_completing(data: bytes) -> list[Record]:
    """`data` as REST answers that complete two events."""
    with tempfile.TemporaryDirectory() as folder:
        archive, rest = Path(folder) / "a.json", Path(folder) / "rest.json"
        archive.write_bytes(as_lines([ending(trimmed_pull(), "merged"), issue_event(5, "closed")]))
        rest.write_bytes(data)
        options = pull_requests.PullRequestOptions(max_per_repository=None, rest=(str(rest),))
        [split] = pull_requests.SOURCE.splits(str(archive), options)
        return list(pull_requests.SOURCE.read(split, options))


def read_in_shares(data: bytes) -> list[Record]:
    """`data` as an archive shared out among tasks; AssertionError where they do not add up to the whole."""
    whole = READ_EVENTS(data)
    shared = file_reader(pull_requests.SOURCE, "a.json", EVERYTHING | {"split_bytes": max(1, len(data) // 40)})(data)
    assert len(shared) == len(whole)
    return shared


def both(
    first: Callable[[bytes], list[Record]], second: Callable[[bytes], list[Record]]
) -> Callable[[bytes], list[Record]]:
    """Both readers' records; AssertionError where they count the records of the input differently."""

    def read(data: bytes) -> list[Record]:
        one, other = first(data), second(data)
        assert len(one) == len(other)
        return one + other

    return read


READ_EVENTS = file_reader(pull_requests.SOURCE, "a.json", EVERYTHING)

CASES: dict[str, Fuzzed] = {
    case.name: case
    for case in (
        Fuzzed(
            "github_events",
            lambda: [as_lines(events()), as_lines(events()[:4]), as_lines(events()[6:])],
            both(READ_EVENTS, file_reader(issues.SOURCE, "a.json")),
        ),
        Fuzzed("github_shares", lambda: [as_lines(events()), as_lines(events()[::-1])], read_in_shares),
        Fuzzed(
            "github_archives",
            lambda: [gzip.compress(as_lines(events()), mtime=0), gzip.compress(as_lines(events()[:5]), 1, mtime=0)],
            both(
                file_reader(pull_requests.SOURCE, "2025-03-01-10.json.gz", EVERYTHING),
                file_reader(issues.SOURCE, "2025-03-01-10.json.gz"),
            ),
        ),
        Fuzzed(
            "github_tables",
            lambda: [as_table([*answers(), *events()]), as_table(answers()[:3])],
            both(file_reader(pull_requests.SOURCE, "a.csv", EVERYTHING), file_reader(issues.SOURCE, "a.csv")),
        ),
        Fuzzed(
            "github_rest",
            lambda: [as_lines(answers()), json.dumps(answers(), indent=1).encode(), as_lines(answers()[:1])],
            read_as_completing,
        ),
    )
}

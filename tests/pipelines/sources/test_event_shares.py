"""Input shared out by repository: the shares together are the whole, and a conversation lies in one."""

import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.document import Document, Record
from pipelines.readers.github.event_shares import POSITIONS, position_of, ranges_of_positions, repository_in
from pipelines.readers.github.issue_options import IssueOptions
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.source import SourceKind, SourceOptions
from pipelines.sources import issues, pull_requests
from tests.pipelines.sources.github_events import Json, conversation, event, issue_comment, issue_event, reasons

KINDS = {"pull_requests": (pull_requests.SOURCE, PullRequestOptions), "issues": (issues.SOURCE, IssueOptions)}


@given(st.integers(0, 10**13), st.integers(1, 10**9))
def test_ranges_cover_every_position_once(stored_bytes: int, split_bytes: int) -> None:
    ranges = ranges_of_positions(stored_bytes, split_bytes)
    stops = [POSITIONS if stop is None else stop for _, stop in ranges]
    assert [start for start, _ in ranges] == [0, *stops[:-1]]
    assert stops[-1] == POSITIONS
    assert all(start < stop for (start, _), stop in zip(ranges, stops, strict=True))
    assert len(ranges) == min(max(1, -(-stored_bytes // split_bytes)), POSITIONS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"repo": {"id": 1, "name": "a/b", "url": "x"}}', "a/b"),
        (b'{"repo":{"id":1,"name":"Some-Org/x.y_z"}}', "Some-Org/x.y_z"),
        (b'{"payload":{"body":"\\"repo\\":{\\"id\\":1,\\"name\\":\\"a/b\\""}}', None),
        (b'{"payload":{"head":{"repo":{"id":1,"name":"b","full_name":"a/b"}}},"repo":{"id":2,"name":"c/d"}}', "c/d"),
        (b'{"repo": {"name": "a/b", "id": 1}}', None),
        (b'{"repository": {"owner": "a", "name": "b"}}', None),
        (b'{"repo": {"id": 1, "name": "a/\xc3\xa9"}}', None),
    ],
)
def test_the_repository_is_found_without_parsing(line: bytes, expected: str | None) -> None:
    assert repository_in(line) == expected


def test_positions_do_not_tell_case_and_lines_without_a_name_stand_first() -> None:
    assert position_of("A/b") == position_of("a/B")
    assert position_of(None) == 0
    assert len({position_of(f"org/project-{number}") for number in range(1_000)}) > 950


def named(one: Json, repository: str, form: int) -> bytes:
    """`one` as a line of another repository: as archives write it, with keys in another order, as before 2015."""
    one = one | {"id": f"{one['id']}{repository}"}
    if form == 2:
        owner, name = repository.split("/")
        one = {key: value for key, value in one.items() if key != "repo"} | {
            "repository": {"owner": owner, "name": name}
        }
    else:
        one["repo"] = {"id": 1, "name": repository} if form == 0 else {"name": repository, "id": 1}
    return json.dumps(one).encode()


OTHER_LINES = [
    b'{"type": "PushEvent", "repo": {"id": 3, "name": "x/y"}, "payload"',  # cut
    b"[1, 2]",
    b'"text"',
    b"{}",
    b"\xff\xfe",
    b'[{"type": "WatchEvent", "repo": {"name": "q/r", "id": 1}}, {"number": 1, "title": "t"}]',
    b'{"url": "https://api.github.com/repos/a/b0/pulls/7", "status": 404, "data": null}',
    b'{"type": "PullRequestEvent", "repo": {"id": 1, "name": "p/q"}, "repo": {"id": 2, "name": "r/s"}, "payload": {}}',
]


def all_records(kind: SourceKind, uri: str, options: SourceOptions, shares: int) -> list[list[Record]]:
    splits = kind.splits(uri, options)
    assert len(splits) == shares
    assert len({split.identity for split in splits}) == 1
    return [list(kind.read(split, options)) for split in splits]


def told(records: list[Record]) -> Counter[str]:
    """Every record as text: documents with their text, others with reference and reason."""
    return Counter(repr(record) for record in records)


@pytest.mark.parametrize("kind_name", KINDS)
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_the_shares_together_are_the_whole(kind_name: str, data: st.DataObject) -> None:
    kind, make_options = KINDS[kind_name]
    talk = [
        *conversation(),
        issue_event(1, "opened"),
        issue_comment(2, "ben", "It has no file open."),
        event(8, "ForkEvent", "a", {}),
    ]
    lines = [
        named(one, f"a/b{repository}", data.draw(st.integers(0, 2)))
        for repository in range(data.draw(st.integers(1, 12)))
        for one in talk
    ]
    lines = data.draw(st.permutations([*lines, *OTHER_LINES]))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2):
            path = Path(folder) / f"2025-03-01-{number}.json.gz"
            path.write_bytes(gzip.compress(b"\n".join(lines[number::2])))
        stored_bytes = sum(path.stat().st_size for path in Path(folder).iterdir())
        [whole] = all_records(kind, folder, make_options(), 1)
        shares = data.draw(st.integers(2, 9))
        split_bytes = -(-stored_bytes // shares)
        shares = -(-stored_bytes // split_bytes)
        parts = all_records(kind, folder, make_options(split_bytes=split_bytes), shares)
    assert len(whole) == len(lines) + 1  # of OTHER_LINES one holds two objects
    assert told([record for part in parts for record in part]) == told(whole)
    assert reasons(whole)["malformed_event"] >= 1  # the line that names two repositories
    assert sum(isinstance(record, Document) for record in whole) >= 1

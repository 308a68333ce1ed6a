"""Pull-request conversations: from event lines to documents, with books that balance."""

import copy
import gzip
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.formats.pull_request import CONVERSATION_MARKS
from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected, to_table
from pipelines.readers.github.conversation_rules import is_sampled, keep_probability
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.readers.github.pull_request_text import MARKS
from pipelines.source import source_kinds
from pipelines.sources.pull_requests import SOURCE
from tests.pipelines.sources.github_events import (
    REVIEW,
    Json,
    comment,
    conversation,
    ending,
    event,
    merged,
    only_document,
    pull,
    reasons,
    review,
    review_comment,
    trimmed_pull,
    user,
    with_tokens,
    write_lines,
)

DEMO = Path(__file__).parents[3] / "recipes" / "demo" / "events"
KEEP_ALL = PullRequestOptions(max_per_repository=None)


def read_lines(folder: Path, lines: list[str], options: Any = KEEP_ALL) -> list[Record]:
    [split] = SOURCE.splits(write_lines(folder, lines), options)
    return list(SOURCE.read(split, options))


def read_events(folder: Path, events: list[Json], options: Any = KEEP_ALL) -> list[Record]:
    records = read_lines(folder, [json.dumps(event) for event in events], options)
    assert len(records) == len(events)
    return records


def test_kind_is_found() -> None:
    kind = source_kinds()["pull_requests"]
    assert (kind.group, kind.code_like) == ("code", False)


def test_golden_document(tmp_path: Path) -> None:
    records = read_events(tmp_path, conversation())
    document = only_document(records)
    assert with_tokens(document) == (
        "<pr>Title: Close files that were replaced\n"
        "username_0: The cache keeps a file open after  it was replaced, so @username_1 reads the old one."
        "<pr_status>opened<repo_name>example-org/tidewater"
        "<pr_review_comment><pr_event_id>21<pr_file>src/cache.py<pr_diff_hunk_comment_line>12"
        "<pr_diff_hunk>@@ -1 +1 @@\n-open(p)\n+with open(p):"
        "<pr_comment>username_1: Who closes it if `read` raises, @username_0?"
        "<pr_review_comment><pr_event_id>22<pr_file>src/cache.py<pr_diff_hunk_comment_line>12"
        "<pr_comment>username_0: The `with` does."
        "<pr_review>username_1: This closes the file in every path that I could find."
        "<pr_event_id>31<pr_review_state>approved"
        "<pr_comment>username_0: Thanks, that was quick work.<pr_event_id>54"
        "<pr>username_2<pr_status>closed<pr_is_merged>True"
    )
    assert {token for _, token in document.marks} == set(CONVERSATION_MARKS)
    assert document.url == "https://github.com/example-org/tidewater/pull/7"
    assert (document.repository, document.license, document.format) == (
        "example-org/tidewater",
        "MIT",
        "pull_request",
    )
    assert str(document.date) == "2025-02-28 09:00:00+00:00"
    assert document.metadata == {
        "number": 7,
        "merged": True,
        "events": 6,
        "opened": "2025-02-28T09:00:00+00:00",
        "closed": "2025-03-01T10:09:00+00:00",
    }
    assert reasons(records) == {"Document": 1, "Absorbed": 5}


def test_order_of_lines_does_not_matter_and_repeated_events_count_once(tmp_path: Path) -> None:
    events = conversation()
    expected = only_document(read_events(tmp_path, events)).text
    assert only_document(read_events(tmp_path, events[::-1] + events[2:4])).text == expected


@pytest.mark.parametrize(
    ("action", "is_shown"),
    [("edited", True), ("deleted", False)],
)
def test_comments_are_shown_as_they_were_left(tmp_path: Path, action: str, is_shown: bool) -> None:
    change = comment(6, "ann", "Better said like this, at length.")
    change["payload"]["comment"]["id"] = 54
    change["payload"]["action"] = action
    text = only_document(read_events(tmp_path, [*conversation(), change])).text
    assert "quick work" not in text
    assert ("Better said" in text) is is_shown


def test_what_only_some_events_tell_is_brought_together(tmp_path: Path) -> None:
    last = comment(9, "ann", "Merged a minute ago, thank you.", base=None)
    last["payload"]["issue"]["pull_request"]["merged_at"] = "2025-03-01T10:08:00Z"
    document = only_document(read_events(tmp_path, [review_comment(1, "ben", REVIEW, pull()), last]))
    assert document.license == "MIT"  # of the first event
    assert document.metadata["merged"] is True  # of the last


def test_literal_tokens_in_text_stay_text(tmp_path: Path) -> None:
    body = "Documents that contain <|endoftext|> or <pr> or <pr_status> are no longer cut there."
    events = [comment(4, "ben", "And what of <pr_comment> in a comment?", body=body), merged()]
    events[1]["payload"]["pull_request"]["body"] = body
    document = only_document(read_events(tmp_path, events))
    plain = only_document(read_events(tmp_path, [comment(4, "ben", "And what of it in a comment?"), merged()]))
    assert [token for _, token in document.marks] == [token for _, token in plain.marks]
    assert body in document.text


def test_trimmed_payload_alone_is_quarantined(tmp_path: Path) -> None:
    events = [review(trimmed_pull()), ending(trimmed_pull(), "merged")]
    records = read_events(tmp_path, events)
    assert reasons(records) == {"trimmed_payload_incomplete": 2}
    assert all(isinstance(record, Quarantined) for record in records)
    assert [getattr(record, "reference", "").rsplit(":", 1)[1] for record in records] == ["1", "2"]


@pytest.mark.parametrize(
    "completing", [comment(4, "ben", "Happy to see this one fixed."), review_comment(1, "ben", "Why?", pull())]
)
def test_trimmed_payload_is_completed_by_another_event(tmp_path: Path, completing: Json) -> None:
    records = read_events(tmp_path, [review(trimmed_pull()), ending(trimmed_pull(), "merged"), completing])
    document = only_document(records)
    assert document.text.startswith("Title: Close files that were replaced\nusername_0: The cache")
    assert with_tokens(document).endswith("<pr>username_2<pr_status>closed<pr_is_merged>True")


def test_closed_means_unmerged_in_the_trimmed_payload(tmp_path: Path) -> None:
    events = [comment(4, "ben", "Not needed any more."), ending(trimmed_pull(), "closed")]
    assert reasons(read_events(tmp_path, events)) == {"neither_approved_nor_merged": 2}


def test_events_of_before_2015(tmp_path: Path) -> None:
    older = [copy.deepcopy(event) for event in (review_comment(1, "ben", REVIEW, pull()), merged())]
    for one in older:
        one["actor"] = one["actor"]["login"]
        one["repository"] = {"owner": "example-org", "name": "tidewater"}
        one["created_at"] = one["created_at"].replace("-", "/").replace("T", " ").replace("Z", " -0700")
        del one["id"], one["repo"]
    document = only_document(read_events(tmp_path, older))
    assert document.repository == "example-org/tidewater"
    assert document.metadata["closed"] == "2025-03-01T17:09:00+00:00"
    assert "username_1: This closes" in document.text


Change = Callable[[list[Json]], None]


def all_pulls(**changes: Any) -> Change:
    def apply(events: list[Json]) -> None:
        for one in events:
            holder = one["payload"].get("pull_request") or one["payload"]["issue"]
            holder.update(changes)

    return apply


def only_end(events: list[Json]) -> None:
    del events[:-1]


def unmerged(events: list[Json]) -> None:
    all_pulls(merged=False, merged_at=None)(events)
    events[2]["payload"]["review"]["state"] = "commented"


def by_bots_alone(events: list[Json]) -> None:
    for one in events[:-1]:
        item = one["payload"].get("comment") or one["payload"]["review"]
        item["user"] = user("helper", "Bot")


def brief(events: list[Json]) -> None:
    del events[:-2]
    all_pulls(body="Closes it in time, always.")(events)


def endless(events: list[Json]) -> None:
    for index in range(150):
        events.append(comment(10 + index % 40, "ben", "long " * 200))
        events[-1]["id"] = str(10_000 + index)
        events[-1]["payload"]["comment"]["id"] = 10_000 + index


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (all_pulls(user=user("dependabot[bot]")), "opened_by_bot"),
        (all_pulls(user=user("helper", "Bot")), "opened_by_bot"),
        (all_pulls(body=None), "empty_description"),
        (all_pulls(body="<!-- what does it do? -->"), "empty_description"),
        (only_end, "no_human_comment_or_review"),
        (by_bots_alone, "no_human_comment_or_review"),
        (unmerged, "neither_approved_nor_merged"),
        (all_pulls(title="Fix it"), "short_title"),
        (all_pulls(title="Update all dependencies"), "dependency_or_release_title"),
        (all_pulls(title="Release: version 2.4.1"), "dependency_or_release_title"),
        (all_pulls(body="See issue 3."), "short_description"),
        (brief, "too_short"),
        (endless, "too_long"),
    ],
)
def test_drop_rules_reject_every_event(tmp_path: Path, change: Change, reason: str) -> None:
    events = copy.deepcopy(conversation())
    change(events)
    records = read_events(tmp_path, events)
    assert reasons(records) == {reason: len(events)}
    assert all(isinstance(record, Rejected) for record in records)


def test_options_move_the_thresholds(tmp_path: Path) -> None:
    events = conversation()
    for one in events:
        one["payload"].get("comment", {}).pop("diff_hunk", None)
    require_diff = PullRequestOptions(require_diff=True)
    assert reasons(read_events(tmp_path, conversation(), require_diff))["Document"] == 1
    assert reasons(read_events(tmp_path, events, require_diff)) == {"no_diff": 6}
    unmerged(events)
    assert reasons(read_events(tmp_path, events, PullRequestOptions(require_approved_or_merged=False)))["Document"]


def test_hunks_that_are_too_long_are_omitted(tmp_path: Path) -> None:
    events = conversation()
    events[0]["payload"]["comment"]["diff_hunk"] = "+" * 10_001
    marks = [token for _, token in only_document(read_events(tmp_path, events)).marks]
    assert marks.count("<pr_diff_hunk>") == 1  # that of the reply, which is another one now
    assert "+" * 10_001 not in only_document(read_events(tmp_path, events)).text


def test_other_events_and_unreadable_lines_have_their_reasons(tmp_path: Path) -> None:
    plain_comment = comment(4, "ben", "On an issue, not a pull request.")
    del plain_comment["payload"]["issue"]["pull_request"]
    nameless = review(pull()) | {"repo": {"name": "no-slash"}}
    lines = [
        json.dumps(event(1, "PushEvent", "ann", {"ref": "refs/heads/main"})),
        json.dumps(plain_comment),
        json.dumps(nameless),
        '{"type": "PullRequestEvent", "actor',
        "[" * 100_000,
        "9" * 5_000,
        '"text"',
        '{"type": 3}',
    ]
    records = read_lines(tmp_path, lines)
    assert reasons(records) == {
        "not_a_pull_request_event": 2,
        "malformed_event": 1,
        "bad_json": 3,
        "not_an_event": 2,
    }


def test_sampling_by_repository_follows_the_formula() -> None:
    assert keep_probability(1, 100) == pytest.approx(0.8)
    assert keep_probability(1_000, 100) == pytest.approx(0.1007)
    assert keep_probability(5_000, 100) == pytest.approx(0.02)
    kept = [number for number in range(2_000) if is_sampled("a/b", number, 0.3)]
    assert 500 < len(kept) < 700  # five standard deviations
    assert set(kept) <= {number for number in range(2_000) if is_sampled("A/b", number, 0.5)}


def test_sampled_out_requests_are_rejected_event_by_event(tmp_path: Path) -> None:
    events = []
    for number in range(1, 41):
        for one in conversation():
            (one["payload"].get("pull_request") or one["payload"]["issue"])["number"] = number
            events.append(one | {"id": f"{number}-{one['id']}"})
    counted = reasons(read_events(tmp_path, events, PullRequestOptions()))
    assert 20 <= counted["Document"] < 40  # p = 0.77
    assert counted["repository_subsampled"] == 6 * (40 - counted["Document"])
    assert counted["Absorbed"] == 5 * counted["Document"]


def test_demo_archives(tmp_path: Path) -> None:
    [split] = SOURCE.splits(str(DEMO), KEEP_ALL)
    records = list(SOURCE.read(split, KEEP_ALL))
    lines = sum(gzip.decompress(path.read_bytes()).count(b"\n") for path in DEMO.iterdir())
    assert len(records) == lines
    counted = reasons(records)
    assert counted["Document"] >= 50
    assert counted["trimmed_payload_incomplete"] >= 4
    assert counted["bad_json"] == 1
    dropped = {"opened_by_bot", "empty_description", "no_human_comment_or_review", "short_title", "too_short"}
    dropped |= {"neither_approved_nor_merged", "dependency_or_release_title", "short_description"}
    assert dropped <= set(counted)
    documents = [record for record in records if isinstance(record, Document)]
    assert any("<|endoftext|>" in document.text and "<pr>" in document.text for document in documents)
    to_table("demo", documents).validate(full=True)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(), max_size=8)
    | st.sampled_from(["User", "closed", "2025-13-01", "0001-01-01T00:00:00+14:00", "\ud800", "a/b", "x" * 2_000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below `value`."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in items:
        found += [(value, key), *places(inner)]
    return found


def records_on_line(value: Any) -> int:
    """Objects in an array, as some API answers are, count one by one."""
    is_page = isinstance(value, list) and value and all(isinstance(element, dict) for element in value)
    return len(value) if is_page else 1


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_any_change_of_the_events_keeps_the_books_balanced(data: st.DataObject) -> None:
    events: list[Any] = copy.deepcopy(conversation())
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(places(events)))
        container[key] = data.draw(json_values)
    with tempfile.TemporaryDirectory() as folder:
        records = read_lines(Path(folder), [json.dumps(one) for one in events])
    assert len(records) == sum(records_on_line(one) for one in events)
    documents = [record for record in records if isinstance(record, Document)]
    to_table("fuzz", documents).validate(full=True)
    for document in documents:
        size_bytes = len(document.text.encode())
        offsets = [at for at, _ in document.marks]
        assert offsets == sorted(offsets)
        assert offsets[-1] <= size_bytes
        assert {token for _, token in document.marks} <= set(MARKS)
    assert all(isinstance(record, Document | Absorbed | Rejected | Quarantined) for record in records)


@pytest.mark.parametrize("folder", ["full", "trimmed"])
def test_real_archives_balance(folder: str) -> None:
    data = os.environ.get("MIXDOWN_DATA")
    if not data:
        pytest.skip("MIXDOWN_DATA is not set: it names the folder of real data")
    archives = Path(data) / "events" / folder
    [split] = SOURCE.splits(str(archives), KEEP_ALL)
    records = list(SOURCE.read(split, KEEP_ALL))
    lines = sum(gzip.decompress(path.read_bytes()).count(b"\n") for path in archives.iterdir())
    assert len(records) == lines
    counted = reasons(records)
    expected = "Document" if folder == "full" else "trimmed_payload_incomplete"
    assert counted[expected] >= 20
    assert "bad_json" not in counted

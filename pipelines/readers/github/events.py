"""One event of an archive, a JSON object, read into what a conversation needs of it.

Three generations of payload are understood. Before 2015 the actor is a bare name and the repository stands
under `repository`; from 2015 an event carries the whole `pull_request` object; since October 2025 that object
is cut to `url, id, number, head, base`, and a pull request's title and description are found in the `issue`
object of comments alone. Texts are cut while reading.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pipelines.document import Quarantined
from pipelines.readers.github.conversation_text import Cuts, one_line
from pipelines.readers.github.payload_values import (
    MAX_NAME_CHARS,
    User,
    identifier_of,
    integer_at,
    name_at,
    object_at,
    repository_name,
    text_at,
    time_at,
    user_at,
)

Subject = Literal["pull_request", "issue"]
Kind = Literal["status", "comment", "review", "review_comment", "file_diff"]
KIND_OF_TYPE: dict[str, Kind] = {
    "IssuesEvent": "status",
    "PullRequestEvent": "status",
    "IssueCommentEvent": "comment",
    "PullRequestReviewEvent": "review",
    "PullRequestReviewCommentEvent": "review_comment",
}
ABOUT_ISSUES = ("IssuesEvent", "IssueCommentEvent")  # they may be about pull requests too
REVIEW_STATES = frozenset({"approved", "changes_requested", "commented", "dismissed"})
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # stands for an event whose time cannot be read: it sorts first


@dataclass(frozen=True, slots=True)
class Facts:
    """What one event tells of the pull request or issue as a whole."""

    title: str
    description: str
    author: User | None
    url: str | None
    opened: datetime | None
    closed: datetime | None
    closed_by: User | None  # who merged it, where it was merged
    license: str | None


@dataclass(frozen=True, slots=True)
class ConversationEvent:
    """One event of a pull request or issue; the fields after `facts` are empty where its kind has none."""

    reference: str
    event_id: str  # empty for an answer of the REST API
    at: datetime
    repository: str
    number: int
    subject: Subject
    kind: Kind
    action: str
    user: User
    merged: bool
    facts: Facts | None
    commits: tuple[str, str] | None = None  # of the base and of the head, in hex
    item_id: str = ""  # of the comment or review
    text: str = ""
    state: str = ""  # of a review: one of REVIEW_STATES
    path: str = ""
    line_number: int | None = None
    hunk: str = ""  # of a file_diff: all hunks of the file


def event_of(
    reference: str, event: dict[str, Any], wanted: Subject, cuts: Cuts
) -> ConversationEvent | Quarantined | None:
    """The event that the JSON object `event` describes; None if it is about something else than `wanted`."""
    kind = KIND_OF_TYPE.get(text_at(event, "type"))
    payload = object_at(event, "payload")
    if kind is None or wanted != _subject(event, payload):
        return None
    repository, number = repository_of(event), _number(payload)
    if repository is None or number is None:
        return Quarantined(reference, "malformed_event", "no repository name or no number")
    about = object_at(payload, "issue" if event["type"] in ABOUT_ISSUES else "pull_request")
    item = object_at(payload, "review" if kind == "review" else "comment")
    action = text_at(payload, "action")
    return ConversationEvent(
        reference=reference,
        event_id=identifier_of(event),
        at=time_at(event, "created_at") or EPOCH,
        repository=repository,
        number=number,
        subject=wanted,
        kind=kind,
        action=action,
        user=user_at(item, "user") or _actor(event),
        merged=action == "merged" or is_merged(about),
        facts=facts_of(about, cuts),
        commits=commits_of(about),
        **item_fields(item, cuts),
    )


def _subject(event: dict[str, Any], payload: dict[str, Any]) -> Subject:
    about_issue = event["type"] in ABOUT_ISSUES and not is_pull_request(object_at(payload, "issue"))
    return "issue" if about_issue else "pull_request"


def item_fields(item: dict[str, Any], cuts: Cuts) -> dict[str, Any]:
    """What a comment, review or review comment says."""
    return {
        "item_id": identifier_of(item),
        "text": cuts.text(text_at(item, "body")),
        "state": _review_state(item),
        "path": name_at(item, "path"),
        "line_number": _line_number(item),
        "hunk": cuts.hunk(text_at(item, "diff_hunk")),
    }


def facts_of(about: dict[str, Any], cuts: Cuts) -> Facts | None:
    """What `about` (a pull_request or issue object) says; None where it has no title: the trimmed kind."""
    if not isinstance(about.get("title"), str):
        return None
    html_url = text_at(about, "html_url")
    spdx_id = text_at(object_at(object_at(object_at(about, "base"), "repo"), "license"), "spdx_id")
    return Facts(
        title=cuts.title(about["title"]),
        description=cuts.text(text_at(about, "body")),
        author=user_at(about, "user"),
        url=one_line(html_url, MAX_NAME_CHARS) if html_url.startswith("https://") else None,
        opened=time_at(about, "created_at"),
        closed=time_at(about, "closed_at"),
        closed_by=user_at(about, "merged_by") or user_at(about, "closed_by"),
        license=one_line(spdx_id, MAX_NAME_CHARS) if spdx_id not in ("", "NOASSERTION") else None,
    )


def commits_of(about: dict[str, Any]) -> tuple[str, str] | None:
    """The commits of a pull_request object's base and head: every generation has them."""
    base, head = (text_at(object_at(about, side), "sha")[:MAX_NAME_CHARS] for side in ("base", "head"))
    return (base, head) if _SHA.fullmatch(base) and _SHA.fullmatch(head) else None


def is_pull_request(issue: dict[str, Any]) -> bool:
    """Whether an issue object is a pull request's; until 2013 every issue had the object, of nulls."""
    return any(object_at(issue, "pull_request").values())


def is_merged(about: dict[str, Any]) -> bool:
    """Whether a pull_request object, or an issue object's part on it, says that it was merged."""
    links = object_at(about, "pull_request")
    return about.get("merged") is True or bool(about.get("merged_at") or links.get("merged_at"))


def repository_of(event: dict[str, Any]) -> str | None:
    """`owner/name`; before 2015 it stands in two parts."""
    name = text_at(object_at(event, "repo"), "name")
    older = object_at(event, "repository")
    if not name and older:
        name = f"{text_at(older, 'owner')}/{text_at(older, 'name')}"
    return repository_name(name)


def _number(payload: dict[str, Any]) -> int | None:
    holders = (object_at(payload, "pull_request"), object_at(payload, "issue"), payload)
    return next((number for holder in holders if (number := integer_at(holder, "number"))), None)


def _line_number(item: dict[str, Any]) -> int | None:
    """The line that a review comment is about: in the file where the payload says it, else in the hunk."""
    keys = ("line", "original_line", "position", "original_position")
    return next((number for key in keys if (number := integer_at(item, key))), None)


def _review_state(item: dict[str, Any]) -> str:
    state = text_at(item, "state").lower()
    return state if state in REVIEW_STATES else "commented"


def _actor(event: dict[str, Any]) -> User:
    """Who did it; before 2015 a bare name. An account that is gone is GitHub's `ghost`."""
    return user_at(event, "actor") or User(name_at(event, "actor") or "ghost", is_bot=False)

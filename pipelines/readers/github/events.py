"""One line of an event archive, read into what a conversation needs of it.

Three generations of payload are understood. Before 2015 the actor is a bare name and the repository stands
under `repository`; from 2015 an event carries the whole `pull_request` object; since October 2025 that object
is cut to `url, id, number, head, base`, and a pull request's title and description are found in the `issue`
object of comments alone. Texts are cut while reading, so an event in memory is a few kilobytes whatever its
line was.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pipelines.document import Quarantined, Rejected
from pipelines.readers.github.conversation_text import one_line, readable, scalar_text
from pipelines.readers.github.event_archives import Line
from pipelines.readers.github.pull_request_options import PullRequestOptions

Kind = Literal["status", "comment", "review", "review_comment"]
KIND_OF_TYPE: dict[str, Kind] = {
    "PullRequestEvent": "status",
    "IssueCommentEvent": "comment",
    "PullRequestReviewEvent": "review",
    "PullRequestReviewCommentEvent": "review_comment",
}
REVIEW_STATES = frozenset({"approved", "changes_requested", "commented", "dismissed"})
MAX_NAME_CHARS = 300  # names of users, repositories and paths beyond this are cut
MAX_NUMBER = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # stands for an event whose time cannot be read: it sorts first


@dataclass(frozen=True, slots=True)
class User:
    """An account; `is_bot` is what the payload says, the name may say more."""

    login: str
    is_bot: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What one event tells of the pull request as a whole."""

    title: str
    description: str
    author: User | None
    url: str | None
    opened: datetime | None
    closed: datetime | None
    merged_by: User | None
    license: str | None


@dataclass(frozen=True, slots=True)
class ConversationEvent:
    """One event of a pull request; the last four fields are empty where its kind has none."""

    reference: str
    event_id: str
    at: datetime
    repository: str
    number: int
    kind: Kind
    action: str
    user: User
    merged: bool
    facts: Facts | None
    item_id: str  # of the comment or review
    text: str
    state: str  # of a review: one of REVIEW_STATES
    path: str
    line_number: int | None
    hunk: str


def read_event(line: Line, options: PullRequestOptions) -> ConversationEvent | Rejected | Quarantined:
    """The event on `line`; Rejected if it is not about a pull request, Quarantined if it cannot be read."""
    try:
        event = json.loads(line.data)
    except (ValueError, RecursionError) as error:
        return Quarantined(line.reference, "bad_json", scalar_text(str(error))[:MAX_NAME_CHARS])
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return Quarantined(line.reference, "not_an_event", "no JSON object with a type")
    kind = KIND_OF_TYPE.get(event["type"])
    payload = _object(event, "payload")
    if kind is None or (kind == "comment" and not _object(payload, "issue").get("pull_request")):
        return Rejected(line.reference, "not_a_pull_request_event")
    repository, number = _repository(event), _number(payload)
    if repository is None or number is None:
        return Quarantined(line.reference, "malformed_event", "no repository name or pull request number")
    return _conversation_event(line.reference, event, kind, repository, number, options)


def _conversation_event(
    reference: str,
    event: dict[str, Any],
    kind: Kind,
    repository: str,
    number: int,
    options: PullRequestOptions,
) -> ConversationEvent:
    payload = _object(event, "payload")
    pull = _object(payload, "issue" if kind == "comment" else "pull_request")
    item = _object(payload, "review" if kind == "review" else "comment")
    action = _text(payload, "action")
    links = _object(pull, "pull_request")  # an issue object's own part on the pull request
    hunk = scalar_text(_text(item, "diff_hunk"))
    return ConversationEvent(
        reference=reference,
        event_id=_identifier(event),
        at=_time(event, "created_at") or EPOCH,
        repository=repository,
        number=number,
        kind=kind,
        action=action,
        user=_user(item, "user") or _actor(event),
        merged=action == "merged"
        or pull.get("merged") is True
        or bool(pull.get("merged_at") or links.get("merged_at")),
        facts=_facts(pull, options),
        item_id=_identifier(item),
        text=readable(_text(item, "body"), options),
        state=_review_state(item),
        path=one_line(_text(item, "path"), MAX_NAME_CHARS),
        line_number=_line_number(item),
        hunk=hunk if len(hunk) <= options.max_hunk_chars else "",
    )


def _facts(pull: dict[str, Any], options: PullRequestOptions) -> Facts | None:
    """What `pull` (a pull_request or issue object) says; None where it has no title: the trimmed kind."""
    if not isinstance(pull.get("title"), str):
        return None
    html_url = _text(pull, "html_url")
    spdx_id = _text(_object(_object(_object(pull, "base"), "repo"), "license"), "spdx_id")
    return Facts(
        title=one_line(pull["title"], options.max_title_chars),
        description=readable(_text(pull, "body"), options),
        author=_user(pull, "user"),
        url=one_line(html_url, MAX_NAME_CHARS) if html_url.startswith("https://") else None,
        opened=_time(pull, "created_at"),
        closed=_time(pull, "closed_at"),
        merged_by=_user(pull, "merged_by"),
        license=one_line(spdx_id, MAX_NAME_CHARS) if spdx_id not in ("", "NOASSERTION") else None,
    )


def _object(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def _text(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def _identifier(holder: dict[str, Any]) -> str:
    value = holder.get("id")
    if isinstance(value, int) and abs(value) <= MAX_NUMBER:
        return str(value)
    return one_line(value, MAX_NAME_CHARS) if isinstance(value, str) else ""


def _integer(holder: dict[str, Any], key: str) -> int | None:
    value = holder.get(key)
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_NUMBER
    return value if usable else None


def _number(payload: dict[str, Any]) -> int | None:
    holders = (_object(payload, "pull_request"), _object(payload, "issue"), payload)
    return next((number for holder in holders if (number := _integer(holder, "number"))), None)


def _line_number(item: dict[str, Any]) -> int | None:
    """The line that a review comment is about: in the file where the payload says it, else in the hunk."""
    keys = ("line", "original_line", "position", "original_position")
    return next((number for key in keys if (number := _integer(item, key))), None)


def _repository(event: dict[str, Any]) -> str | None:
    """`owner/name`; before 2015 it stands in two parts."""
    name = _text(_object(event, "repo"), "name")
    older = _object(event, "repository")
    if not name and older:
        name = f"{_text(older, 'owner')}/{_text(older, 'name')}"
    owner, slash, rest = one_line(name, MAX_NAME_CHARS).partition("/")
    return f"{owner}/{rest}" if owner and slash and rest else None


def _review_state(item: dict[str, Any]) -> str:
    state = _text(item, "state").lower()
    return state if state in REVIEW_STATES else "commented"


def _user(holder: dict[str, Any], key: str) -> User | None:
    account = _object(holder, key)
    login = one_line(_text(account, "login"), MAX_NAME_CHARS)
    return User(login, account.get("type") == "Bot") if login else None


def _actor(event: dict[str, Any]) -> User:
    """Who did it; before 2015 a bare name. An account that is gone is GitHub's `ghost`."""
    bare = one_line(_text(event, "actor"), MAX_NAME_CHARS)
    return _user(event, "actor") or User(bare or "ghost", is_bot=False)


def _time(holder: dict[str, Any], key: str) -> datetime | None:
    """A time in ISO 8601, or as `2012/03/11 01:02:03 -0700`; without an offset it is UTC."""
    written = _text(holder, key)[:40].replace("/", "-").replace(" -", "-").replace(" +", "+")
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return None
    if not 2000 <= time.year <= 2200:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)

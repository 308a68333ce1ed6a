"""An answer of GitHub's REST API, a JSON object, read into the event that it amounts to.

Pull requests, issues, their comments, reviews, review comments and changed files are told apart by their keys; which
pull request or issue they belong to stands in them, or in the address that was asked.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple

from pipelines.readers.github.conversation_text import Cuts
from pipelines.readers.github.events import (
    EPOCH,
    ConversationEvent,
    Kind,
    Subject,
    commits_of,
    facts_of,
    is_merged,
    is_pull_request,
    item_fields,
)
from pipelines.readers.github.payload_values import (
    MAX_NUMBER,
    User,
    integer_at,
    name_at,
    object_at,
    repository_name,
    text_at,
    time_at,
    user_at,
)

GONE_STATUSES = frozenset({404, 410, 451})  # deleted or private, gone, taken down for legal reasons
FORBIDDEN_STATUS = 403  # repositories that GitHub blocked
DELETED, FORBIDDEN = "deleted_upstream", "forbidden_upstream"  # actions of the events that stand for such answers
NOBODY = User("ghost", is_bot=False)
MAX_ADDRESS_CHARS = 1_000

# https://api.github.com/repos/o/r/pulls/7/files, https://github.example/api/v3/..., https://github.com/o/r/pull/7#...
_ADDRESS = re.compile(
    r"https?://[^/?#]{1,255}(?:/api/v3)?(?:/repos)?/(?P<owner>[\w.-]{1,100})/(?P<name>[\w.-]{1,100})"
    r"/(?P<kind>pulls?|issues)/(?P<number>\d{1,18})(?P<rest>[/?#].{0,900})?",
    re.ASCII | re.DOTALL,
)


class Answer(NamedTuple):
    """One object that the API answered with: `url` is what was asked, empty where it is not known."""

    reference: str
    value: dict[str, Any]
    url: str = ""
    status: int = 200


class Place(NamedTuple):
    """What an address is about."""

    repository: str
    number: int
    subject: Subject
    part: str  # what follows the number, without a query: "", "comments", "reviews", "files"


def place_of(address: str) -> Place | None:
    """What pull request or issue a web or API address is about."""
    found = _ADDRESS.fullmatch(address[:MAX_ADDRESS_CHARS])
    if found is None:
        return None
    number = int(found["number"])
    subject: Subject = "pull_request" if found["kind"].startswith("pull") else "issue"
    rest = found["rest"] or ""
    part = re.split(r"[?#/]", rest[1:])[0] if rest.startswith("/") else ""
    return Place(f"{found['owner']}/{found['name']}", number, subject, part) if 0 < number <= MAX_NUMBER else None


def event_of_answer(answer: Answer, cuts: Cuts) -> ConversationEvent | None:
    """The event that `answer` amounts to; None where it is about no pull request and no issue."""
    value = answer.value
    if answer.status in GONE_STATUSES or answer.status == FORBIDDEN_STATUS:
        return _refused(answer)
    if integer_at(value, "number") and isinstance(value.get("title"), str):
        return _described(answer, cuts)
    if "filename" in value:
        return _file_diff(answer, cuts)
    kind = _kind_of_item(value)
    place = _place_of_item(answer)
    if kind is None or place is None:
        return None
    at = time_at(value, "submitted_at" if kind == "review" else "created_at")
    return _event(answer, place, kind, at, user_at(value, "user"), **item_fields(value, cuts))


def _kind_of_item(value: dict[str, Any]) -> Kind | None:
    if "diff_hunk" in value or "pull_request_review_id" in value:
        return "review_comment"
    if "state" in value and "user" in value and "body" in value and ("submitted_at" in value or "commit_id" in value):
        return "review"
    return "comment" if "issue_url" in value and isinstance(value.get("body"), str) else None


def _place_of_item(answer: Answer) -> Place | None:
    """What a comment or review is about: its page says whether that is a pull request, its links say which."""
    links = (text_at(answer.value, key) for key in ("html_url", "pull_request_url", "issue_url"))
    told = next((place for address in links if (place := place_of(address)) is not None), None)
    return _as_asked(answer, told)


def _as_asked(answer: Answer, told: Place | None) -> Place | None:
    """The place that was asked for, where that is known: a repository that was renamed answers by its new name."""
    asked = place_of(answer.url)
    if asked is None:
        return told
    return asked._replace(subject=told.subject if told else asked.subject, part="")


def _described(answer: Answer, cuts: Cuts) -> ConversationEvent | None:
    """A pull_request object, or an issue object, which may be a pull request's."""
    value = answer.value
    number = integer_at(value, "number")
    links = [place for key in ("html_url", "url") if (place := place_of(text_at(value, key))) is not None]
    full_name = repository_name(name_at(object_at(object_at(value, "base"), "repo"), "full_name"))
    repository = full_name or next((place.repository for place in links), None)
    is_pull = "base" in value or is_pull_request(value) or "pull_request" in {place.subject for place in links[:1]}
    subject: Subject = "pull_request" if is_pull else "issue"
    place = _as_asked(answer, Place(repository, number, subject, "") if repository and number else None)
    if place is None:
        return None
    at = time_at(value, "updated_at") or time_at(value, "created_at")
    told = {"merged": is_merged(value), "facts": facts_of(value, cuts), "commits": commits_of(value)}
    return _event(answer, place, "status", at, None, **told)


def _file_diff(answer: Answer, cuts: Cuts) -> ConversationEvent | None:
    """A file that a pull request changes; only the address that was asked says which pull request."""
    place = place_of(answer.url)
    if place is None or place.part != "files":
        return None
    hunk = cuts.patch(text_at(answer.value, "patch"))
    return _event(answer, place, "file_diff", None, None, path=name_at(answer.value, "filename"), hunk=hunk)


def _refused(answer: Answer) -> ConversationEvent | None:
    place = place_of(answer.url)
    if place is None or place.part:  # a missing part is not a missing pull request
        return None
    action = FORBIDDEN if answer.status == FORBIDDEN_STATUS else DELETED
    return _event(answer, place, "status", None, None, action=action)


def _event(
    answer: Answer, place: Place, kind: Kind, at: datetime | None, user: User | None, **others: Any
) -> ConversationEvent:
    fields: dict[str, Any] = {"action": "", "merged": False, "facts": None} | others
    return ConversationEvent(
        reference=answer.reference,
        event_id="",
        at=at or EPOCH,
        repository=place.repository,
        number=place.number,
        subject=place.subject,
        kind=kind,
        user=user or NOBODY,
        **fields,
    )

"""What the API is asked about a conversation, page by page, and kept.

First what it is; only if that can become a document, its comments, reviews and changed files as well.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from pipelines.completing.api_client import ApiClient, NoAnswer, Reply
from pipelines.completing.stored_answers import AnswersFolder, StoredAnswer
from pipelines.readers.github.conversation import Conversation, assemble
from pipelines.readers.github.conversation_options import ConversationOptions
from pipelines.readers.github.conversation_rules import reason_in_facts
from pipelines.readers.github.events import Subject
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.readers.github.rest_answers import FORBIDDEN_STATUS, GONE_STATUSES, Answer, event_of_answer

Outcome = Literal["completed", "needs_no_more", "partly", "gone", "forbidden", "failed", "not_askable"]

ANSWERS_PER_PAGE = 100  # the API's most
MAX_PAGES = 10
KEPT_STATUSES = GONE_STATUSES | {FORBIDDEN_STATUS, 200}
_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_NEXT = re.compile(r'rel="?next"?')


class Asking:
    """Asks what conversations lack; what came is kept in `answers`, and what is kept is not asked again.

    `refresh`: what is kept is asked again, and sent again only if it changed.
    """

    def __init__(self, address: str, client: ApiClient, answers: AnswersFolder, refresh: bool = False) -> None:
        self._address, self._client, self._answers, self._refresh = address, client, answers, refresh

    def about(self, conversation: Conversation, subject: Subject, options: ConversationOptions) -> Outcome:
        """Ask all about `conversation`; OutOfRequests and AccessError pass, everything else is an outcome."""
        if not _NAME.fullmatch(conversation.repository):
            return "not_askable"
        repository = f"{self._address}/repos/{conversation.repository}"
        kind = "pulls" if subject == "pull_request" else "issues"
        try:
            found = self._answer(f"{repository}/{kind}/{conversation.number}")
        except NoAnswer:
            return "failed"
        if found.status != 200:
            return "forbidden" if found.status == FORBIDDEN_STATUS else "gone"
        if not isinstance(found.data, dict):
            return "failed"
        if not _is_worth_more(found, options):
            return "needs_no_more"
        try:
            for part in _parts(subject, found.data):
                self._ask_pages(f"{repository}/{part.format(number=conversation.number)}")
        except NoAnswer:
            return "partly"
        return "completed"

    def _ask_pages(self, address: str) -> None:
        """Ask page after page by number; the API's own links to them name no repository."""
        for page in range(1, MAX_PAGES + 1):
            query = f"per_page={ANSWERS_PER_PAGE}" + (f"&page={page}" if page > 1 else "")
            if not self._answer(f"{address}?{query}").has_next:
                return

    def _answer(self, address: str) -> StoredAnswer:
        known = self._answers.get(address)
        if known is not None and not self._refresh:
            return known
        reply = self._client.get(address, known.etag if known else "")
        if reply.status == 304 and known is not None:
            return known
        if reply.status not in KEPT_STATUSES:
            raise NoAnswer(f"status {reply.status}")
        has_next = _NEXT.search(reply.headers.get("link", "")) is not None
        answer = StoredAnswer(address, reply.status, _data(reply), reply.headers.get("etag", ""), has_next)
        self._answers.put(answer)
        return answer


def _parts(subject: Subject, value: dict[str, Any]) -> Iterator[str]:
    """The paths below a repository that tell the rest; what the answer counts as none is not asked."""
    if value.get("comments") != 0:
        yield "issues/{number}/comments"
    if subject == "pull_request":
        if value.get("review_comments") != 0:
            yield "pulls/{number}/comments"
        yield "pulls/{number}/reviews"
        yield "pulls/{number}/files"


def _is_worth_more(found: StoredAnswer, options: ConversationOptions) -> bool:
    """Whether what the answer says can become a document."""
    event = event_of_answer(Answer(found.url, found.data, found.url), options.cuts())
    if event is None or event.facts is None or not isinstance(options, PullRequestOptions):
        return True
    return reason_in_facts(assemble([event]), event.facts, options) is None


def _data(reply: Reply) -> Any:
    """The JSON of an answer; NoAnswer where it is none. What is refused says nothing that is kept."""
    if reply.status != 200:
        return None
    try:
        data = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise NoAnswer("no JSON") from error
    if not isinstance(data, dict | list):
        raise NoAnswer("no JSON object or list")
    return data

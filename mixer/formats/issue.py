"""An issue and its comments as a document (StarCoder 2, Lozhkov et al. 2024).

    <issue_start>Title: t\\nusername_0: text<issue_comment>username_1: text<issue_closed>

Pull requests, which GitHub lists among the issues, are a format of their own: the caller tells them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mixer.formats.names import Names
from mixer.formats.texts import TextLimits, one_line, readable
from mixer.segments import Rendered, TextWithMarks

ISSUE_START = "<issue_start>"
ISSUE_COMMENT = "<issue_comment>"
ISSUE_CLOSED = "<issue_closed>"
MARKS = (ISSUE_START, ISSUE_COMMENT, ISSUE_CLOSED)

MAX_TITLE_CHARS = 500  # as for pull requests; GitHub allows 256
TEXT_LIMITS = TextLimits(max_lines=80, first_lines=60, last_lines=20, max_chars=None)  # StarCoder's

# StarCoder's (Li et al. 2023): what a conversation has to be worth; lengths of all texts without the title.
MIN_CHARS = 200
MAX_CHARS_OF_ONE_USER = 7_000
MAX_EVENTS_OF_ONE_USER = 10


@dataclass(frozen=True, slots=True)
class IssueComment:
    """A comment by a login; who is a bot, the caller knows."""

    user: str
    text: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue and its comments in the order of time."""

    title: str
    author: str
    body: str
    comments: Sequence[IssueComment] = ()
    is_closed: bool = False
    is_opened_by_bot: bool = False


def render_issue(issue: Issue) -> Rendered:
    """The text of `issue`, without bots' and empty comments, and its marks."""
    opening, comments = _shown(issue)
    names = Names([issue.author, *(comment.user for comment in comments)])
    document = TextWithMarks().mark(ISSUE_START)
    document.text(f"Title: {one_line(issue.title, MAX_TITLE_CHARS)}\n{names.said(issue.author, opening)}")
    for comment in comments:
        document.mark(ISSUE_COMMENT).text(names.said(comment.user, comment.text))
    if issue.is_closed:
        document.mark(ISSUE_CLOSED)
    return document.build()


def refusal_of(issue: Issue) -> str | None:
    """The reason to make no document of `issue`; None: keep it."""
    opening, comments = _shown(issue)
    text_chars = len(opening) + sum(len(comment.text) for comment in comments)
    users = {issue.author.lower(), *(comment.user.lower() for comment in comments)}
    events = 1 + len(comments) + issue.is_closed
    if issue.is_opened_by_bot:
        return "opened_by_bot"
    if text_chars < MIN_CHARS:
        return "too_short"
    if len(users) == 1 and text_chars > MAX_CHARS_OF_ONE_USER:
        return "one_user_too_long"
    if len(users) == 1 and events > MAX_EVENTS_OF_ONE_USER:
        return "one_user_too_many_events"
    return None


def _shown(issue: Issue) -> tuple[str, list[IssueComment]]:
    """The opening's text and the comments by people, each as a reader sees it."""
    said = [
        IssueComment(comment.user, readable(comment.text, TEXT_LIMITS))
        for comment in issue.comments
        if not comment.is_bot
    ]
    return readable(issue.body, TEXT_LIMITS), [comment for comment in said if comment.text]

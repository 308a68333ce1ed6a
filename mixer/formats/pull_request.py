"""A pull request and its conversation as a document (StarCoder 2, Lozhkov et al. 2024).

    <pr>Title: t\\nusername_0: description<pr_status>opened<repo_name>owner/name
    <pr_base><pr_file>path<pr_base_code>code
    <pr_diff><pr_file>path<pr_diff_hunk>@@ ...<pr_diff_hunk>@@ ...
    <pr_comment>username_1: text<pr_event_id>1
    <pr_review>username_1: text<pr_event_id>2<pr_review_state>approved
    <pr_review_comment><pr_event_id>3<pr_in_reply_to_review_id>2<pr_in_reply_to_comment_id>1<pr_file>path
        <pr_diff_hunk_comment_line>7<pr_diff_hunk>@@ ...<pr_comment>username_1: text
    <pr>username_1<pr_status>closed<pr_is_merged>True

(the line ends between the parts are this comment's). Parts that there are none of are left out. A thread's hunk
stands at its first comment alone. The constants are the paper's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mixer.formats.names import Names
from mixer.formats.texts import TextLimits, one_line, readable, scalar_text
from mixer.segments import Rendered, TextWithMarks

PR = "<pr>"
PR_STATUS = "<pr_status>"
REPO_NAME = "<repo_name>"
PR_BASE = "<pr_base>"
PR_FILE = "<pr_file>"
PR_BASE_CODE = "<pr_base_code>"
PR_DIFF = "<pr_diff>"
PR_DIFF_HUNK = "<pr_diff_hunk>"
PR_COMMENT = "<pr_comment>"
PR_EVENT_ID = "<pr_event_id>"
PR_REVIEW = "<pr_review>"
PR_REVIEW_STATE = "<pr_review_state>"
PR_REVIEW_COMMENT = "<pr_review_comment>"
PR_IN_REPLY_TO_REVIEW_ID = "<pr_in_reply_to_review_id>"
PR_IN_REPLY_TO_COMMENT_ID = "<pr_in_reply_to_comment_id>"
PR_DIFF_HUNK_COMMENT_LINE = "<pr_diff_hunk_comment_line>"
PR_IS_MERGED = "<pr_is_merged>"

CODE_MARKS = (PR_BASE, PR_BASE_CODE, PR_DIFF)  # of what needs the repository: base files and diffs
REPLY_MARKS = (PR_IN_REPLY_TO_REVIEW_ID, PR_IN_REPLY_TO_COMMENT_ID)
CONVERSATION_MARKS = (
    PR,
    PR_STATUS,
    REPO_NAME,
    PR_COMMENT,
    PR_EVENT_ID,
    PR_REVIEW,
    PR_REVIEW_STATE,
    PR_REVIEW_COMMENT,
    PR_FILE,
    PR_DIFF_HUNK_COMMENT_LINE,
    PR_DIFF_HUNK,
    PR_IS_MERGED,
)
MARKS = CONVERSATION_MARKS + CODE_MARKS + REPLY_MARKS

TEXT_LIMITS = TextLimits(max_lines=80, first_lines=60, last_lines=20, max_chars=1_000)


@dataclass(frozen=True, slots=True)
class BaseFile:
    """A file, or what is shown of it, as it was before the pull request."""

    path: str
    code: str


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What the pull request changes in one file, hunk by hunk."""

    path: str
    hunks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on the whole."""

    user: str
    text: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Review:
    """A review; `state` is GitHub's: approved, changes_requested, commented or dismissed."""

    user: str
    text: str
    event_id: str
    state: str


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """A comment on a line of a diff; ids are empty, the line None where they are not known."""

    user: str
    text: str
    event_id: str
    path: str
    line_number: int | None = None
    hunk: str = ""
    in_reply_to_review_id: str = ""
    in_reply_to_comment_id: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a pull request."""

    user: str
    is_merged: bool


Remark = Comment | Review | ReviewComment
Event = Remark | Closing


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request and its events in the order of time; users are logins, and bots' events are left out."""

    repository: str
    title: str
    author: str
    description: str
    base_files: Sequence[BaseFile] = ()
    diffs: Sequence[FileDiff] = ()
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class PullRequestLimits:
    """How much is kept; lengths in characters."""

    max_title_chars: int = 500
    max_hunk_chars: int = 10_000  # longer hunks are omitted whole
    min_comment_chars: int = 20  # shorter comments are left out; reviews and review comments stay
    texts: TextLimits | None = TEXT_LIMITS  # None: the caller made the texts readable already


def render_pull_request(pull: PullRequest, limits: PullRequestLimits | None = None) -> Rendered:
    """The text of `pull`, logins as `username_i`, and its marks; `limits` None: the paper's."""
    limits = limits or PullRequestLimits()
    events = list(_shown(pull.events, limits))
    names = Names([pull.author, *(event.user for event in events)])
    document = TextWithMarks()
    description = names.said(pull.author, _readable(pull.description, limits))
    document.mark(PR).text(f"Title: {one_line(pull.title, limits.max_title_chars)}\n{description}")
    document.mark(PR_STATUS).text("opened").mark(REPO_NAME).text(pull.repository)
    _add_code(document, pull, limits)
    shown_hunks: set[tuple[str, str]] = set()
    for event in events:
        if isinstance(event, Closing):
            document.mark(PR).text(names[event.user]).mark(PR_STATUS).text("closed")
            document.mark(PR_IS_MERGED).text(str(event.is_merged))
        elif isinstance(event, ReviewComment):
            _add_review_comment(document, event, names, shown_hunks)
        else:
            document.mark(PR_REVIEW if isinstance(event, Review) else PR_COMMENT)
            document.text(names.said(event.user, event.text)).mark(PR_EVENT_ID).text(event.event_id)
            if isinstance(event, Review):
                document.mark(PR_REVIEW_STATE).text(event.state)
    return document.build()


def _shown(events: Sequence[Event], limits: PullRequestLimits) -> Iterator[Event]:
    """The events that say something, cut to the limits."""
    for event in events:
        if isinstance(event, Closing):
            yield event
            continue
        remark: Remark = replace(event, text=_readable(event.text, limits))
        if isinstance(remark, ReviewComment):
            remark = replace(remark, hunk=_hunk(remark.hunk, limits))
        if _says_something(remark, limits):
            yield remark


def _says_something(remark: Remark, limits: PullRequestLimits) -> bool:
    """Short comments say nothing; nor does the empty review that GitHub wraps around review comments."""
    if isinstance(remark, Comment):
        return len(remark.text) >= limits.min_comment_chars
    return bool(remark.text) or (isinstance(remark, Review) and remark.state != "commented")


def _readable(text: str, limits: PullRequestLimits) -> str:
    return text if limits.texts is None else readable(text, limits.texts)


def _hunk(hunk: str, limits: PullRequestLimits) -> str:
    """`hunk`, or nothing where it is too long."""
    return scalar_text(hunk) if len(hunk) <= limits.max_hunk_chars else ""


def _add_code(document: TextWithMarks, pull: PullRequest, limits: PullRequestLimits) -> None:
    """The base files and the diffs; a file without a hunk that may be shown is left out."""
    if pull.base_files:
        document.mark(PR_BASE)
    for file in pull.base_files:
        document.mark(PR_FILE).text(file.path).mark(PR_BASE_CODE).text(file.code)
    cut = [(diff.path, [hunk for hunk in (_hunk(hunk, limits) for hunk in diff.hunks) if hunk]) for diff in pull.diffs]
    diffs = [(path, hunks) for path, hunks in cut if hunks]
    if diffs:
        document.mark(PR_DIFF)
    for path, hunks in diffs:
        document.mark(PR_FILE).text(path)
        for hunk in hunks:
            document.mark(PR_DIFF_HUNK).text(hunk)


def _add_review_comment(
    document: TextWithMarks, comment: ReviewComment, names: Names, shown_hunks: set[tuple[str, str]]
) -> None:
    document.mark(PR_REVIEW_COMMENT).mark(PR_EVENT_ID).text(comment.event_id)
    if comment.in_reply_to_review_id:
        document.mark(PR_IN_REPLY_TO_REVIEW_ID).text(comment.in_reply_to_review_id)
    if comment.in_reply_to_comment_id:
        document.mark(PR_IN_REPLY_TO_COMMENT_ID).text(comment.in_reply_to_comment_id)
    document.mark(PR_FILE).text(comment.path)
    if comment.line_number:
        document.mark(PR_DIFF_HUNK_COMMENT_LINE).text(str(comment.line_number))
    if comment.hunk and (comment.path, comment.hunk) not in shown_hunks:
        shown_hunks.add((comment.path, comment.hunk))
        document.mark(PR_DIFF_HUNK).text(comment.hunk)
    document.mark(PR_COMMENT).text(names.said(comment.user, comment.text))

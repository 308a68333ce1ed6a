"""A conversation as a document: StarCoder 2's pull-request format, its sentinels as marks.

    <pr>Title: t\\nusername_0: description<pr_status>opened<repo_name>owner/name
    <pr_comment>username_1: text<pr_event_id>1
    <pr_review>username_1: text<pr_event_id>2<pr_review_state>approved
    <pr_review_comment><pr_event_id>3<pr_file>path<pr_diff_hunk_comment_line>7
        <pr_diff_hunk>@@ ...<pr_comment>username_1: text
    <pr>username_1<pr_status>closed<pr_is_merged>True

(the line ends between the parts are this comment's). The base files and diffs of the full format need the
repository and are left out. A thread's hunk stands at its first comment alone.
"""

from pipelines.document import TextWithMarks
from pipelines.readers.github.conversation import Conversation
from pipelines.readers.github.conversation_text import with_names
from pipelines.readers.github.events import ConversationEvent, Facts
from pipelines.readers.github.pull_request_options import PullRequestOptions

PR = "<pr>"
PR_STATUS = "<pr_status>"
REPO_NAME = "<repo_name>"
PR_COMMENT = "<pr_comment>"
PR_EVENT_ID = "<pr_event_id>"
PR_REVIEW = "<pr_review>"
PR_REVIEW_STATE = "<pr_review_state>"
PR_REVIEW_COMMENT = "<pr_review_comment>"
PR_FILE = "<pr_file>"
PR_DIFF_HUNK_COMMENT_LINE = "<pr_diff_hunk_comment_line>"
PR_DIFF_HUNK = "<pr_diff_hunk>"
PR_IS_MERGED = "<pr_is_merged>"

MARKS = (
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


def render(conversation: Conversation, facts: Facts, options: PullRequestOptions) -> tuple[str, list[tuple[int, str]]]:
    """The text of `conversation`, described by `facts`, and its marks (byte offset, token)."""
    items = [item for item in conversation.human_items if _is_shown(item, options)]
    names = _names(conversation, items)
    document = TextWithMarks()
    description = with_names(facts.description, names)
    document.mark(PR).text(f"Title: {facts.title}\n{names[conversation.author.login.lower()]}: {description}")
    document.mark(PR_STATUS).text("opened").mark(REPO_NAME).text(conversation.repository)
    shown_hunks: set[tuple[str, str]] = set()
    for item in items:
        said = f"{names[item.user.login.lower()]}: {with_names(item.text, names)}"
        if item.kind == "review_comment":
            _add_review_comment(document, item, said, shown_hunks)
            continue
        document.mark(PR_REVIEW if item.kind == "review" else PR_COMMENT).text(said)
        document.mark(PR_EVENT_ID).text(item.item_id)
        if item.kind == "review":
            document.mark(PR_REVIEW_STATE).text(item.state)
    if conversation.closed_by:
        document.mark(PR).text(names[conversation.closed_by.login.lower()]).mark(PR_STATUS).text("closed")
        document.mark(PR_IS_MERGED).text(str(conversation.is_merged))
    return document.build()


def _add_review_comment(
    document: TextWithMarks, item: ConversationEvent, said: str, shown_hunks: set[tuple[str, str]]
) -> None:
    document.mark(PR_REVIEW_COMMENT).mark(PR_EVENT_ID).text(item.item_id)
    document.mark(PR_FILE).text(item.path)
    if item.line_number:
        document.mark(PR_DIFF_HUNK_COMMENT_LINE).text(str(item.line_number))
    if item.hunk and (item.path, item.hunk) not in shown_hunks:
        shown_hunks.add((item.path, item.hunk))
        document.mark(PR_DIFF_HUNK).text(item.hunk)
    document.mark(PR_COMMENT).text(said)


def _is_shown(item: ConversationEvent, options: PullRequestOptions) -> bool:
    """Short comments say nothing; nor does the empty review that GitHub wraps around review comments."""
    if item.kind == "comment":
        return len(item.text) >= options.min_comment_chars
    return bool(item.text) or (item.kind == "review" and item.state != "commented")


def _names(conversation: Conversation, items: list[ConversationEvent]) -> dict[str, str]:
    """`username_i` for every login (in lower case), counted in the order of appearance; the author is 0."""
    users = [conversation.author, *(item.user for item in items)]
    if conversation.closed_by:
        users.append(conversation.closed_by)
    logins = dict.fromkeys(user.login.lower() for user in users)
    return {login: f"username_{index}" for index, login in enumerate(logins)}

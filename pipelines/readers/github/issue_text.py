"""A conversation as the mixer's issue, with logins; the format drops bots and makes texts readable."""

from mixer.formats import issue
from mixer.formats.issue import Issue, IssueComment
from pipelines.readers.github.conversation import Conversation, is_bot
from pipelines.readers.github.events import Facts

MARKS = issue.MARKS


def issue_of(conversation: Conversation, facts: Facts) -> Issue:
    """The issue that `conversation`, described by `facts`, is about."""
    return Issue(
        title=facts.title,
        author=conversation.author.login,
        body=facts.description,
        comments=[
            IssueComment(item.user.login, item.text, is_bot(item.user))
            for item in conversation.items
            if item.kind == "comment"
        ],
        is_closed=conversation.closed is not None,
        is_opened_by_bot=is_bot(conversation.author),
    )

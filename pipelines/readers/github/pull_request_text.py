"""A conversation as a document: what the archives' events tell of a pull request, in the mixer's format.

Base files and diffs are shown where the repository or the REST API told them; the ids of what a comment replies to
are left out. Texts were made readable while the events were read.
"""

from mixer.formats import pull_request
from mixer.formats.pull_request import Closing, Comment, PullRequest, PullRequestLimits, Review, ReviewComment
from mixer.segments import Rendered
from pipelines.readers.github.conversation import Conversation
from pipelines.readers.github.events import ConversationEvent, Facts
from pipelines.readers.github.pull_request_options import PullRequestOptions

MARKS = pull_request.CONVERSATION_MARKS + pull_request.CODE_MARKS


def render(conversation: Conversation, facts: Facts, options: PullRequestOptions) -> Rendered:
    """The text of `conversation`, described by `facts`, and its marks (byte offset, token)."""
    closing = [Closing(conversation.closed_by.login, conversation.is_merged)] if conversation.closed_by else []
    pull = PullRequest(
        repository=conversation.repository,
        title=facts.title,
        author=conversation.author.login,
        description=facts.description,
        base_files=conversation.base_files,
        diffs=conversation.diffs,
        events=[*map(_remark, conversation.human_items), *closing],
    )
    limits = PullRequestLimits(
        max_title_chars=options.max_title_chars,
        max_hunk_chars=options.max_hunk_chars,
        min_comment_chars=options.min_comment_chars,
        texts=None,
    )
    return pull_request.render_pull_request(pull, limits)


def _remark(item: ConversationEvent) -> Comment | Review | ReviewComment:
    user = item.user.login
    if item.kind == "review":
        return Review(user, item.text, item.item_id, item.state)
    if item.kind == "comment":
        return Comment(user, item.text, item.item_id)
    return ReviewComment(user, item.text, item.item_id, item.path, item.line_number, item.hunk)

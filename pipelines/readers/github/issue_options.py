"""What a recipe may write under the options of a source of issues.

What an issue has to be worth and how its texts are cut are the format's own constants (`mixer.formats.issue`).
"""

from mixer.formats.issue import MAX_TITLE_CHARS
from pipelines.readers.github.conversation_options import MAX_RAW_TEXT_CHARS, ConversationOptions
from pipelines.readers.github.conversation_text import Cuts


class IssueOptions(ConversationOptions):
    """How issues are read."""

    def cuts(self) -> Cuts:
        """The format makes texts readable, so they are only bounded here; issues have no hunks."""
        return Cuts(MAX_TITLE_CHARS, MAX_RAW_TEXT_CHARS, None, 0, 0)

"""What sources of pull requests and of issues have in common under their options."""

from typing import ClassVar

from pydantic import Field

from pipelines.readers.github.conversation_text import Cuts
from pipelines.readers.github.event_archives import MAX_LINE_BYTES
from pipelines.source import SourceOptions

MAX_RAW_TEXT_CHARS = 1 << 18  # GitHub's own bound of a description or comment is 65,536


class ConversationOptions(SourceOptions):
    """How events are read."""

    uri_options: ClassVar[tuple[str, ...]] = ("rest",)

    # Answers of GitHub's REST API that complete what the events do not tell: files, folders or patterns.
    rest: tuple[str, ...] = ()

    # Input of more bytes, as stored, is shared out among several tasks by repository. An hour of 2024 has 60 to
    # 150 MB; the events of a share take about as much memory as their archives' bytes.
    split_bytes: int = Field(default=256 << 20, ge=1)

    max_line_bytes: int = Field(default=MAX_LINE_BYTES, ge=1)  # longer event lines are quarantined unread

    def cuts(self) -> Cuts:
        """How much of each text is kept while events are read."""
        raise NotImplementedError

"""The texts of a conversation, cut while its events are read, so that an event in memory is small.

What cuts and replaces is the mixer's.
"""

from dataclasses import dataclass

from mixer.formats import texts
from mixer.formats.names import with_names
from mixer.formats.texts import TextLimits, one_line, scalar_text, without_html_comments

__all__ = ["Cuts", "one_line", "scalar_text", "with_names", "without_html_comments"]


@dataclass(frozen=True, slots=True)
class Cuts:
    """How much of each text is kept; lengths in characters."""

    title_chars: int
    raw_text_chars: int  # texts are cut here before anything else is done to them
    text_limits: TextLimits | None  # None: the format makes them readable later
    hunk_chars: int  # longer hunks are omitted whole
    patch_chars: int  # as are longer patches of a file

    def title(self, text: str) -> str:
        """A title on one line."""
        return one_line(text, self.title_chars)

    def text(self, text: str) -> str:
        """A description or comment."""
        text = text[: self.raw_text_chars]
        return scalar_text(text) if self.text_limits is None else texts.readable(text, self.text_limits)

    def hunk(self, hunk: str) -> str:
        """A hunk of a diff, or nothing where it is too long."""
        return scalar_text(hunk) if len(hunk) <= self.hunk_chars else ""

    def patch(self, patch: str) -> str:
        """All hunks of a file, or nothing where they are too long together."""
        return scalar_text(patch) if len(patch) <= self.patch_chars else ""

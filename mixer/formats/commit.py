"""What a commit did to one file as a document (StarCoder 2, Lozhkov et al. 2024).

    <commit_before>old<commit_msg>subject<commit_after>new

Whether the sides are whole files or the changed span is decided where the file is read.
"""

from dataclasses import dataclass

from mixer.segments import Rendered, TextWithMarks

COMMIT_BEFORE = "<commit_before>"
COMMIT_MSG = "<commit_msg>"
COMMIT_AFTER = "<commit_after>"
MARKS = (COMMIT_BEFORE, COMMIT_MSG, COMMIT_AFTER)


@dataclass(frozen=True, slots=True)
class Commit:
    """One file's text before (empty for a new file) and after a commit, and the message's first line."""

    old: str
    subject: str
    new: str


def render_commit(commit: Commit) -> Rendered:
    """The text of `commit` and its marks."""
    document = TextWithMarks().mark(COMMIT_BEFORE).text(commit.old)
    document.mark(COMMIT_MSG).text(commit.subject).mark(COMMIT_AFTER).text(commit.new)
    return document.build()

"""The texts of a conversation, cut as a recipe's options say; what cuts and replaces is the mixer's."""

from mixer.formats import texts
from mixer.formats.names import with_names
from mixer.formats.texts import TextLimits, one_line, scalar_text, without_html_comments
from pipelines.readers.github.pull_request_options import PullRequestOptions

__all__ = ["one_line", "readable", "scalar_text", "with_names", "without_html_comments"]


def readable(text: str, options: PullRequestOptions) -> str:
    """A description's or comment's `text` as a reader sees it, cut to the options' lines, then characters."""
    limits = TextLimits(
        max_lines=options.max_text_lines,
        first_lines=options.kept_first_lines,
        last_lines=options.kept_last_lines,
        max_chars=options.max_text_chars,
    )
    return texts.readable(text, limits)

"""Texts that people wrote, made fit to read: hidden comments and mail quotes out, long texts cut.

Everything here is one pass over the text: no input makes it slow.
"""

import re
from dataclasses import dataclass

TRUNCATED = "[Truncated]"  # stands between the first and the last lines of a cut text
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TextLimits:
    """How much of a text is kept."""

    max_lines: int  # a text of more lines keeps its first and last
    first_lines: int
    last_lines: int
    max_chars: int | None  # applies after the lines; None: any


def scalar_text(text: str) -> str:
    """`text` with lone surrogates (JSON escapes can carry them, UTF-8 cannot) as U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def with_line_feeds(text: str) -> str:
    """`text` with a line feed for every line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def one_line(text: str, max_chars: int) -> str:
    """`text` on one line, runs of white space as one space, cut to `max_chars`."""
    return " ".join(scalar_text(text[: 4 * max_chars]).split())[:max_chars].rstrip()


def readable(text: str, limits: TextLimits) -> str:
    """A description's or comment's `text` as a reader sees it, cut to the limits' lines, then characters."""
    text = with_line_feeds(scalar_text(text))
    lines = without_email_quotes(without_html_comments(text).strip().split("\n"))
    if len(lines) > limits.max_lines:
        last = lines[len(lines) - limits.last_lines :]
        lines = [*lines[: limits.first_lines], TRUNCATED, *last]
    return "\n".join(lines)[: limits.max_chars].rstrip()


def without_html_comments(text: str) -> str:
    """`text` without `<!-- ... -->`; an unclosed opening hides the rest only at the start of a line.

    That is what a reader of rendered Markdown sees (CommonMark 0.31, HTML blocks of kind 2).
    """
    pieces: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        stop = text.find("-->", start + 4)
        if stop < 0:
            if text[text.rfind("\n", 0, start) + 1 : start].strip():
                break
            return "".join([*pieces, text[at:start]])
        pieces.append(text[at:start])
        at = stop + 3
    return "".join([*pieces, text[at:]])


def without_email_quotes(lines: list[str]) -> list[str]:
    """`lines` without what mail programs put below a reply: `On ... wrote:` on one to three lines, and quotes.

    StarCoder (Li et al. 2023) removes it from issues; it repeats what was said and names people.
    """
    kept: list[str] = []
    at = 0
    while at < len(lines):
        quoted = _end_of_email_quote(lines, at) if lines[at].startswith("On ") else at
        if quoted == at:
            kept.append(lines[at])
            quoted = at + 1
        at = quoted
    return "\n".join(kept).strip().split("\n")


def _end_of_email_quote(lines: list[str], at: int) -> int:
    """The line after the mail quote that line `at` begins; `at` itself where it begins none."""
    head = next((end for end in range(at + 1, at + 4) if lines[end - 1 : end] and _ends_head(lines[end - 1])), at)
    end = head
    while end < len(lines) and (lines[end].startswith(">") or not lines[end].strip()):
        end += 1
    has_quote = any(line.startswith(">") for line in lines[head:end])
    return end if head > at and has_quote else at


def _ends_head(line: str) -> bool:
    return line.rstrip().endswith("wrote:")

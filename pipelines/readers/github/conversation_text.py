"""The texts of a conversation, made fit to read: hidden comments out, long texts cut, names replaced.

Everything here is one pass over the text: no input makes it slow.
"""

import re
from collections.abc import Mapping

from pipelines.readers.github.pull_request_options import PullRequestOptions

TRUNCATED = "[Truncated]"  # stands between the first and the last lines of a cut text
_SURROGATES = re.compile("[\ud800-\udfff]")
_MENTION = re.compile(r"(?<![A-Za-z0-9_@/.])@([A-Za-z0-9][A-Za-z0-9-]*)")


def scalar_text(text: str) -> str:
    """`text` with lone surrogates (JSON escapes can carry them, UTF-8 cannot) as U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def one_line(text: str, max_chars: int) -> str:
    """`text` on one line, runs of white space as one space, cut to `max_chars`."""
    return " ".join(scalar_text(text[: 4 * max_chars]).split())[:max_chars].rstrip()


def readable(text: str, options: PullRequestOptions) -> str:
    """A description's or comment's `text` as a reader sees it, cut to the options' lines, then characters."""
    text = scalar_text(text).replace("\r\n", "\n").replace("\r", "\n")
    lines = without_email_quotes(without_html_comments(text).strip().split("\n"))
    if len(lines) > options.max_text_lines:
        last = lines[len(lines) - options.kept_last_lines :]
        lines = [*lines[: options.kept_first_lines], TRUNCATED, *last]
    return "\n".join(lines)[: options.max_text_chars].rstrip()


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


def with_names(text: str, names: Mapping[str, str]) -> str:
    """`text` with every `@login` of `names` (keys in lower case) as `@` and its name; others stay."""
    return _MENTION.sub(lambda found: "@" + names.get(found[1].lower(), found[1]), text)

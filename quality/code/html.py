"""Visible text of HTML: what stands outside of tags, comments, scripts and styles."""

from typing import Any

from quality.code.segments import begins_with, says
from quality.code.syntax import packed
from quality.kernel import kernel

LESS, GREATER, SLASH, BANG, QUESTION = ord("<"), ord(">"), ord("/"), ord("!"), ord("?")
DOUBLE, SINGLE = ord('"'), ord("'")
COMMENT_OPEN, COMMENT_CLOSE = packed("<!--"), packed("-->")
SCRIPT, STYLE = packed("script"), packed("style")


@kernel
def count_html_text(text: Any) -> int:
    """Characters of visible text, whitespace included, as StarCoder's filter counts those of BeautifulSoup's get_text.

    A character reference counts as it is written. A tag that does not end takes the rest of the file.
    """
    n_chars = 0
    at = 0
    while at < len(text):
        if text[at] == LESS and _opens_tag(text, at):
            at = _after_markup(text, at)
        else:
            n_chars += text[at] & 0xC0 != 0x80
            at += 1
    return n_chars


@kernel
def _opens_tag(text: Any, at: int) -> bool:
    if at + 1 >= len(text):
        return False
    after = text[at + 1]
    return after in (SLASH, BANG, QUESTION) or (after | 32 >= 97 and after | 32 <= 122)


@kernel
def _after_markup(text: Any, at: int) -> int:
    """Behind the tag or comment that begins at `at`, and behind what a script or style holds."""
    if begins_with(text, at, COMMENT_OPEN):
        return _behind(text, at + 4, COMMENT_CLOSE, 3)
    is_script = says(text, at + 1, SCRIPT)
    is_style = says(text, at + 1, STYLE)
    at = _tag_end(text, at)
    if is_script:
        return _closing_tag(text, at, SCRIPT)
    return _closing_tag(text, at, STYLE) if is_style else at


@kernel
def _behind(text: Any, at: int, marker: int, length: int) -> int:
    while at < len(text):
        if begins_with(text, at, marker):
            return at + length
        at += 1
    return len(text)


@kernel
def _tag_end(text: Any, at: int) -> int:
    """Behind the `>` of the tag, those in quoted values left out."""
    quote = 0
    while at < len(text):
        byte = text[at]
        at += 1
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in (DOUBLE, SINGLE):
            quote = byte
        elif byte == GREATER:
            return at
    return len(text)


@kernel
def _closing_tag(text: Any, at: int, name: int) -> int:
    """Where `</name` begins; the text's end where it does not."""
    while at < len(text):
        if text[at] == LESS and at + 1 < len(text) and text[at + 1] == SLASH and says(text, at + 2, name):
            return at
        at += 1
    return len(text)

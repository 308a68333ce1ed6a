"""Visible text of HTML: what stands outside of tags, comments, scripts and styles."""

from typing import Any

from quality.code.lines import says
from quality.code.segments import begins_with
from quality.code.syntax import packed
from quality.kernel import kernel

LESS, GREATER, SLASH, BANG, QUESTION = ord("<"), ord(">"), ord("/"), ord("!"), ord("?")
DOUBLE, SINGLE = ord('"'), ord("'")
COMMENT_OPEN, COMMENT_CLOSE = packed("<!--"), packed("-->")
SCRIPT, STYLE = packed("script"), packed("style")


@kernel
def count_html_text(data: Any, start: int, end: int) -> int:
    """Characters of visible text, whitespace included, as StarCoder's filter counts those of BeautifulSoup's get_text.

    A character reference counts as it is written. A tag that does not end takes the rest of the file.
    """
    n_chars = 0
    at = start
    while at < end:
        if data[at] == LESS and _opens_tag(data, at, end):
            at = _after_markup(data, at, end)
        else:
            n_chars += data[at] & 0xC0 != 0x80
            at += 1
    return n_chars


@kernel
def _opens_tag(data: Any, at: int, end: int) -> bool:
    if at + 1 >= end:
        return False
    after = data[at + 1]
    return after == SLASH or after == BANG or after == QUESTION or (0x61 <= (after | 0x20) and (after | 0x20) <= 0x7A)


@kernel
def _after_markup(data: Any, at: int, end: int) -> int:
    """Behind the tag or comment that begins at `at`, and behind what a script or style holds."""
    if begins_with(data, at, end, COMMENT_OPEN):
        return _behind(data, at + 4, end, COMMENT_CLOSE, 3)
    is_script = says(data, at + 1, end, SCRIPT)
    is_style = says(data, at + 1, end, STYLE)
    at = _tag_end(data, at, end)
    if is_script:
        return _closing_tag(data, at, end, SCRIPT)
    return _closing_tag(data, at, end, STYLE) if is_style else at


@kernel
def _behind(data: Any, at: int, end: int, marker: int, length: int) -> int:
    while at < end:
        if begins_with(data, at, end, marker):
            return at + length
        at += 1
    return end


@kernel
def _tag_end(data: Any, at: int, end: int) -> int:
    """Behind the `>` of the tag, those in quoted values left out."""
    quote = 0
    while at < end:
        byte = data[at]
        at += 1
        if quote:
            quote = 0 if byte == quote else quote
        elif byte == DOUBLE or byte == SINGLE:
            quote = byte
        elif byte == GREATER:
            return at
    return end


@kernel
def _closing_tag(data: Any, at: int, end: int, name: int) -> int:
    """Where `</name` begins; the text's end where it does not."""
    while at < end:
        if data[at] == LESS and at + 1 < end and data[at + 1] == SLASH and says(data, at + 2, end, name):
            return at
        at += 1
    return end

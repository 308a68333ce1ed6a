"""Telling comments, strings and code apart, byte by byte, by a language's row of the syntax table."""

from typing import Any

from quality.code.syntax import (
    AFTER_SPACE,
    BRACKET,
    ESCAPE,
    FIRST_ON_LINE,
    MANY_LINES,
    NO_STRING,
    ONE_CHARACTER,
    PLAIN,
    QUOTE,
)
from quality.kernel import kernel

CODE, COMMENT, STRING = 0, 1, 2  # kinds of bytes; a string's quotes are code, a comment's markers are comment

LINE_FEED, CARRIAGE_RETURN, TAB, SPACE = ord("\n"), ord("\r"), ord("\t"), ord(" ")
DOUBLE, SINGLE, BACKTICK = ord('"'), ord("'"), ord("`")


@kernel
def segment(text: Any, syntax: Any, opens: Any, kinds: Any) -> None:
    """Write the kind of every byte of text[start:end] to `kinds` (uint8, from 0).

    `syntax` is the language's SYNTAX_ROW, `opens` uint8[256] what its bytes may open. Time is linear: every byte
    is passed once, and looked at again only by markers of at most seven bytes.
    """
    kinds[: len(text)] = CODE
    depth = 0  # of brackets, where strings may be statements
    at = 0
    while True:
        while at < len(text) and opens[text[at]] == PLAIN:
            at += 1
        if at >= len(text):
            return
        opening = opens[text[at]]
        if opening == BRACKET:
            depth = max(0, depth + _bracket(text[at]))
            at += 1
        elif opening == QUOTE:
            at = _string(text, at, syntax, depth, kinds)
        elif opening == ESCAPE:
            at += 2
        else:
            comment_end = _comment_end(text, at, syntax)
            _mark(kinds, at, comment_end, COMMENT)
            at = max(comment_end, at + 1)


@kernel
def _mark(kinds: Any, start: int, end: int, kind: int) -> None:
    for at in range(start, end):
        kinds[at] = kind


@kernel
def _bracket(byte: int) -> int:
    if byte == 0x28 or byte == 0x5B or byte == 0x7B:  # ( [ {
        return 1
    return -1 if byte == 0x29 or byte == 0x5D or byte == 0x7D else 0  # ) ] }


@kernel
def begins_with(text: Any, at: int, marker: int) -> bool:
    """Whether the bytes from `at` on are those of the packed marker; False for none."""
    if marker == 0:
        return False
    while marker:
        if at >= len(text) or text[at] != marker & 0xFF:
            return False
        marker >>= 8
        at += 1
    return True


@kernel
def _length(marker: int) -> int:
    length = 0
    while marker:
        length += 1
        marker >>= 8
    return length


@kernel
def _comment_end(text: Any, at: int, syntax: Any) -> int:
    """Where the comment ends that begins at `at`; `at` where none does."""
    if begins_with(text, at, syntax.block_open):
        return _block_end(text, at, syntax.block_open, syntax.block_close, syntax.nests)
    if begins_with(text, at, syntax.other_open) and (
        not syntax.other_at_line_start or at == 0 or text[at - 1] == LINE_FEED
    ):
        return _block_end(text, at, syntax.other_open, syntax.other_close, 0)
    opens_line = (
        begins_with(text, at, syntax.line_1)
        or begins_with(text, at, syntax.line_2)
        or begins_with(text, at, syntax.line_3)
    )
    if opens_line and _may_begin(text, at, syntax.line_may_begin):
        return line_end(text, at)
    return at


@kernel
def _may_begin(text: Any, at: int, where: int) -> bool:
    if where == AFTER_SPACE:
        return at == 0 or _is_blank(text[at - 1])
    if where == FIRST_ON_LINE:
        return _is_first_on_line(text, at)
    return True


@kernel
def _is_blank(byte: int) -> bool:
    return byte in (SPACE, TAB, LINE_FEED, CARRIAGE_RETURN)


@kernel
def _is_first_on_line(text: Any, at: int) -> bool:
    while at > 0 and (text[at - 1] == SPACE or text[at - 1] == TAB):
        at -= 1
    return at == 0 or text[at - 1] == LINE_FEED


@kernel
def line_end(text: Any, at: int) -> int:
    """Where the line that `at` lies in ends: its line feed, or the text's end."""
    while at < len(text) and text[at] != LINE_FEED:
        at += 1
    return at


@kernel
def _block_end(text: Any, at: int, opening: int, closing: int, nests: int) -> int:
    """Behind the marker that closes the block; the text's end where nothing does."""
    at += _length(opening)
    depth = 1
    first = closing & 0xFF
    first_opening = opening & 0xFF
    while at < len(text):
        byte = text[at]
        if byte == first and begins_with(text, at, closing):
            at += _length(closing)
            depth -= 1
            if depth == 0:
                return at
        elif nests and byte == first_opening and begins_with(text, at, opening):
            at += _length(opening)
            depth += 1
        else:
            at += 1
    return len(text)


@kernel
def _string_kind(quote: int, syntax: Any) -> Any:
    if quote == DOUBLE:
        return syntax.double
    if quote == SINGLE:
        return syntax.single
    return syntax.backtick if quote == BACKTICK else NO_STRING


@kernel
def _string(text: Any, at: int, syntax: Any, depth: int, kinds: Any) -> int:
    """Mark the string that opens at `at`; where the text goes on."""
    quote = text[at]
    if syntax.triple and at + 2 < len(text) and text[at + 1] == quote and text[at + 2] == quote:
        close = _triple_end(text, at + 3, quote, syntax.escape)
        if syntax.docstrings and depth == 0 and _is_statement(text, at):
            _mark(kinds, at, close, COMMENT)
        else:
            _mark(kinds, at + 3, max(at + 3, close - 3), STRING)
        return close
    kind = _string_kind(quote, syntax)
    if kind == ONE_CHARACTER and not _is_character(text, at, quote, syntax.escape):
        return at + 1
    close = _string_end(text, at + 1, quote, syntax.escape, kind == MANY_LINES)
    _mark(kinds, at + 1, close, STRING)
    return close + 1 if close < len(text) and text[close] == quote else close


@kernel
def _is_statement(text: Any, at: int) -> bool:
    """Whether nothing but a prefix (r, u) stands before the string on its line."""
    if at > 0 and (text[at - 1] | 0x20 == 0x72 or text[at - 1] | 0x20 == 0x75):
        at -= 1
    return _is_first_on_line(text, at)


@kernel
def _is_character(text: Any, at: int, quote: int, escape: int) -> bool:
    """Whether the quote at `at` opens a literal of one character: 'x' or an escape."""
    if at + 2 >= len(text):
        return False
    if escape and text[at + 1] == escape:
        return True
    after = at + 2
    while after < len(text) and text[after] & 0xC0 == 0x80:
        after += 1
    return after < len(text) and text[at + 1] != quote and text[after] == quote and after - at <= 5


@kernel
def _string_end(text: Any, at: int, quote: int, escape: int, goes_over_lines: bool) -> int:
    """Where the string's closing quote is, or the line feed that ends it, or the text's end."""
    while at < len(text):
        byte = text[at]
        if byte == quote or (byte == LINE_FEED and not goes_over_lines):
            return at
        at += 2 if escape and byte == escape else 1
    return len(text)


@kernel
def _triple_end(text: Any, at: int, quote: int, escape: int) -> int:
    """Behind the three closing quotes; the text's end where there are none."""
    while at < len(text):
        byte = text[at]
        if byte == quote and at + 2 < len(text) and text[at + 1] == quote and text[at + 2] == quote:
            return at + 3
        at += 2 if escape and byte == escape else 1
    return len(text)


@kernel
def says(text: Any, at: int, marker: int) -> bool:
    """Whether the packed marker, in lower case, stands at `at` in whatever case."""
    while marker:
        if at >= len(text):
            return False
        byte = text[at]
        if byte >= 0x41 and byte <= 0x5A:
            byte |= 0x20
        if byte != marker & 0xFF:
            return False
        marker >>= 8
        at += 1
    return True

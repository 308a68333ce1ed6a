"""Telling comments, strings and code apart, byte by byte, by a language's row of the syntax table."""

from typing import Any

from quality.code.syntax import AFTER_SPACE, FIRST_ON_LINE, MANY_LINES, NO_STRING, ONE_CHARACTER
from quality.kernel import kernel

CODE, COMMENT, STRING = 0, 1, 2  # kinds of bytes; a string's quotes are code, a comment's markers are comment

LINE_FEED, CARRIAGE_RETURN, TAB, SPACE = ord("\n"), ord("\r"), ord("\t"), ord(" ")
DOUBLE, SINGLE, BACKTICK = ord('"'), ord("'"), ord("`")


@kernel
def segment(data: Any, start: int, end: int, syntax: Any, opens: Any, kinds: Any) -> None:
    """Write the kind of every byte of data[start:end] to `kinds` (uint8, from 0).

    `syntax` is the language's SYNTAX_ROW, `opens` bool[256] its bytes that may open something. Time is linear: every byte
    is passed once, and looked at again only by markers of at most seven bytes.
    """
    kinds[: end - start] = CODE
    depth = 0  # of brackets, where strings may be statements
    at = start
    while at < end:
        byte = data[at]
        if not opens[byte]:
            at += 1
            continue
        comment_end = _comment_end(data, start, at, end, syntax)
        if comment_end > at:
            _mark(kinds, at - start, comment_end - start, COMMENT)
            at = comment_end
        elif _is_quote(byte, syntax):
            at = _string(data, start, at, end, syntax, depth, kinds)
        elif byte == syntax.escape:
            at += 2
        else:
            depth = max(0, depth + _bracket(byte))
            at += 1


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
def begins_with(data: Any, at: int, end: int, marker: int) -> bool:
    """Whether the bytes from `at` on are those of the packed marker; False for none."""
    if marker == 0:
        return False
    while marker:
        if at >= end or data[at] != marker & 0xFF:
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
def _comment_end(data: Any, start: int, at: int, end: int, syntax: Any) -> int:
    """Where the comment ends that begins at `at`; `at` where none does."""
    if begins_with(data, at, end, syntax.block_open):
        return _block_end(data, at, end, syntax.block_open, syntax.block_close, syntax.nests)
    if begins_with(data, at, end, syntax.other_open) and (
        not syntax.other_at_line_start or at == start or data[at - 1] == LINE_FEED
    ):
        return _block_end(data, at, end, syntax.other_open, syntax.other_close, 0)
    opens_line = (
        begins_with(data, at, end, syntax.line_1)
        or begins_with(data, at, end, syntax.line_2)
        or begins_with(data, at, end, syntax.line_3)
    )
    if opens_line and _may_begin(data, start, at, syntax.line_may_begin):
        return _line_end(data, at, end)
    return at


@kernel
def _may_begin(data: Any, start: int, at: int, where: int) -> bool:
    if where == AFTER_SPACE:
        return at == start or _is_blank(data[at - 1])
    if where == FIRST_ON_LINE:
        return _is_first_on_line(data, start, at)
    return True


@kernel
def _is_blank(byte: int) -> bool:
    return byte == SPACE or byte == TAB or byte == LINE_FEED or byte == CARRIAGE_RETURN


@kernel
def _is_first_on_line(data: Any, start: int, at: int) -> bool:
    while at > start and (data[at - 1] == SPACE or data[at - 1] == TAB):
        at -= 1
    return at == start or data[at - 1] == LINE_FEED


@kernel
def _line_end(data: Any, at: int, end: int) -> int:
    while at < end and data[at] != LINE_FEED:
        at += 1
    return at


@kernel
def _block_end(data: Any, at: int, end: int, opening: int, closing: int, nests: int) -> int:
    """Behind the marker that closes the block; the text's end where nothing does."""
    at += _length(opening)
    depth = 1
    first = closing & 0xFF
    first_opening = opening & 0xFF
    while at < end:
        byte = data[at]
        if byte == first and begins_with(data, at, end, closing):
            at += _length(closing)
            depth -= 1
            if depth == 0:
                return at
        elif nests and byte == first_opening and begins_with(data, at, end, opening):
            at += _length(opening)
            depth += 1
        else:
            at += 1
    return end


@kernel
def _is_quote(byte: int, syntax: Any) -> bool:
    return _string_kind(byte, syntax) != NO_STRING


@kernel
def _string_kind(quote: int, syntax: Any) -> int:
    if quote == DOUBLE:
        return syntax.double
    if quote == SINGLE:
        return syntax.single
    return syntax.backtick if quote == BACKTICK else NO_STRING


@kernel
def _string(data: Any, start: int, at: int, end: int, syntax: Any, depth: int, kinds: Any) -> int:
    """Mark the string that opens at `at`; where the text goes on."""
    quote = data[at]
    if syntax.triple and at + 2 < end and data[at + 1] == quote and data[at + 2] == quote:
        close = _triple_end(data, at + 3, end, quote, syntax.escape)
        if syntax.docstrings and depth == 0 and _is_statement(data, start, at):
            _mark(kinds, at - start, close - start, COMMENT)
        else:
            _mark(kinds, at + 3 - start, max(at + 3, close - 3) - start, STRING)
        return close
    kind = _string_kind(quote, syntax)
    if kind == ONE_CHARACTER and not _is_character(data, at, end, quote, syntax.escape):
        return at + 1
    close = _string_end(data, at + 1, end, quote, syntax.escape, kind == MANY_LINES)
    _mark(kinds, at + 1 - start, close - start, STRING)
    return close + 1 if close < end and data[close] == quote else close


@kernel
def _is_statement(data: Any, start: int, at: int) -> bool:
    """Whether nothing but a prefix (r, u) stands before the string on its line."""
    if at > start and (data[at - 1] | 0x20 == 0x72 or data[at - 1] | 0x20 == 0x75):
        at -= 1
    return _is_first_on_line(data, start, at)


@kernel
def _is_character(data: Any, at: int, end: int, quote: int, escape: int) -> bool:
    """Whether the quote at `at` opens a literal of one character: 'x' or an escape."""
    if at + 2 >= end:
        return False
    if escape and data[at + 1] == escape:
        return True
    after = at + 2
    while after < end and data[after] & 0xC0 == 0x80:
        after += 1
    return after < end and data[at + 1] != quote and data[after] == quote and after - at <= 5


@kernel
def _string_end(data: Any, at: int, end: int, quote: int, escape: int, goes_over_lines: bool) -> int:
    """Where the string's closing quote is, or the line feed that ends it, or the text's end."""
    while at < end:
        byte = data[at]
        if byte == quote or (byte == LINE_FEED and not goes_over_lines):
            return at
        at += 2 if escape and byte == escape else 1
    return end


@kernel
def _triple_end(data: Any, at: int, end: int, quote: int, escape: int) -> int:
    """Behind the three closing quotes; the text's end where there are none."""
    while at < end:
        byte = data[at]
        if byte == quote and at + 2 < end and data[at + 1] == quote and data[at + 2] == quote:
            return at + 3
        at += 2 if escape and byte == escape else 1
    return end

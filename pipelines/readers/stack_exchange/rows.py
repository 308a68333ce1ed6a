"""The rows of a dump's Posts.xml in one pass, in memory of a row: a `<row .../>` element for each post.

XML is read as far as dumps use it. There is no document type, so no entity of its own and nothing external: what is
neither a row nor the frame around rows (declaration, `<posts>`) costs the stretch up to the next `<row`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from pipelines.readers.web.forward_reader import READ_BYTES, DamagedStream, ForwardReader

Problem = Literal["malformed_row", "not_a_row", "row_too_large", "broken_compression", "posts_not_closed"]

_ROW = b"<row"
_CLOSING_BYTES = 64  # `</posts>` and white space
_SHOWN_BYTES = 60
_ATTRIBUTE = rb"""\s++([A-Za-z_:][\w:.-]*+)\s*+=\s*+(?:"([^"<]*+)"|'([^'<]*+)')"""
_TAG = re.compile(rb"<row(?:" + _ATTRIBUTE + rb")*+\s*+/?>")
_NEXT_ATTRIBUTE = re.compile(_ATTRIBUTE)
_END = re.compile(rb"\s*+/?>")
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?+\s*+(?:<\?xml[^<>?]*+\?>)?+\s*+(?:<posts[^<>]*+>)?+\s*+")
_TAIL = re.compile(rb"\s*+(?:</row\s*+>)?+\s*+(?:</posts\s*+>)?+\s*+")
_REFERENCE = re.compile(r"&(?:#x([0-9A-Fa-f]{1,8})|#([0-9]{1,10})|([a-z]{1,8}));|&")
_WHITE_SPACE = re.compile(r"\r\n|[\t\n\r]")  # an attribute's value has spaces for these (XML 1.0, 3.3.3)
_USUAL = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#xA;", "\n"), ("&#xD;", "\r"))
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}  # XML 1.0, 4.6: there are no others


class Stretch(NamedTuple):
    """What stands from byte `offset` (of uncompressed content) to the next row: a row's element, or a problem."""

    offset: int
    data: bytes = b""
    problem: Problem | None = None
    detail: str = ""


class RowError(ValueError):
    """A row's element that is no XML, or no text; `reason` says which."""

    def __init__(self, reason: Literal["malformed_row", "not_utf8"], detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def stretches(reader: ForwardReader, max_row_bytes: int) -> Iterator[Stretch]:
    """What stands before the first `<row` (even if it is nothing), and from each to the next; not looked into yet."""
    is_open = False
    last = Stretch(0)
    for last in _pieces(reader, max_row_bytes):
        if last.offset == 0 and (head := _HEAD.match(last.data)):
            is_open = b"<posts" in head[0]
        yield last
    if is_open and last.problem is None and b"</posts" not in last.data[-_CLOSING_BYTES:]:
        yield Stretch(last.offset + len(last.data), problem="posts_not_closed", detail="the file is cut off")


def parts_of(stretch: Stretch) -> Iterator[Stretch]:
    """The row at a stretch's start, and what stands in it beside a row and the frame around rows, as a problem."""
    if stretch.problem is not None:
        yield stretch
        return
    if not stretch.data.startswith(_ROW):
        head = _HEAD.match(stretch.data)
        end = head.end() if head else 0
    else:
        tag = _TAG.match(stretch.data)
        end = tag.end() if tag else len(stretch.data)
        yield Stretch(stretch.offset, stretch.data[:end], None if tag else "malformed_row")
        tail = _TAIL.match(stretch.data, end)
        end = tail.end() if tail else end
    if end < len(stretch.data):
        shown = stretch.data[end : end + _SHOWN_BYTES].decode("utf-8", "backslashreplace")
        yield Stretch(stretch.offset + end, stretch.data[end:], "not_a_row", shown)


def _pieces(reader: ForwardReader, max_row_bytes: int) -> Iterator[Stretch]:
    """What stands before the first `<row`, even if it is nothing, and from each to the next."""
    data, offset = b"", 0  # not yet given, and where it begins
    searched = 0  # no row begins in `data` before this, but the one at its start
    dropped = 0  # bytes of a stretch over the limit that are gone
    try:
        while more := reader.read(READ_BYTES):
            data += more
            start = 0
            while (at := data.find(_ROW, searched)) >= 0:
                yield _piece(offset, data[start:at], dropped + at - start, max_row_bytes)
                offset += dropped + at - start
                dropped, start = 0, at
                searched = at + len(_ROW)
            data = data[start:]
            searched = max(len(_ROW) if data.startswith(_ROW) else 0, len(data) - len(_ROW) + 1)
            if len(data) > max_row_bytes:
                dropped += len(data) - len(_ROW) + 1
                data = data[len(data) - len(_ROW) + 1 :]
                searched = 0
    except DamagedStream as damaged:
        yield _piece(offset, data, dropped + len(data), max_row_bytes)
        yield Stretch(offset + dropped + len(data), problem="broken_compression", detail=damaged.detail)
        return
    yield _piece(offset, data, dropped + len(data), max_row_bytes)


def _piece(offset: int, data: bytes, size_bytes: int, max_row_bytes: int) -> Stretch:
    if size_bytes > max_row_bytes:
        return Stretch(offset, b"", "row_too_large", f"{size_bytes} bytes, more than {max_row_bytes}")
    return Stretch(offset, data)


def attributes_at(element: bytes) -> Mapping[str, bytes]:
    """The attributes of the row's element at the start, still escaped; RowError where there is none or one is twice."""
    found: dict[str, bytes] = {}
    at = len(_ROW)
    while attribute := _NEXT_ATTRIBUTE.match(element, at):
        name = attribute[1].decode("ascii")
        if name in found:
            raise RowError("malformed_row", f"{name[:40]} stands twice")
        found[name] = attribute[2] if attribute[2] is not None else attribute[3]
        at = attribute.end()
    if not _END.match(element, at):
        raise RowError("malformed_row", "not an element")
    return found


def text_of(value: bytes) -> str:
    """An attribute's value as text; RowError where it is no UTF-8 or names an entity that XML does not have."""
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise RowError("not_utf8", str(error)) from error
    if "\n" in text or "\r" in text or "\t" in text:
        text = _WHITE_SPACE.sub(" ", text)
    for reference, character in _USUAL:  # no reference can come of what these leave behind
        text = text.replace(reference, character)
    return _REFERENCE.sub(_referenced, text) if text.count("&") > text.count("&amp;") else text.replace("&amp;", "&")


def _referenced(reference: re.Match[str]) -> str:
    """The character of a reference; U+FFFD for one that XML does not allow, such as a control character."""
    hexadecimal, decimal, name = reference.groups()
    if name in _NAMED:
        return _NAMED[name]
    if not hexadecimal and not decimal:
        raise RowError("malformed_row", f"{reference[0]} is no entity of XML")
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return chr(code) if allowed else "\ufffd"

"""Bytes of a page to text: which character encoding, and how much of it did not decode."""

import codecs
import re
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

MAX_UNDECODABLE_SHARE = 0.1
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# https://encoding.spec.whatwg.org/ means these larger sets by the older names.
LARGER_SETS = {
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-11": "cp874",
}
# Every byte sequence is text in most of these, so a wrong declaration of one never shows by itself.
SINGLE_BYTE_PREFIXES = ("cp125", "iso8859", "windows-125", "iso-8859", "latin", "koi8", "mac")
META_BYTES = 1 << 16
META_CHARSET = re.compile(rb"<meta\s[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
CONTROL_CHARACTERS = dict.fromkeys((*range(9), *range(14, 32), *range(127, 160), 65279))
REPLACEMENT = "\ufffd"


class DecodedText(NamedTuple):
    """Text, its encoding by Python's name, and what told it: `bom`, `header`, `meta`, or `content` (its bytes)."""

    text: str
    encoding: str
    told_by: str


class Undecodable(Exception):
    """More than MAX_UNDECODABLE_SHARE of the characters are replacements or control characters."""


def decoded_text(data: bytes, declared: str | None, is_html: bool = False) -> DecodedText:
    """The text of `data` and its encoding; raises Undecodable.

    A byte order mark counts most (as in WHATWG's standard), then `declared` (the HTTP header's charset), then
    the page's own `<meta>`, then what resiliparse detects. A single-byte encoding is passed over for UTF-8 where the
    bytes are valid UTF-8 and not all ASCII: that hardly happens by chance. A declared encoding that fails on most of
    the non-ASCII characters is a wrong declaration: then the detected one is taken. Line ends become line feeds and
    control characters go.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return DecodedText(_cleaned(data[len(mark) :].decode(encoding, "replace")), encoding, "bom")
    encoding, told_by = _declared(data, declared, is_html)
    if encoding.startswith(SINGLE_BYTE_PREFIXES) and _is_utf8_beyond_ascii(data):
        encoding, told_by = "utf-8", "content"
    text = data.decode(encoding, "replace")
    if _is_wrong_encoding(text):
        detected = _detected(data)
        retried = data.decode(detected, "replace")
        if retried.count(REPLACEMENT) < text.count(REPLACEMENT):
            text, encoding, told_by = retried, detected, "content"
    return DecodedText(_cleaned(text), encoding, told_by)


def _declared(data: bytes, declared: str | None, is_html: bool) -> tuple[str, str]:
    """The encoding that the header, the page or else its bytes tell."""
    if encoding := _python_codec(declared):
        return encoding, "header"
    if is_html and (found := META_CHARSET.search(data, 0, META_BYTES)):
        label = (found[1] or b"").decode("ascii", "replace")
        if _python_codec(label):
            return _detected(data, from_meta=True), "meta"
    return _detected(data), "content"


def _python_codec(label: str | None) -> str | None:
    """Python's codec for an encoding's label as WHATWG reads it; None for a label that is not of the web."""
    if not label or not label.isascii():
        return None
    name = map_encoding_to_html5(label, fallback_utf8=False)
    return None if name is None else LARGER_SETS.get(name, name)


def _detected(data: bytes, from_meta: bool = False) -> str:
    encoding = _python_codec(detect_encoding(data, from_html_meta=from_meta)) or "utf-8"
    return "utf-8" if encoding == "cp1252" and data.isascii() else encoding


def _is_utf8_beyond_ascii(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_wrong_encoding(text: str) -> bool:
    replaced = text.count(REPLACEMENT)
    return replaced > 0 and 2 * replaced > len(text) - len(text.encode("ascii", "ignore"))


def _cleaned(text: str) -> str:
    text = LINE_END.sub("\n", text)
    clean = text.translate(CONTROL_CHARACTERS)
    bad = len(text) - len(clean) + clean.count(REPLACEMENT)
    if bad > MAX_UNDECODABLE_SHARE * len(text):
        raise Undecodable(f"{bad} of {len(text)} characters are no text")
    return clean

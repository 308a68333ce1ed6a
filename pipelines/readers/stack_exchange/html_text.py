"""The HTML of posts as text, much as their authors wrote it in Markdown: code, lists, quotes and emphasis kept.

Links keep their words, images go. Posts are sanitised HTML; anything else comes out as some text, in linear time.
"""

import html
import re
from collections.abc import Callable

from pipelines.readers.stack_exchange.text_blocks import TextBlocks

_TOKEN = re.compile(r"<(?:!--[^<>]*+|!?(/?)([A-Za-z][A-Za-z0-9]*+)([^<>]*+))>")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
_CODE_LANGUAGE = re.compile(r"\blang(?:uage)?-([A-Za-z0-9+#]{1,20})")
_BACKTICKS = re.compile("`+")
_LINE_BREAK = "\0"  # inside inline text, whose other white space counts as one space

_EMPHASIS = {"em": "*", "i": "*", "strong": "**", "b": "**", "s": "~~", "strike": "~~", "del": "~~"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    (
        "address",
        "article",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "p",
        "section",
        "summary",
    )
)
_CONTAINERS: dict[str, tuple[Callable[[TextBlocks], None], Callable[[TextBlocks], None]]] = {
    "blockquote": (TextBlocks.begin_quote, TextBlocks.end_quote),
    "ul": (TextBlocks.begin_bullets, TextBlocks.end_list),
    "ol": (TextBlocks.begin_numbers, TextBlocks.end_list),
    "li": (TextBlocks.begin_item, TextBlocks.end_item),
}
_UNSHOWN = ("script", "style")
_RAW = frozenset(("code", "pre", *_UNSHOWN))
_TABLE = frozenset(("table", "tr", "td", "th"))


def text_of_html(source: str) -> str:
    """The text of a post's `source`."""
    return _Converter().convert(source.replace(_LINE_BREAK, "").replace("\r\n", "\n"))


class _Converter:
    """One post: inline text is collected until a block ends, then goes to `TextBlocks`."""

    def __init__(self) -> None:
        self._blocks = TextBlocks()
        self._inline: list[str] = []
        self._raw: list[str] | None = None  # the text of an open <pre>, <code> or unshown element
        self._raw_tag = ""
        self._code_language = ""
        self._heading = 0
        self._in_paragraph = False
        self._table: list[list[str]] | None = None

    def convert(self, source: str) -> str:
        at = 0
        for token in _TOKEN.finditer(source):
            self._add(source[at : token.start()])
            at = token.end()
            if token[2]:
                self._tag(token[2].lower(), bool(token[1]), token[3])
        self._add(source[at:])
        if self._raw is not None:
            self._end_raw()
        self._end_table()
        self._flush()
        return self._blocks.text()

    def _add(self, text: str) -> None:
        if text:
            text = _REFERENCE.sub(_referenced, text) if "&" in text else text
            (self._inline if self._raw is None else self._raw).append(text)

    def _tag(self, name: str, closes: bool, attributes: str) -> None:
        if self._raw is not None:
            self._tag_in_raw(name, closes, attributes)
        elif name in _EMPHASIS:
            self._emphasis(_EMPHASIS[name], closes)
        elif name in _RAW:
            if not closes:
                self._begin_raw(name, attributes)
        elif name == "br":
            self._inline.append(_LINE_BREAK)
        elif name == "sup":
            if not closes and self._inline and self._inline[-1][-1:].isalnum():
                self._inline.append("^")
        elif name in _TABLE:
            self._table_tag(name, closes)
        elif self._table is not None:
            self._inline.append(" ")
        else:
            self._block_tag(name, closes)

    def _block_tag(self, name: str, closes: bool) -> None:
        if name in _BLOCKS:
            self._flush()
            self._in_paragraph = name == "p" and not closes
        elif name in _CONTAINERS:
            self._flush()
            begin, end = _CONTAINERS[name]
            (end if closes else begin)(self._blocks)
        elif name in _HEADINGS:
            self._flush()
            self._heading = 0 if closes else _HEADINGS[name]
        elif name == "hr":
            self._flush()
            self._blocks.add(["---"])

    def _emphasis(self, sign: str, closes: bool) -> None:
        if closes and self._inline and self._inline[-1] == sign:
            self._inline.pop()  # nothing stands between
        else:
            self._inline.append(sign)

    def _begin_raw(self, name: str, attributes: str) -> None:
        if name == "pre" and self._table is None:
            self._flush()
        self._raw, self._raw_tag = [], name
        language = _CODE_LANGUAGE.search(attributes)
        self._code_language = language[1] if language else ""

    def _tag_in_raw(self, name: str, closes: bool, attributes: str) -> None:
        if closes and name == self._raw_tag:
            self._end_raw()
        elif self._raw is not None and name == "br":
            self._raw.append("\n")
        elif self._raw_tag == "pre" and name == "code" and not closes:
            language = _CODE_LANGUAGE.search(attributes)
            self._code_language = language[1] if language else self._code_language
        elif self._raw_tag == "code" and name in ("p", "pre", "li", "blockquote"):  # the element was never closed
            self._end_raw()
            self._tag(name, closes, attributes)

    def _end_raw(self) -> None:
        code = "".join(self._raw or [])
        self._raw = None
        if self._raw_tag in _UNSHOWN or not code.strip():
            return
        ticks = max((len(run) for run in _BACKTICKS.findall(code)), default=0)
        if self._raw_tag == "code" or self._table is not None:
            fence = "`" * (ticks + 1)
            space = " " if code.startswith("`") or code.endswith("`") else ""
            self._inline.append(f"{fence}{space}{code}{space}{fence}")
            return
        fence = "`" * max(3, ticks + 1)
        language = "" if self._code_language == "none" else self._code_language
        self._blocks.add([f"{fence}{language}", *code.strip("\n").split("\n"), fence])

    def _table_tag(self, name: str, closes: bool) -> None:
        if name == "table" and not closes:
            if self._table is None:
                self._flush()
                self._table = []
        elif self._table is not None:
            self._end_cell()
            if name == "table":
                self._end_table()
            elif name == "tr" and not closes:
                self._table.append([])

    def _end_cell(self) -> None:
        cell = self._take_inline().replace("\n", " ").replace("|", "\\|")
        if self._table is not None and cell:
            if not self._table:
                self._table.append([])
            self._table[-1].append(cell)

    def _end_table(self) -> None:
        if self._table is None:
            return
        self._end_cell()
        rows = [f"| {' | '.join(cells)} |" for cells in self._table if cells]
        if rows:
            columns = max(map(len, self._table))
            self._blocks.add([rows[0], f"|{'---|' * columns}", *rows[1:]])
        self._table = None

    def _take_inline(self) -> str:
        """The inline text so far, white space as single spaces, line breaks kept."""
        lines = "".join(self._inline).split(_LINE_BREAK)
        self._inline = []
        return "\n".join(" ".join(line.split()) for line in lines).strip("\n")

    def _flush(self) -> None:
        text = self._take_inline() if self._inline else ""
        if text.strip():
            sign = f"{'#' * self._heading} " if self._heading else ""
            self._blocks.add(f"{sign}{text}".split("\n"), tight=not self._in_paragraph)
        self._in_paragraph = False


def _referenced(reference: re.Match[str]) -> str:
    return html.unescape(reference[0]).replace(_LINE_BREAK, "\ufffd")

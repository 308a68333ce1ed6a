"""One pass over the main part of a page: its blocks of text, boilerplate left out.

The pass reads the tags of a serialized tree, which costs a fifth of visiting its nodes one by one: they nest properly,
attributes stand in double quotes, and text is escaped. It goes without recursion, so its cost is linear in the page
however deep it nests. An element is judged when it ends, as only then the amount of its text and links is known.
"""

import html
import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.readers.web.html_patterns import BOILERPLATE_CLASS, BOILERPLATE_NAME, HIDDEN_STYLE
from pipelines.readers.web.html_tags import DROPPED, EMPTIED, HEADINGS, INLINE, LINK_JUDGED, LISTS, SKIPPED, VOID

# Comments and raw text, tags, text: what the HTML standard's serialization consists of (section 13.3).
TOKEN = re.compile(
    r"(?:<!--.*?-->|<(script|style|iframe|noembed|noframes|xmp)\b(?:[^>\"]+|\"[^\"]*\")*+>.*?</\1>"
    r"|<(/?)([a-z][^\s/>]*)((?:[^>\"]+|\"[^\"]*\")*+)>)([^<]*)",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r'\s(class|id|style|aria-hidden|start)="([^"]*)"')
SPACES = re.compile(r"  +")
AROUND_BREAKS = re.compile(r" ?\n ?")
MANY_BREAKS = re.compile(r"\n{3,}")

MAX_DROPPED_SHARE = 0.15  # of the main part's text: a name alone never takes more away than that
SMALL_CHARS = 500  # main parts shorter than this are judged by names alone
MAX_LINK_SHARE = 0.6
LINK_LIST_LINKS = 3  # with more links, longer elements are judged by their links too
SHORT_CHARS = 300
LEFTOVER_CHARS = 60
MAX_CELL_CHARS = 200  # longer cells are a layout's columns, not a table's
MAX_INDENT_LEVELS = 8


@dataclass(slots=True)
class Block:
    """A paragraph, heading, list item, row of a table or preformatted text."""

    text: str
    heading: int = 0  # level, 0 for others
    is_verbatim: bool = False
    group: int = 0  # blocks of one list or table stand on consecutive lines
    starts_item: bool = False


@dataclass(slots=True)
class _Open:
    """An element that has begun: what stood before it, and what was counted since."""

    tag: str
    first_block: int
    first_piece: int
    is_named_boilerplate: bool
    chars: int = 0
    link_chars: int = 0
    links: int = 0
    kept_chars: int = 0
    is_link: bool = False
    lost_a_part: bool = False
    has_paragraph: bool = False
    next_number: int = 1
    cells: list[tuple[int, int]] | None = None  # blocks of a row's cells


def blocks_of(markup: str, size_chars: int) -> list[Block]:
    """The blocks of a serialized element, whose text has about `size_chars`."""
    walk = _Walk(size_chars)
    walk.run(markup)
    return walk.blocks


class _Walk:
    def __init__(self, size_chars: int) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._open: list[_Open] = [_Open("", 0, 0, False)]
        self._lists: list[_Open] = []
        self._marker = ""
        self._group = 0
        self._group_count = 0
        self._verbatim = 0
        self._link_depth = 0
        self._max_named_chars = size_chars if size_chars <= SMALL_CHARS else int(MAX_DROPPED_SHARE * size_chars)

    def run(self, markup: str) -> None:
        """Read all of the tags and the text."""
        skipped, depth = "", 0  # the element that is passed over, and how many of its name are open
        for found in TOKEN.finditer(markup):
            _, end, tag, attributes, text = found.groups()
            if skipped:
                if tag == skipped:
                    depth += -1 if end else 1
                    skipped = skipped if depth else ""
            elif end:
                self._end()
            elif tag == "br":
                self._pieces.append("\n")
            elif tag == "hr":
                self._flush()
            elif tag in SKIPPED:
                skipped, depth = ("", 0) if tag in VOID else (tag, 1)
            elif tag and tag not in VOID:
                self._begin(tag, attributes)
            if text and not skipped:
                if text.isspace() and not self._verbatim:
                    self._pieces.append(" ")
                else:
                    self._write(text)
        self._flush()

    def _write(self, text: str) -> None:
        if "&" in text:
            text = html.unescape(text)
        line = " ".join(text.split())
        if self._verbatim:
            self._pieces.append(text)
        else:
            self._pieces.append(f"{' ' * text[0].isspace()}{line}{' ' * text[-1].isspace()}")
        chars = len(line)
        frame = self._open[-1]
        frame.chars += chars
        frame.kept_chars += chars
        if self._link_depth:
            frame.link_chars += chars

    def _begin(self, tag: str, markup: str) -> None:
        if tag not in INLINE:
            self._flush()
        attributes = dict(ATTRIBUTE.findall(markup)) if "=" in markup else {}
        is_root = len(self._open) == 1
        is_boilerplate = not is_root and (tag in DROPPED or bool(attributes and _is_boilerplate(attributes)))
        frame = _Open(tag, len(self.blocks), len(self._pieces), is_boilerplate)
        self._open.append(frame)
        if tag == "a":
            # An anchor without address is no link; old pages leave it open, around all that follows.
            frame.is_link = "href=" in markup
            self._link_depth += frame.is_link
            frame.links += frame.is_link
        elif tag == "pre":
            self._verbatim += 1
        elif tag in LISTS:
            if not self._lists:
                self._group_count += 1
                self._group = self._group_count
            frame.next_number = _start_number(attributes.get("start", "")) if tag == "ol" else 0
            self._lists.append(frame)
        elif tag == "li":
            self._marker = self._next_marker()
        elif tag == "table" and not self._lists:
            self._group_count += 1

    def _next_marker(self) -> str:
        if not self._lists or self._lists[-1].tag == "ul":
            return "- "
        number = self._lists[-1].next_number
        self._lists[-1].next_number += 1
        return f"{number}. "

    def _end(self) -> None:
        if len(self._open) == 1:
            return
        frame = self._open.pop()
        tag = frame.tag
        if tag not in INLINE:
            self._flush(HEADINGS.get(tag, 0))
        if tag == "a":
            self._link_depth -= frame.is_link
        elif tag == "pre":
            self._verbatim -= 1
        elif tag in LISTS:
            self._lists.pop()
            if not self._lists:
                self._group = 0
        elif tag == "li":
            self._marker = ""
        elif tag == "tr":
            self._join_row(frame)
        parent = self._open[-1]
        if len(self._open) == 1:
            return
        if tag in ("td", "th") and parent.tag == "tr":
            parent.cells = parent.cells or []
            parent.cells.append((frame.first_block, len(self.blocks)))
        self._close(frame, parent)

    def _close(self, frame: _Open, parent: _Open) -> None:
        """Keep or drop what the element gave, and add its counts to its parent's."""
        if frame.is_named_boilerplate and frame.chars <= self._max_named_chars:
            self._drop(frame, parent)
            return
        parent.chars += frame.chars
        parent.link_chars += frame.link_chars
        parent.links += frame.links
        if (frame.tag in LINK_JUDGED and _is_links(frame)) or (
            frame.lost_a_part
            and frame.tag in EMPTIED
            and 0 < frame.kept_chars < LEFTOVER_CHARS
            and not frame.has_paragraph
            and not frame.links
        ):
            self._drop(frame, parent)
        else:
            parent.kept_chars += frame.kept_chars
            parent.lost_a_part |= frame.lost_a_part and frame.tag in INLINE
            parent.has_paragraph |= frame.has_paragraph or frame.tag in ("p", "pre", "table")

    def _drop(self, frame: _Open, parent: _Open) -> None:
        if len(self.blocks) > frame.first_block:
            del self.blocks[frame.first_block :]
            self._pieces.clear()
        else:
            del self._pieces[frame.first_piece :]
        parent.lost_a_part = True

    def _flush(self, heading: int = 0) -> None:
        """End the block that was being written."""
        if not self._pieces:
            return
        raw = "".join(self._pieces)
        self._pieces.clear()
        if self._verbatim:
            text = raw.strip("\n").rstrip()
            if text.strip():
                self.blocks.append(Block(text, is_verbatim=True))
            return
        text = SPACES.sub(" ", raw).strip()
        if "\n" in text:
            text = MANY_BREAKS.sub("\n\n", AROUND_BREAKS.sub("\n", text)).strip()
        if not text:
            return
        if self._lists:
            text = self._indented(text)
        self.blocks.append(Block(text, heading, group=self._group, starts_item=bool(self._marker)))
        self._marker = ""

    def _indented(self, text: str) -> str:
        levels = min(len(self._lists), MAX_INDENT_LEVELS)
        inside = "  " * levels
        first = "  " * (levels - 1) + self._marker if self._marker else inside
        return first + text.replace("\n", "\n" + inside)

    def _join_row(self, row: _Open) -> None:
        """A row of short cells becomes one line; other rows are a layout and stay blocks."""
        if row.cells is None or len(row.cells) < 2 or self._lists:
            return
        texts = []
        for first, end in row.cells:
            cell = self.blocks[first:end]
            if len(cell) > 1 or any(b.is_verbatim or b.starts_item or len(b.text) > MAX_CELL_CHARS for b in cell):
                return
            texts.append(cell[0].text.replace("\n", " ") if cell else "")
        del self.blocks[row.first_block :]
        if any(texts):
            self.blocks.append(Block(" | ".join(texts).rstrip(), group=-self._group_count, starts_item=True))


def _is_boilerplate(attributes: dict[str, str]) -> bool:
    names, identity = attributes.get("class"), attributes.get("id")
    if (names and _is_boilerplate_class(names)) or (identity and _is_boilerplate_name(identity)):
        return True
    style = attributes.get("style")
    return attributes.get("aria-hidden") == "true" or bool(style and HIDDEN_STYLE.search(style))


@lru_cache(4096)
def _is_boilerplate_class(names: str) -> bool:
    return bool(BOILERPLATE_NAME.search(names.lower()) or BOILERPLATE_CLASS.search(names.lower()))


@lru_cache(4096)
def _is_boilerplate_name(identity: str) -> bool:
    return bool(BOILERPLATE_NAME.search(identity.lower()))


def _is_links(frame: _Open) -> bool:
    if not frame.links or frame.link_chars <= MAX_LINK_SHARE * frame.chars:
        return False
    return frame.chars < SHORT_CHARS or frame.links > LINK_LIST_LINKS


def _start_number(start: str) -> int:
    return int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1

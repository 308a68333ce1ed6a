"""Main text of HTML pages: own rules on resiliparse's parser.

Find the element that holds the main text, walk over it once, and write its blocks as plain text: blank lines between
paragraphs, `- ` and numbers before list items, ` | ` between a table's cells, preformatted text as it is.
"""

import re
from typing import Any

from resiliparse.parse.html import HTMLTree

from pipelines.readers.web.html_blocks import Block, blocks_of
from pipelines.readers.web.html_patterns import CONTAINERS, LABEL

MAX_NESTING = 512  # Chromium flattens deeper trees (kMaximumHTMLParserDOMTreeDepth)
BLOCK_TAG = re.compile(r"<(/?)(?:div|article)\b", re.IGNORECASE)
MIN_CONTAINER_CHARS = 200
MIN_CONTAINER_SHARE = 0.4  # of the text of all paragraphs
MAX_ARTICLE_SHARE = 1.2  # of the container's paragraphs: so much more may the article around it hold
MAX_ANCESTORS = 4
LANGUAGE_CHARS = 8192  # of the page, in which its `<html>` is looked for
LANGUAGE = re.compile(
    r"<html\b[^>]{0,1000}?\s(?:xml:)?lang\s*=\s*[\"']?([a-z]{2,3}(?:[-_][a-z0-9]{1,8}){0,3})\b", re.IGNORECASE
)
SPACES = str.maketrans({"\xa0": " ", "\u202f": " ", "\xad": None, "\u200b": None})


def extract_main_text(html: str) -> str:
    """The page's main text; empty where there is none."""
    tree = HTMLTree.parse(html)
    if tree is None or tree.body is None:
        return ""
    root = _container(tree.body)
    hidden = sum(len(node.text) for node in root.query_selector_all("script,style,noscript").values())
    return _joined(_without_labels(blocks_of(root.html, len(root.text) - hidden))).translate(SPACES)


def declared_language(html: str) -> str | None:
    """The language that `<html lang>` names."""
    found = LANGUAGE.search(html, 0, LANGUAGE_CHARS)
    return found[1] if found else None


def nesting(html: str) -> int:
    """The most `<div>` and `<article>` open at once, going by start and end tags."""
    depth = deepest = 0
    for tag in BLOCK_TAG.finditer(html):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _container(body: Any) -> Any:
    """The element that holds the main text; the body if none is sure."""
    enough = max(MIN_CONTAINER_CHARS, MIN_CONTAINER_SHARE * _paragraph_chars(body))
    for selector in CONTAINERS:
        found = body.query_selector(selector)
        if found is None:
            continue
        chars = _paragraph_chars(found)
        if chars >= enough:
            return _article_around(found, chars)
    return body


def _article_around(found: Any, chars: int) -> Any:
    """The article that holds little more than the container, such as its title and lead."""
    ancestor = found.parent
    for _ in range(MAX_ANCESTORS):
        if ancestor is None or ancestor.tag in ("body", "html"):
            break
        if ancestor.tag in ("article", "main") and _paragraph_chars(ancestor) <= MAX_ARTICLE_SHARE * chars:
            return ancestor
        ancestor = ancestor.parent
    return found


def _paragraph_chars(node: Any) -> int:
    return sum(len(paragraph.text) for paragraph in node.query_selector_all("p").values())


def _without_labels(blocks: list[Block]) -> list[Block]:
    """Without lines of furniture, and without headings at the end that nothing follows."""
    kept = [block for block in blocks if block.is_verbatim or LABEL.fullmatch(block.text) is None]
    while kept and kept[-1].heading:
        kept.pop()
    return kept


def _joined(blocks: list[Block]) -> str:
    parts: list[str] = []
    group = 0
    for block in blocks:
        if parts:
            parts.append("\n" if block.starts_item and block.group == group != 0 else "\n\n")
        parts.append(block.text)
        group = block.group
    return "".join(parts)

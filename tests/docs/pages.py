"""The documentation's pages, taken apart."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[a-z: ]+) -->\n)?```(?P<language>[a-z]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Block(NamedTuple):
    """A fenced block; `mark` is what the comment before it says, such as `run`."""

    page: Path
    language: str
    mark: str
    text: str


def read(name: str) -> str:
    """The text of a page, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language: str, mark: str | None = None) -> list[Block]:
    """The blocks of every page in `language`, with `mark` where it is given."""
    found = [
        Block(page, match["language"], match["mark"] or "", match["text"])
        for page in PAGES
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]
    return [block for block in found if block.language == language and mark in (None, block.mark)]


def section(page: str, heading: str) -> str:
    """What stands between a heading line and the next heading."""
    text = read(page)
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    end = re.search(r"^#+ ", text[start:], re.MULTILINE)
    return text[start : start + end.start()] if end else text[start:]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every table row in `text`; `\\|` inside a cell is a bar."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code_spans(text: str) -> set[str]:
    """Everything between single backticks."""
    return set(re.findall(r"`([^`\n]+)`", text.replace("\\|", "|")))

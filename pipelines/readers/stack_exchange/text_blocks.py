"""Blocks of text inside quotes and lists, as Markdown writes them: `> `, `- `, `1. ` and indentation."""

from dataclasses import dataclass

MAX_DEPTH = 32  # quotes, lists and items inside each other; deeper ones are not told apart


@dataclass(eq=False, slots=True)
class _Container:
    """A quote, list or item that is open; `count` is how many items a numbered list has had."""

    kind: str  # quote, list or item
    marker: str = ""  # of an item: what its first line begins with
    is_ordered: bool = False
    count: int = 0
    is_begun: bool = False  # of an item: its first line is out


class TextBlocks:
    """Lines of text, each with the marks of the containers that it stands in."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open: list[_Container] = []
        self._previous: list[_Container] = []  # where the last block stood

    def text(self) -> str:
        """Everything added, blocks apart by blank lines."""
        return "\n".join(self._lines)

    def add(self, lines: list[str], tight: bool = False) -> None:
        """A block of `lines`; a `tight` one stands close to what is above it in the same list."""
        shared = [one for one, other in zip(self._open, self._previous, strict=False) if one is other]
        if self._lines and not (tight and any(one.kind == "list" for one in shared)):
            self._lines.append(_prefix(shared).rstrip())
        if not self._open:
            self._lines += lines
        else:
            self._add_inside(lines)
        self._previous = list(self._open)

    def _add_inside(self, lines: list[str]) -> None:
        first = _prefix(self._open)
        for one in self._open:
            one.is_begun = True
        rest = _prefix(self._open)
        for number, line in enumerate(lines):
            prefix = rest if number else first
            self._lines.append(prefix + line if line else prefix.rstrip())

    def begin_quote(self) -> None:
        """What follows is quoted."""
        self._push(_Container("quote"))

    def end_quote(self) -> None:
        """The innermost quote ends, and what is open inside it."""
        self._pop("quote")

    def begin_bullets(self) -> None:
        """What follows are items of a list."""
        self._push(_Container("list"))

    def begin_numbers(self) -> None:
        """What follows are items of a numbered list."""
        self._push(_Container("list", is_ordered=True))

    def end_list(self) -> None:
        """The innermost list ends."""
        self._pop("list")

    def begin_item(self) -> None:
        """The next item of the innermost list; outside of lists, of a bulleted one."""
        inner = [one.kind for one in self._open]
        if "item" in inner and "list" not in inner[len(inner) - inner[::-1].index("item") :]:
            self._pop("item")  # the one before was never closed
        holder = next((one for one in reversed(self._open) if one.kind == "list"), None)
        if holder is not None:
            holder.count += 1
        marker = f"{holder.count}. " if holder is not None and holder.is_ordered else "- "
        self._push(_Container("item", marker))

    def end_item(self) -> None:
        """The innermost item ends."""
        self._pop("item")

    def _push(self, container: _Container) -> None:
        if len(self._open) < MAX_DEPTH:
            self._open.append(container)

    def _pop(self, kind: str) -> None:
        kinds = [one.kind for one in self._open]
        if kind in kinds:
            del self._open[len(kinds) - 1 - kinds[::-1].index(kind) :]


def _prefix(containers: list[_Container]) -> str:
    """What a line begins with inside `containers`."""
    pieces = {"quote": "> ", "list": ""}
    return "".join(
        pieces[one.kind] if one.kind in pieces else " " * len(one.marker) if one.is_begun else one.marker
        for one in containers
    )

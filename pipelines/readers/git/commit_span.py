"""The changed span of a file: what one commit did, between the lines that both sides share."""

import hashlib
from io import StringIO
from typing import NamedTuple


class Span(NamedTuple):
    """A change between two lists of lines: `before` lines are shared ahead of it and `after` lines behind it."""

    old_lines: list[str]
    new_lines: list[str]
    before: int
    after: int

    @property
    def changed_lines(self) -> int:
        """Lines of the longer side of the change."""
        return max(len(self.old_lines), len(self.new_lines)) - self.before - self.after

    def cut(self, context_before: int, context_after: int) -> tuple[str, str]:
        """The old and the new side of the change, with so many shared lines (where there are) around it."""
        start, behind = max(0, self.before - context_before), max(0, self.after - context_after)
        return (
            "".join(self.old_lines[start : len(self.old_lines) - behind]),
            "".join(self.new_lines[start : len(self.new_lines) - behind]),
        )


def changed_span(old: str, new: str) -> Span:
    """What changed between two texts, from the first to the last line that differs; time linear in their size."""
    old_lines, new_lines = _lines(old), _lines(new)
    shorter = min(len(old_lines), len(new_lines))
    before = 0
    while before < shorter and old_lines[before] == new_lines[before]:
        before += 1
    after = 0
    while after < shorter - before and old_lines[-1 - after] == new_lines[-1 - after]:
        after += 1
    return Span(old_lines, new_lines, before, after)


def _lines(text: str) -> list[str]:
    """Lines with their ends; unlike `str.splitlines`, only a line feed ends a line."""
    return list(StringIO(text, newline="\n"))


class Draws(NamedTuple):
    """Numbers in [0, 1) that depend on the repository, commit and path alone, one for each decision."""

    markup: float
    subject: float
    span: float
    whole_file: float
    context_before: float
    context_after: float


def draws(commit: str, path: str) -> Draws:
    """The draws for one changed file, the same on every machine, in every run and wherever the repository lies."""
    digest = hashlib.blake2b(f"{commit}\0{path}".encode("utf-8", "surrogatepass"), digest_size=48)
    # 53 bits fill a float's mantissa; the quotient stays below 1
    numbers = [int.from_bytes(digest.digest()[at : at + 8], "big") >> 11 for at in range(0, 48, 8)]
    return Draws(*(number / (1 << 53) for number in numbers))

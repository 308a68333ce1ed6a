"""The changed span of a file: what one commit did, between the lines that both sides share."""

import hashlib
from typing import NamedTuple


class Span(NamedTuple):
    """A change between two texts: `before` lines are shared ahead of it and `after` lines behind it.

    The characters up to `prefix_chars` and the last `suffix_chars` are those lines.
    """

    old: str
    new: str
    prefix_chars: int
    suffix_chars: int
    before: int
    after: int

    @property
    def changed_lines(self) -> int:
        """Lines of the longer side of the change."""
        sides = self.old, self.new
        return max(_count_lines(side[self.prefix_chars : len(side) - self.suffix_chars]) for side in sides)

    def cut(self, context_before: int, context_after: int) -> tuple[str, str]:
        """The old and the new side of the change, with so many shared lines (where there are) around it."""
        start = self.prefix_chars
        for _ in range(min(context_before, self.before)):
            start = self.old.rfind("\n", 0, start - 1) + 1
        behind = len(self.old) - self.suffix_chars
        for _ in range(min(context_after, self.after)):
            behind = self.old.find("\n", behind) + 1 or len(self.old)
        suffix_chars = len(self.old) - behind
        return self.old[start:behind], self.new[start : len(self.new) - suffix_chars]


def changed_span(old: str, new: str) -> Span:
    """What changed between two texts, from the first to the last line that differs; time linear in their size.

    Only a line feed ends a line, unlike with `str.splitlines`.
    """
    if old == new:
        return Span(old, new, len(old), 0, _count_lines(old), 0)
    shorter = min(len(old), len(new))
    prefix_chars = old.rfind("\n", 0, _common_prefix_chars(old, new, shorter)) + 1
    suffix_chars = _common_suffix_chars(old, new, shorter - prefix_chars)
    # The shared end begins at a line's beginning on both sides.
    line_end = old.find("\n", len(old) - suffix_chars)
    if suffix_chars and not (_begins_line(old, suffix_chars) and _begins_line(new, suffix_chars)):
        suffix_chars = len(old) - line_end - 1 if line_end >= 0 else 0
    before, after = _count_lines(old[:prefix_chars]), _count_lines(old[len(old) - suffix_chars :])
    return Span(old, new, prefix_chars, suffix_chars, before, after)


def _begins_line(text: str, suffix_chars: int) -> bool:
    start = len(text) - suffix_chars
    return start == 0 or text[start - 1] == "\n"


def _count_lines(text: str) -> int:
    return text.count("\n") + (bool(text) and text[-1] != "\n")


def _common_prefix_chars(old: str, new: str, at_most: int) -> int:
    """How many characters both begin with, at most `at_most`: by halves, so that comparing is the machine's work."""
    low, high = 0, at_most
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix_chars(old: str, new: str, at_most: int) -> int:
    """How many characters both end with, at most `at_most`."""
    low, high = 0, at_most
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low


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

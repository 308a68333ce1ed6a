"""What only one of two texts says: bounded in time and in size, whatever the texts are.

Equal beginnings and ends are stripped from the whole texts, which is fast; up to MAX_COMPARED_CHARS of what is left
are compared word by word.
"""

import re
from dataclasses import dataclass

from dedup.characters import ALONE_RANGES
from pipelines.duplicate_listing.alignment import Hunk, hunks, merged

MAX_COMPARED_CHARS = 60_000  # of each text, from the first difference
MAX_WORD_CHARS = 64  # longer ones are compared in pieces
MAX_EXCERPT_CHARS = 200  # of what stands in one text alone
CONTEXT_CHARS = 40
MAX_EQUAL_WORDS = 2  # between two differences that are told as one

# Scripts without spaces have words of one character, as in dedup.
_ALONE = "".join(f"{chr(first)}-{chr(last)}" for first, last in ALONE_RANGES)
_WORD = re.compile(f"[{_ALONE}]|[^\\s{_ALONE}]{{1,{MAX_WORD_CHARS}}}")


@dataclass(frozen=True)
class Difference:
    """A place where the texts differ; what stands in one alone is cut to MAX_EXCERPT_CHARS."""

    at_chars: int  # in the survivor's text
    before: str  # what both say just before
    survivor: str
    member: str
    survivor_words: int
    member_words: int


@dataclass(frozen=True)
class Differences:
    """The first few differences of `count`; words that stand in one text alone are counted over all of them."""

    count: int
    survivor_words: int
    member_words: int
    same_words: bool  # no difference, or one of whitespace alone
    same_text: bool
    whole: bool  # both texts were compared to their ends
    shown: list[Difference]


@dataclass(frozen=True)
class _Words:
    """The words of text[start:stop]: where each begins and ends."""

    text: str
    start: int
    spans: list[tuple[int, int]]

    @classmethod
    def of(cls, text: str, start: int, stop: int) -> "_Words":
        return cls(text, start, [match.span() for match in _WORD.finditer(text, start, stop)])

    def all(self) -> list[str]:
        return [self.text[start:end] for start, end in self.spans]

    def start_of(self, word: int) -> int:
        """Where a word begins; of the one behind the last, where that ends."""
        if word < len(self.spans):
            return self.spans[word][0]
        return self.spans[-1][1] if self.spans else self.start

    def excerpt(self, first: int, stop: int) -> str:
        """The text of words [first, stop), its beginning if it is long."""
        if first == stop:
            return ""
        start, end = self.spans[first][0], self.spans[stop - 1][1]
        cut = "…" if end - start > MAX_EXCERPT_CHARS else ""
        return self.text[start : min(end, start + MAX_EXCERPT_CHARS)] + cut


def differences(survivor: str, member: str, limit: int) -> Differences:
    """What `member` has in place of `survivor`, the first `limit` differences in full."""
    if survivor == member:
        return Differences(0, 0, 0, True, True, True, [])
    start = _word_start(survivor, equal_beginning(survivor, member))
    end = equal_end(survivor[start:], member[start:])
    end = max(0, end - MAX_WORD_CHARS)  # so that the words around the last difference are whole
    old_stop, new_stop = len(survivor) - end, len(member) - end
    whole = max(old_stop, new_stop) - start <= MAX_COMPARED_CHARS
    old = _Words.of(survivor, start, min(old_stop, start + MAX_COMPARED_CHARS))
    new = _Words.of(member, start, min(new_stop, start + MAX_COMPARED_CHARS))
    found = hunks(old.all(), new.all())
    both_cut = min(old_stop, new_stop) - start > MAX_COMPARED_CHARS
    if both_cut and len(found) > 1 and (found[-1].old_end == len(old.spans) or found[-1].new_end == len(new.spans)):
        found.pop()  # where the comparison ends, not the texts
    told = merged(found, MAX_EQUAL_WORDS)
    return Differences(
        count=len(told),
        survivor_words=sum(hunk.old_end - hunk.old_start for hunk in found),
        member_words=sum(hunk.new_end - hunk.new_start for hunk in found),
        same_words=whole and not found,
        same_text=False,
        whole=whole,
        shown=[_difference(old, new, hunk) for hunk in told[:limit]],
    )


def equal_beginning(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def equal_end(one: str, other: str) -> int:
    """How many characters both end with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _word_start(text: str, at: int) -> int:
    """Where the word around `at` begins, if that is near."""
    start = max(0, at - MAX_WORD_CHARS)
    spaces = [match.end() for match in re.finditer(r"\s", text[start:at])]
    return start + spaces[-1] if spaces else start if start == 0 else at


def _difference(old: _Words, new: _Words, hunk: Hunk) -> Difference:
    at = old.start_of(hunk.old_start)
    before = old.spans[hunk.old_start - 1][1] if hunk.old_start else at
    return Difference(
        at_chars=at,
        before=old.text[max(0, before - CONTEXT_CHARS) : before].rstrip(),
        survivor=old.excerpt(hunk.old_start, hunk.old_end),
        member=new.excerpt(hunk.new_start, hunk.new_end),
        survivor_words=hunk.old_end - hunk.old_start,
        member_words=hunk.new_end - hunk.new_start,
    )

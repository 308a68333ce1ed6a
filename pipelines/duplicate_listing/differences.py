"""What only one of two texts says: bounded in time and in size, whatever the texts are.

What both texts begin and end with, and what they share between two differences, is passed over by comparing whole
pieces. Where they differ, a stretch of each is compared word by word, a longer one if nothing in it corresponds; all
stretches together have MAX_COMPARED_CHARS at most.
"""

import re
from dataclasses import dataclass, replace

from dedup.characters import ALONE_RANGES
from pipelines.duplicate_listing.alignment import Hunk, hunks, merged

MAX_COMPARED_CHARS = 60_000  # of each text, word by word
STRETCH_CHARS = 4000  # compared at once; twice as much where nothing corresponds
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
    """Words of a text from `start` on: where each begins and ends."""

    text: str
    start: int
    spans: list[tuple[int, int]]

    @classmethod
    def of(cls, text: str, start: int, stop: int, size: int) -> "_Words":
        """Those within `size` characters; of more words than one, not the last if it may go on behind them."""
        spans = [match.span() for match in _WORD.finditer(text, start, min(stop, start + size))]
        if start + size < stop and len(spans) > 1:
            spans.pop()
        return cls(text, start, spans)

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


@dataclass(frozen=True)
class _Stretch:
    """Words of both texts with their hunks; `ends` is where to go on, before a hunk that may not end here."""

    old: _Words
    new: _Words
    hunks: list[Hunk]
    ends: tuple[int, int]
    last: tuple[Hunk, ...]  # that hunk

    @classmethod
    def of(cls, survivor: str, member: str, old: tuple[int, int], new: tuple[int, int], size: int) -> "_Stretch":
        """Compare `size` characters from the first of `old` and `new` on, up to the second."""
        old_words, new_words = _Words.of(survivor, *old, size), _Words.of(member, *new, size)
        found = hunks(old_words.all(), new_words.all())
        n_old, n_new = len(old_words.spans), len(new_words.spans)
        is_cut = old[0] + size < old[1] or new[0] + size < new[1]
        if not is_cut:
            return cls(old_words, new_words, found, (old[1], new[1]), ())
        if found and (found[-1].old_end == n_old or found[-1].new_end == n_new):
            last = found.pop()
            ends = (old_words.start_of(last.old_start), new_words.start_of(last.new_start))
            ends = (old[0], new[0]) if last.old_start == last.new_start == 0 else ends
            return cls(old_words, new_words, found, ends, (last,))
        if not n_old:  # nor n_new: both have nothing but whitespace
            return cls(old_words, new_words, [], (min(old[1], old[0] + size), min(new[1], new[0] + size)), ())
        return cls(old_words, new_words, found, (old_words.start_of(n_old), new_words.start_of(n_new)), ())

    def with_the_last(self) -> "_Stretch":
        """The same with the hunk that may not end here."""
        return replace(self, hunks=[*self.hunks, *self.last])


def differences(survivor: str, member: str, limit: int) -> Differences:
    """What `member` has in place of `survivor`, the first `limit` differences in full."""
    if survivor == member:
        return Differences(0, 0, 0, True, True, True, [])
    stretches, whole = _stretches(survivor, member)
    found = [hunk for stretch in stretches for hunk in stretch.hunks]
    told = [(stretch, hunk) for stretch in stretches for hunk in merged(stretch.hunks, MAX_EQUAL_WORDS)]
    return Differences(
        count=len(told),
        survivor_words=sum(hunk.old_end - hunk.old_start for hunk in found),
        member_words=sum(hunk.new_end - hunk.new_start for hunk in found),
        same_words=whole and not found,
        same_text=False,
        whole=whole,
        shown=[_difference(stretch.old, stretch.new, hunk) for stretch, hunk in told[:limit]],
    )


def _stretches(survivor: str, member: str) -> tuple[list[_Stretch], bool]:
    """The stretches that were compared, in order; and whether that is all there is to compare."""
    old_at = new_at = _word_start(survivor, equal_beginning(survivor, member), 0)
    end = max(0, equal_end(survivor[old_at:], member[new_at:]) - MAX_WORD_CHARS)  # so that the last words are whole
    old_stop, new_stop = len(survivor) - end, len(member) - end
    stretches: list[_Stretch] = []
    size, left = STRETCH_CHARS, MAX_COMPARED_CHARS
    while old_at < old_stop or new_at < new_stop:
        if not left:
            return stretches, False
        size = min(size, left)
        left -= size
        stretch = _Stretch.of(survivor, member, (old_at, old_stop), (new_at, new_stop), size)
        if stretch.ends == (old_at, new_at):  # nothing corresponds so far
            size *= 2
            if not left:
                stretches.append(stretch.with_the_last())
            continue
        stretches.append(stretch)
        old_at, new_at = stretch.ends
        equal = equal_beginning(survivor[old_at:old_stop], member[new_at:new_stop])
        equal = _word_start(survivor, old_at + equal, old_at) - old_at
        old_at, new_at, size = old_at + equal, new_at + equal, STRETCH_CHARS
    return stretches, True


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


def _word_start(text: str, at: int, first: int) -> int:
    """Where the word around `at` begins, if that is near, and not before `first`, where a word begins."""
    start = max(first, at - MAX_WORD_CHARS)
    spaces = [match.end() for match in re.finditer(r"\s", text[start:at])]
    return start + spaces[-1] if spaces else start if start == first else at


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

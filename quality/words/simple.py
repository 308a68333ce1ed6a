"""Splitting text into words, simply: by whitespace, with punctuation peeled off.

A segment is a longest run of characters that are neither whitespace nor CJK. The punctuation at its beginning
and end (Unicode categories P and S) is peeled off, each character a word of its own, a run of full stops one
word; what remains is a word, whatever it has inside ("don't", "e.g", "a-b"). CJK text (Han, Kana, Bopomofo)
has no spaces: each of its characters is a word, with the combining marks that follow it. Hangul has spaces
and needs no rule; Thai, Lao and Khmer have none either, and a phrase of theirs counts as one word.
"""

from typing import Any

from quality.characters import CJK, COMBINING, PUNCTUATION, SPACE
from quality.kernel import kernel

FULL_STOP = ord(".")


@kernel
def split_simply(code_points: Any, n_chars: int, classes: Any, starts: Any, ends: Any) -> int:
    """Split code_points[:n_chars] into words; how many there are.

    Word i is code_points[starts[i]:ends[i]]; `starts` and `ends` have room for `n_chars` words. Words are in
    order, don't overlap, are never empty and contain no whitespace; all that is no whitespace is in a word.
    """
    n_words = 0
    at = 0
    while at < n_chars:
        kind = classes[code_points[at]]
        if kind & SPACE:
            at += 1
        elif kind & CJK:
            end = _combining_end(code_points, at + 1, n_chars, classes)
            n_words = _add_word(starts, ends, n_words, at, end)
            at = end
        else:
            end = _segment_end(code_points, at + 1, n_chars, classes)
            n_words = _peel(code_points, at, end, classes, starts, ends, n_words)
            at = end
    return n_words


@kernel
def _add_word(starts: Any, ends: Any, n_words: int, start: int, end: int) -> int:
    starts[n_words] = start
    ends[n_words] = end
    return n_words + 1


@kernel
def _combining_end(code_points: Any, at: int, n_chars: int, classes: Any) -> int:
    while at < n_chars and classes[code_points[at]] & COMBINING:
        at += 1
    return at


@kernel
def _segment_end(code_points: Any, at: int, n_chars: int, classes: Any) -> int:
    while at < n_chars and not classes[code_points[at]] & (SPACE | CJK):
        at += 1
    return at


@kernel
def _peel(code_points: Any, start: int, end: int, classes: Any, starts: Any, ends: Any, n_words: int) -> int:
    """Add the words of the segment [start, end); the new number of words."""
    core_start = start
    while core_start < end and classes[code_points[core_start]] & PUNCTUATION:
        core_start += 1
    core_end = end
    while core_end > core_start and classes[code_points[core_end - 1]] & PUNCTUATION:
        core_end -= 1
    n_words = _add_marks(code_points, start, core_start, starts, ends, n_words)
    if core_end > core_start:
        n_words = _add_word(starts, ends, n_words, core_start, core_end)
    return _add_marks(code_points, core_end, end, starts, ends, n_words)


@kernel
def _add_marks(code_points: Any, at: int, end: int, starts: Any, ends: Any, n_words: int) -> int:
    """Add the punctuation marks [at, end) as words; the new number of words."""
    while at < end:
        mark_end = at + 1
        if code_points[at] == FULL_STOP:
            while mark_end < end and code_points[mark_end] == FULL_STOP:
                mark_end += 1
        n_words = _add_word(starts, ends, n_words, at, mark_end)
        at = mark_end
    return n_words

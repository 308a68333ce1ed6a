"""Counting the sentences of a line as spaCy's sentencizer does, which datatrove's C4 filter asks."""

from typing import Any

from quality.kernel import lean_kernel
from quality.prose.classes import MARK, SENTENCE_END

SPACE_CHARACTER = ord(" ")


@lean_kernel
def count_sentences(
    code_points: Any, line_start: int, line_end: int, starts: Any, ends: Any, first: int, last: int, moved: int,
    classes: Any, enough: int,
) -> int:  # fmt: skip
    """How many sentences the line [line_start, line_end) has, counting to `enough` alone; a line has at least one.

    Its words are those of `first` to `last`, `moved` characters behind where `starts` and `ends` say. A sentence
    begins with the first word that is no punctuation after one that is a full stop or the like; more whitespace
    between words than one blank counts as such a word, as it does for spaCy.
    """
    n_sentences = 1
    is_over = False  # the sentence: a full stop was read
    read = line_start  # the end of what was read
    for word in range(first, last):
        start, end = starts[word] + moved, ends[word] + moved
        if is_over and _is_whitespace_word(code_points, read, start):
            n_sentences += 1
            is_over = False
        is_end = end - start == 1 and classes[code_points[start]] & SENTENCE_END != 0
        if is_end:
            is_over = True
        elif is_over and not _is_punctuation(code_points, start, end, classes):
            n_sentences += 1
            is_over = False
        if n_sentences >= enough:
            return n_sentences
        read = end
    if is_over and _is_whitespace_word(code_points, read, line_end):
        n_sentences += 1
    return n_sentences


@lean_kernel
def _is_whitespace_word(code_points: Any, start: int, end: int) -> bool:
    """Whether spaCy makes a word of the whitespace [start, end): one blank belongs to the word before it."""
    is_one_blank = end - start == 1 and code_points[start] == SPACE_CHARACTER
    return end > start and not is_one_blank


@lean_kernel
def _is_punctuation(code_points: Any, start: int, end: int, classes: Any) -> bool:
    for at in range(start, end):  # noqa: SIM110
        if not classes[code_points[at]] & MARK:
            return False
    return True

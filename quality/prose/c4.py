"""C4's rules line by line, as datatrove's C4QualityFilter applies them: what becomes of a line, and the cleaned text.

The cleaned text is the kept lines without surrounding whitespace and citation marks, joined by newlines.
"""

from typing import Any, NamedTuple

from quality.characters import SPACE
from quality.kernel import lean_kernel
from quality.prose.citations import OPEN_BRACKET, citation_chars
from quality.prose.classes import C4_END, CLOSING, TERMINAL
from quality.prose.gopher_quality import (
    LINE_FEED,
    is_three_dots,
    skip_spaces,
)
from quality.prose.phrases import HAS_JAVASCRIPT, HAS_LOREM_IPSUM, HAS_POLICY, find_phrases
from quality.prose.sentences import count_sentences
from quality.prose.splitting import split_line

MIN_LINE_WORDS = 3  # C4 (Raffel et al. 2020)
MAX_WORD_CHARS = 1000  # C4's code, tensorflow_datasets/text/c4_utils.py
MAX_SENTENCES = 10  # counting stops here; C4 asks for 5

OPEN_CURLY = ord("{")

# What becomes of a line. One that condemns its document is kept: the document as a whole is not.
KEPT, LONG_WORD, NO_TERMINAL_PUNCTUATION, FEW_WORDS, LOREM_IPSUM, JAVASCRIPT, CURLY_BRACKET, POLICY = range(8)


class Line(NamedTuple):
    """A stripped line: characters [start, end) of the document, words [first, last), and how many words C4 counts."""

    start: int
    end: int
    first: int
    last: int
    n_words: int
    has_long_word: bool


@lean_kernel
def judge_lines(
    n_words: int, needs_end: bool, is_spaced: bool, is_english: bool, splitter: int, tables: Any, scratch: Any,
    tally: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill in what becomes of the document's lines, scratch.line_starts and line_ends, and their sentences.

    `scratch.cleaned` gets the cleaned text. Of `line_starts` and `line_ends` only the kept lines are left, and
    `scratch.counts` says of each whether it had a citation mark.
    Returns the characters and words of the cleaned text, and the number of kept lines.
    """
    code_points, cleaned, classes = scratch.code_points, scratch.cleaned, tables.classes
    line_starts, line_ends = scratch.line_starts, scratch.line_ends
    n_cleaned = 0
    n_cleaned_words = 0
    n_kept = 0
    word = 0
    for i in range(tally.n_lines):
        line = _read_line(
            code_points, line_starts[i], line_ends[i], scratch.starts, scratch.ends, word, n_words, is_spaced, classes
        )
        word = line.last
        at = n_cleaned + (1 if n_kept else 0)
        copied, has_curly, has_citation = _copy(code_points, line.start, line.end, classes, cleaned, at)
        fate = _fate(cleaned, at, copied, line, has_curly, needs_end, is_english, tables)
        _count(fate, tally)
        if fate in (KEPT, LOREM_IPSUM, CURLY_BRACKET):
            if n_kept:
                cleaned[at - 1] = LINE_FEED
            line_starts[n_kept], line_ends[n_kept], scratch.counts[n_kept] = line.start, line.end, has_citation
            n_cleaned_words += _count_sentences(line, at, copied, has_citation, splitter, tables, scratch, tally)
            n_cleaned = copied
            n_kept += 1
    tally.n_kept_lines = n_kept
    return n_cleaned, n_cleaned_words, n_kept


@lean_kernel
def _read_line(
    code_points: Any, start: int, end: int, starts: Any, ends: Any, word: int, n_words: int, is_spaced: bool,
    classes: Any,
) -> Line:  # fmt: skip
    """The line [start, end) of which `word` is the first word."""
    last = word
    while last < n_words and starts[last] < end:
        last += 1
    if is_spaced:
        n_line_words, has_long_word = _count_chunks(code_points, start, end, classes)
    else:
        n_line_words, has_long_word = last - word, _has_long_word(starts, ends, word, last)
    return Line(start, end, word, last, n_line_words, has_long_word)


@lean_kernel
def _count_chunks(code_points: Any, start: int, end: int, classes: Any) -> tuple[int, bool]:
    """Words that whitespace parts, as far as they matter: all only where one may be too long."""
    may_be_long = end - start > MAX_WORD_CHARS
    n_chunks = 0
    at = start
    while at < end and (n_chunks < MIN_LINE_WORDS or may_be_long):
        chunk = at
        while at < end and not classes[code_points[at]] & SPACE:
            at += 1
        if at - chunk > MAX_WORD_CHARS:
            return n_chunks, True
        n_chunks += 1
        at = skip_spaces(code_points, at, end, classes)
    return n_chunks, False


@lean_kernel
def _has_long_word(starts: Any, ends: Any, first: int, last: int) -> bool:
    for word in range(first, last):  # noqa: SIM110
        if ends[word] - starts[word] > MAX_WORD_CHARS:
            return True
    return False


@lean_kernel
def _copy(code_points: Any, start: int, end: int, classes: Any, cleaned: Any, at: int) -> tuple[int, bool, bool]:
    """Copy a line without its citation marks: where it ends in `cleaned`, whether it has a { and whether a mark."""
    n_brackets = 0
    n_curly = 0
    for i in range(end - start):  # without branches, so that it is compiled to vectors
        code_point = code_points[start + i]
        cleaned[at + i] = code_point
        n_brackets += code_point == OPEN_BRACKET
        n_curly += code_point == OPEN_CURLY
    if n_brackets:
        return _copy_without_citations(code_points, start, end, classes, cleaned, at)
    return at + end - start, n_curly > 0, False


@lean_kernel
def _copy_without_citations(
    code_points: Any, start: int, end: int, classes: Any, cleaned: Any, at: int
) -> tuple[int, bool, bool]:
    """The same for a line that may have some."""
    has_curly = False
    has_citation = False
    position = start
    while position < end:
        skipped = citation_chars(code_points, position, end, classes)
        if skipped:
            has_citation = True
            position += skipped
        else:
            has_curly = has_curly or code_points[position] == OPEN_CURLY
            cleaned[at] = code_points[position]
            at += 1
            position += 1
    return at, has_curly, has_citation


@lean_kernel
def _fate(
    cleaned: Any, start: int, end: int, line: Line, has_curly: bool, needs_end: bool, is_english: bool, tables: Any
) -> int:
    """What becomes of the line that was copied to cleaned[start:end]; the first of all reasons, in C4's order."""
    if line.has_long_word:
        return LONG_WORD
    if needs_end and not _has_end(cleaned, start, end, is_english, tables.classes):
        return NO_TERMINAL_PUNCTUATION
    if line.n_words < MIN_LINE_WORDS:
        return FEW_WORDS
    found = find_phrases(cleaned, start, end, tables.classes, tables.phrases)
    if found & HAS_LOREM_IPSUM:
        return LOREM_IPSUM
    if found & HAS_JAVASCRIPT:
        return JAVASCRIPT
    if has_curly:
        return CURLY_BRACKET
    return POLICY if found & HAS_POLICY else KEPT


@lean_kernel
def _has_end(code_points: Any, start: int, end: int, is_english: bool, classes: Any) -> bool:
    """Whether the line ends as C4 wants; in other languages than English, also in their own marks and quotes."""
    if end == start:
        return False
    if end - 3 >= start and is_three_dots(code_points, end - 3, end):
        return False
    wanted = C4_END if is_english else C4_END | TERMINAL | CLOSING
    return bool(classes[code_points[end - 1]] & wanted != 0)


@lean_kernel
def _count(fate: int, tally: Any) -> None:
    if fate == LONG_WORD:
        tally.n_long_word_lines += 1
    elif fate == NO_TERMINAL_PUNCTUATION:
        tally.n_lines_without_terminal_punctuation += 1
    elif fate == FEW_WORDS:
        tally.n_few_word_lines += 1
    elif fate == LOREM_IPSUM:
        tally.n_lorem_ipsum_lines += 1
    elif fate == JAVASCRIPT:
        tally.n_javascript_lines += 1
    elif fate == CURLY_BRACKET:
        tally.n_curly_bracket_lines += 1
    elif fate == POLICY:
        tally.n_policy_lines += 1


@lean_kernel
def _count_sentences(
    line: Line, at: int, end: int, has_citation: bool, splitter: int, tables: Any, scratch: Any, tally: Any
) -> int:
    """Add the sentences of a kept line, cleaned[at:end]; the number of its words.

    A word stands alone between whitespace, so the document's words are the line's. Only where a citation mark was
    taken out are they split anew; the arrays that n-grams needed are free for it by then.
    """
    starts, ends, first, last, moved = scratch.starts, scratch.ends, line.first, line.last, at - line.start
    if has_citation:
        starts, ends, first, moved = scratch.candidates, scratch.places, 0, at
        last = split_line(scratch.cleaned[at:end], end - at, tables.words, splitter, starts, ends)
    wanted = MAX_SENTENCES - tally.n_sentences
    if wanted > 0:
        tally.n_sentences += count_sentences(
            scratch.cleaned, at, end, starts, ends, first, last, moved, tables.classes, wanted
        )
    return last - first

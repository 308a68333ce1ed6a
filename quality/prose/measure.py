"""Measuring documents: one pass over each, decoded once and split into words once, for all web text rules."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from quality.arrow_text import Bytes, Offsets
from quality.characters import decode
from quality.edits import EDIT, Edits
from quality.kernel import called_kernel, kernel, lean_called_kernel
from quality.prose import c4, fineweb, gopher_quality, ngrams, repeated_lines
from quality.prose.classes import prose_classes
from quality.prose.cleaning_edits import find_edits, to_bytes
from quality.prose.hashing import powers_of_base
from quality.prose.languages import language_traits
from quality.prose.phrases import phrases
from quality.prose.read_words import read_words
from quality.prose.scratch import new_scratch
from quality.prose.stop_words import count_stop_words
from quality.prose.tallies import TALLIES
from quality.words.split import split_words
from quality.words.tables import word_tables


class Tables(NamedTuple):
    """What kernels look up; see where each part comes from."""

    classes: Any
    phrases: Any
    traits: Any
    powers: Any
    words: Any


class Words(NamedTuple):
    """Where the words of n documents come from."""

    splitters: Any  # int8, shape (n,): the compiled splitter of each document
    is_given: bool  # whether they were split before: those of document i from offsets[i] to offsets[i + 1]
    starts: Any  # int32, in characters
    ends: Any  # int32
    offsets: Any  # int64, shape (n + 1,)


@cache
def tables() -> Tables:
    """The shipped tables."""
    return Tables(prose_classes(), phrases(), language_traits(), powers_of_base(), word_tables())


def measure_documents(
    data: Bytes, offsets: Offsets, rows: Any, words: Words, needs_end: bool, cleans: bool
) -> tuple[Any, Edits]:
    """TALLIES of n documents, and the edits of C4's cleaning where it is on (`cleans`).

    Document i is data[offsets[i]:offsets[i + 1]] and in the language of row rows[i] of `language_traits`. C4 drops
    lines without terminal punctuation where `needs_end`.
    """
    tallies = np.zeros(len(offsets) - 1, TALLIES)
    longest_bytes = int(np.diff(offsets).max(initial=0))
    found = _measure_all(data, offsets, rows, words, needs_end, cleans, tables(), new_scratch(longest_bytes), tallies)
    edits = np.empty(len(found), EDIT)
    for column, name in enumerate(EDIT.names or ()):
        edits[name] = found[:, column]
    return tallies, edits


@called_kernel
def _measure_all(
    data: Any, offsets: Any, rows: Any, words: Any, needs_end: bool, cleans: bool, tables: Any,
    scratch: Any, tallies: Any,
) -> Any:  # fmt: skip
    found = np.empty((64, 4), np.int64)
    n_found = 0
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        tally = tallies[i]
        n_chars = decode(data, start, end, scratch.code_points)
        tally.n_chars = n_chars
        splitter = words.splitters[i]
        n_words = _find_words(i, n_chars, words, splitter, tables, scratch)
        _count_gopher(n_chars, n_words, tables, rows[i], scratch, tally)
        n_kept = _count_c4_and_fineweb(n_chars, n_words, needs_end, cleans, rows[i], splitter, tables, scratch, tally)
        if cleans:
            n_edits = find_edits(
                scratch.code_points, n_chars, scratch.line_starts, scratch.line_ends, scratch.counts, n_kept,
                tables.classes, scratch.starts, scratch.ends, scratch.places,
            )  # fmt: skip
            to_bytes(data, start, end, n_chars, scratch.starts, scratch.ends, n_edits)
            found = _with_room(found, n_found + n_edits)
            for edit in range(n_edits):
                found[n_found, 0] = i
                found[n_found, 1] = scratch.starts[edit]
                found[n_found, 2] = scratch.ends[edit]
                found[n_found, 3] = scratch.places[edit]
                n_found += 1
    return found[:n_found]


@kernel
def _with_room(found: Any, n_rows: int) -> Any:
    """`found`, or a copy of twice the size, with at least so many rows."""
    if n_rows <= len(found):
        return found
    grown = np.empty((2 * n_rows, found.shape[1]), np.int64)
    grown[: len(found)] = found
    return grown


@called_kernel
def _find_words(i: int, n_chars: int, words: Any, splitter: int, tables: Any, scratch: Any) -> int:
    """Fill in the words of document `i`; how many there are."""
    starts, ends = scratch.starts, scratch.ends
    if not words.is_given:
        return int(split_words(scratch.code_points, n_chars, tables.words, splitter, starts, ends))
    first = words.offsets[i]
    n_words = words.offsets[i + 1] - first
    for word in range(n_words):
        starts[word], ends[word] = words.starts[first + word], words.ends[first + word]
    return int(n_words)


@lean_called_kernel
def _count_gopher(n_chars: int, n_words: int, tables: Any, row: int, scratch: Any, tally: Any) -> None:
    """Fill in all but C4's and FineWeb's counts, and the lines of str.splitlines.

    Arrays that n-grams need later hold breaks and lines before.
    """
    code_points, starts, ends = scratch.code_points, scratch.starts, scratch.ends
    classes, powers = tables.classes, tables.powers
    hashes, chars = scratch.hashes, scratch.chars
    gopher_quality.count_symbols(code_points, n_chars, tally)
    n_breaks = gopher_quality.find_breaks(code_points, n_chars, classes, chars)
    gopher_quality.count_lines(
        code_points, n_chars, classes, chars, n_breaks, scratch.line_starts, scratch.line_ends, tally
    )
    line_starts, line_ends = scratch.candidates, scratch.places
    n_lines = repeated_lines.count_repeated_lines(
        code_points, n_chars, chars, n_breaks, line_starts, line_ends, hashes, scratch.keys, tally
    )
    repeated_lines.count_repeated_paragraphs(
        code_points, n_chars, classes, line_starts, line_ends, hashes, n_lines, scratch.keys, tally
    )
    read_words(code_points, n_words, classes, powers, scratch, tally)
    tally.n_distinct_stop_words = count_stop_words(
        code_points, starts, ends, n_words, scratch.word_hashes, tables.traits, row
    )
    ngrams.count_top_ngrams(scratch.word_hashes, chars, n_words, scratch, tally)
    ngrams.count_duplicate_ngrams(hashes, chars, n_words, powers, scratch, tally)


@lean_called_kernel
def _count_c4_and_fineweb(
    n_chars: int, n_words: int, needs_end: bool, cleans: bool, row: int, splitter: int, tables: Any, scratch: Any,
    tally: Any,
) -> int:  # fmt: skip
    """The number of lines that C4 keeps. FineWeb counts in the cleaned text where there is one."""
    classes = tables.classes
    is_spaced, is_english = tables.traits.is_spaced[row], tables.traits.is_english[row]
    n_cleaned, n_cleaned_words, n_kept = c4.judge_lines(
        n_words, needs_end, is_spaced, is_english, splitter, tables, scratch, tally
    )
    text, start, end = scratch.code_points, 0, n_chars
    tally.n_fineweb_words = n_words
    if cleans:
        text = scratch.cleaned
        start = gopher_quality.skip_spaces(text, 0, n_cleaned, classes)
        end = gopher_quality.skip_spaces_back(text, start, n_cleaned, classes)
        tally.n_fineweb_words = n_cleaned_words
    fineweb.count_fineweb_lines(text[start:end], end - start, classes, scratch.keys, tally)
    return int(n_kept)

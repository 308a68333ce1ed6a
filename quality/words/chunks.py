"""Splitting one chunk, a longest run without whitespace, as spaCy's Tokenizer does.

Prefixes and suffixes are cut off, one of each at a time, until nothing is to be cut or what is left is a special case.
What is left then is a special case, or one word, or parted at its infixes.
"""

from typing import Any

from quality.kernel import kernel, lean_called_kernel
from quality.words.automaton import infix_chars, is_plain, is_whole, prefix_chars, suffix_chars
from quality.words.specials import add_case, add_word, find_case
from quality.words.urls import is_url


@lean_called_kernel
def split_chunk(
    code_points: Any, start: int, end: int, tables: Any, splitter: int, starts: Any, ends: Any, n_words: int
) -> int:
    """Add the words of the chunk code_points[start:end]; the new number of words.

    A suffix that was cut off is kept in `ends`, where it begins: there are fewer words than characters before it.
    """
    left = start
    right = end
    while left < right and not _is_one_piece(code_points, left, right, tables, splitter):
        n_prefix = prefix_chars(code_points, left, right, tables, splitter)
        n_suffix = 0
        if n_prefix == 0 or find_case(code_points, left + n_prefix, right, tables, splitter) < 0:
            n_suffix = suffix_chars(code_points, left + n_prefix, right, tables, splitter)
            if min(n_prefix, n_suffix) > 0 and find_case(code_points, left, right - n_suffix, tables, splitter) >= 0:
                n_prefix = 0
        if n_prefix == 0 and n_suffix == 0:
            break
        if n_prefix > 0:
            n_words = add_word(starts, ends, n_words, left, left + n_prefix)
        left += n_prefix
        if n_suffix > 0:
            ends[right - n_suffix] = right
        right -= n_suffix
    if left < right:
        n_words = _split_rest(code_points, left, right, tables, splitter, starts, ends, n_words)
    while right < end:
        suffix_end = int(ends[right])
        n_words = add_word(starts, ends, n_words, right, suffix_end)
        right = suffix_end
    return n_words


@kernel
def _is_one_piece(code_points: Any, start: int, end: int, tables: Any, splitter: int) -> bool:
    """Whether nothing is cut off any more: plain letters, a special case, or one word by a rule of the language."""
    return (
        is_plain(code_points, start, end, tables)
        or find_case(code_points, start, end, tables, splitter) >= 0
        or is_whole(code_points, start, end, tables, splitter)
    )


@kernel
def _split_rest(
    code_points: Any, start: int, end: int, tables: Any, splitter: int, starts: Any, ends: Any, n_words: int
) -> int:
    """Add the words of what is left of a chunk; the new number of words."""
    case = find_case(code_points, start, end, tables, splitter)
    if case >= 0:
        return add_case(tables, case, start, starts, ends, n_words)
    is_one_word = (
        is_plain(code_points, start, end, tables)
        or is_whole(code_points, start, end, tables, splitter)
        or is_url(code_points, start, end, tables)
    )
    if is_one_word:
        return add_word(starts, ends, n_words, start, end)
    return _part(code_points, start, end, tables, splitter, starts, ends, n_words)


@kernel
def _part(
    code_points: Any, start: int, end: int, tables: Any, splitter: int, starts: Any, ends: Any, n_words: int
) -> int:
    """Add the words between infixes, and the infixes; an infix at the very beginning stays in the first word."""
    word_start = start
    at = start
    while at < end:
        n_infix = infix_chars(code_points, start, end, at, tables, splitter)
        if n_infix >= 0 and at > start:
            if word_start < at:
                n_words = add_word(starts, ends, n_words, word_start, at)
            if n_infix > 0:
                n_words = add_word(starts, ends, n_words, at, at + n_infix)
            word_start = at + n_infix
        at += max(1, n_infix)
    if word_start < end:
        n_words = add_word(starts, ends, n_words, word_start, end)
    return n_words

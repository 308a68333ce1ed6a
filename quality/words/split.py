"""Splitting one document into words, by the splitter of its language."""

from typing import Any

import numpy as np

from quality.kernel import called_kernel, kernel
from quality.words.automaton import is_number
from quality.words.chunks import split_chunk
from quality.words.hashing import SEED, mixed
from quality.words.simple import split_simply
from quality.words.specials import add_case, add_word, find_hashed_case, resplit_rows
from quality.words.splitters import SIMPLE
from quality.words.tables import SPACE_CLASS
from quality.words.uncounted import uncounted


# A call for each document costs nothing, and to inline all of this at every call would cost minutes of compiling.
@called_kernel
def split_words(code_points: Any, n_chars: int, word_tables: Any, splitter: int, starts: Any, ends: Any) -> int:
    """Split code_points[:n_chars] (uint32, below 0x110000) into words; how many there are.

    Word i is code_points[starts[i]:ends[i]]. Words are in order, don't overlap and are never empty; all that is no
    whitespace is in a word. `starts` and `ends` (int32) need room for `n_chars` words, and what they hold behind the
    last word is undefined afterwards. `word_tables` is `word_tables()`, `splitter` a number of
    `quality.words.splitters`. Time is linear in `n_chars`.
    """
    code_points, starts, ends = uncounted((code_points, starts, ends))
    tables = word_tables[0]
    if splitter == SIMPLE:
        return split_simply(code_points, n_chars, tables.classes, starts, ends)
    n_words = int(np.int64(0))  # typed, since each kernel is compiled once more for a constant
    at = int(np.int64(0))
    while at < n_chars:
        if tables.code_point_classes[code_points[at]] == SPACE_CLASS:
            at += 1
        else:
            at, n_words = _split_at(code_points, at, n_chars, tables, splitter, starts, ends, n_words)
    return resplit_rows(code_points, starts, ends, n_words, tables, splitter)


@kernel
def _split_at(
    code_points: Any,
    start: int,
    n_chars: int,
    tables: Any,
    splitter: int,
    starts: Any,
    ends: Any,
    n_words: int,
) -> tuple[int, int]:
    """Add the words of the chunk that begins at `start`; where it ends, and the new number of words."""
    at = start
    hash_ = SEED
    highest = SPACE_CLASS
    while at < n_chars:
        class_ = tables.code_point_classes[code_points[at]]
        if class_ == SPACE_CLASS:
            break
        hash_ = mixed(hash_, code_points[at])
        highest = max(highest, class_)
        at += 1
    if highest <= tables.last_letter or (highest <= tables.last_digit and is_number(code_points, start, at, tables)):
        return at, _add_plain(code_points, start, at, hash_, tables, splitter, starts, ends, n_words)
    return at, split_chunk(code_points, start, at, tables, splitter, starts, ends, n_words)


@kernel
def _add_plain(
    code_points: Any, start: int, end: int, hash_: Any, tables: Any, splitter: int, starts: Any, ends: Any, n_words: int
) -> int:
    """Add the words of a chunk of letters alone, or of digits alone: one, unless it is a special case."""
    case = -1
    if end - start <= tables.most_special_chars[splitter]:
        case = find_hashed_case(code_points, start, end, hash_, tables, splitter)
    if case >= 0:
        return add_case(tables, case, start, starts, ends, n_words)
    return add_word(starts, ends, n_words, start, end)

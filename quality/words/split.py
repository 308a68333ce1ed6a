"""Splitting one document into words, by the splitter of its language."""

from typing import Any

from quality.kernel import kernel
from quality.words.simple import split_simply


@kernel
def split_words(code_points: Any, n_chars: int, tables: Any, cache: Any, splitter: int, starts: Any, ends: Any) -> int:
    """Split code_points[:n_chars] (uint32, below 0x110000) into words; how many there are.

    Word i is code_points[starts[i]:ends[i]]. Words are in order, don't overlap and are never empty; all that is no
    whitespace is in a word. `starts` and `ends` (int32) need room for `n_chars` words, and what they hold behind the
    last word is undefined afterwards. `tables` is `word_tables()`, `cache` a `new_word_cache()` that may go from
    document to document, `splitter` a number of `quality.words.splitters`. The words are the same whatever the cache
    holds.
    """
    return split_simply(code_points, n_chars, tables.classes, starts, ends)

"""Counting lines of code: all, repeated ones, those with an assertion."""

from typing import Any

import numpy as np

from quality.code.segments import COMMENT, LINE_FEED, SPACE, line_end, says
from quality.code.syntax import packed
from quality.code.tallies import WORD
from quality.kernel import kernel

PROBES = 32  # places that a line is looked for in the table
HASH_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd; 2^64 over the golden ratio, as in Fibonacci hashing
MAX_MARKS = 8  # a longer line counts even if it has no word: a rule of dashes, a row of a table

ASSERT = packed("assert")
SMALL_A, SMALL_E, SMALL_S = ord("a"), ord("e"), ord("s")
BLOCK_BYTES = 512


@kernel
def count_lines(text: Any, classes: Any, kinds: Any, hashes: Any, tally: Any) -> int:
    """Fill in the counts of lines, and write the hashes of code lines to `hashes` (uint64); how many it wrote.

    A code line has something that is neither comment nor whitespace (here: control characters too). Its hash is that of
    this something. Lines of one byte and short ones of marks alone, as `});`, get none and never count as repeated:
    OpenCoder leaves `},` and single bytes out, no more, and so refuses tests full of closing brackets.
    """
    n_hashed = n_code_lines = n_line_feeds = 0
    start = 0
    line_hash = np.uint64(0)
    n_bytes = 0  # of the line's code, so far
    for at in range(len(text)):
        byte = text[at]
        if (kinds[at] != COMMENT) & (byte > SPACE):
            line_hash = (line_hash ^ np.uint64(byte)) * HASH_STEP
            n_bytes += 1
        elif byte == LINE_FEED:
            n_line_feeds += 1
            n_code_lines += n_bytes > 0
            if n_bytes > MAX_MARKS or (n_bytes > 1 and _has_word(text, start, at, classes, kinds)):
                hashes[n_hashed] = line_hash ^ (line_hash >> np.uint64(32))
                n_hashed += 1
            start = at + 1
            line_hash = np.uint64(0)
            n_bytes = 0
    n_code_lines += n_bytes > 0
    if n_bytes > MAX_MARKS or (n_bytes > 1 and _has_word(text, start, len(text), classes, kinds)):
        hashes[n_hashed] = line_hash ^ (line_hash >> np.uint64(32))
        n_hashed += 1
    tally.n_line_feeds = n_line_feeds
    tally.n_code_lines = n_code_lines
    tally.n_assert_lines = _count_assert_lines(text, kinds)
    return n_hashed


@kernel
def _has_word(text: Any, start: int, end: int, classes: Any, kinds: Any) -> bool:
    for at in range(start, end):  # noqa: SIM110 (numba has no generators)
        if kinds[at] != COMMENT and classes[text[at]] & WORD:
            return True
    return False


@kernel
def _count_assert_lines(text: Any, kinds: Any) -> int:
    """Lines with `assert` in whatever case, outside of comments."""
    n_lines = 0
    counted_to = 0  # the end of the last such line
    for start in range(0, len(text), BLOCK_BYTES):
        if _may_assert(text[start : start + BLOCK_BYTES + 3]):
            for at in range(start, min(start + BLOCK_BYTES, len(text))):
                if at >= counted_to and kinds[at] != COMMENT and says(text, at, ASSERT):
                    n_lines += 1
                    counted_to = line_end(text, at)
    return n_lines


@kernel
def _may_assert(block: Any) -> bool:
    """Whether `asse` stands in the block; no branches, so that the compiler makes vectors."""
    found = False
    for at in range(len(block) - 3):
        is_ss = (block[at + 1] | 0x20 == SMALL_S) & (block[at + 2] | 0x20 == SMALL_S)
        found |= is_ss & (block[at] | 0x20 == SMALL_A) & (block[at + 3] | 0x20 == SMALL_E)
    return found


@kernel
def count_duplicates(hashes: Any, n_hashes: int, seen: Any, counts: Any) -> int:
    """How many of the lines `hashes[:n_hashes]` stand more than once in the file; all of their occurrences count.

    `seen` (uint64) and `counts` (int32) are scratch space for a table: their length is a power of two, at least twice
    n_hashes. A line that finds no place near its own counts as the only one: so no text, made for it or not, takes more
    than PROBES steps a line.
    """
    size = 2
    while size < 2 * n_hashes:
        size *= 2
    counts[:size] = 0
    place: Any
    for i in range(n_hashes):
        place = np.int64(hashes[i] & np.uint64(size - 1))
        for _ in range(PROBES):
            if counts[place] == 0:
                seen[place] = hashes[i]
            if seen[place] == hashes[i]:
                counts[place] += 1
                break
            place = (place + 1) & (size - 1)
    n_duplicates = 0
    for place in range(size):
        if counts[place] > 1:
            n_duplicates += counts[place]
    return n_duplicates

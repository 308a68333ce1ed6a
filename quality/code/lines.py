"""Counting lines of code: repeated ones, assertions, long texts in strings, reminders in comments."""

from typing import Any

import numpy as np

from quality.code.segments import COMMENT, LINE_FEED, STRING
from quality.code.syntax import packed
from quality.code.tallies import REMARKABLE, WHITE, WORD
from quality.kernel import kernel

LONG_STRING_WORDS = 20  # OpenCoder: a line of a string with more words than this is prose or data
PROBES = 32  # places that a line is looked for in the table

# What is looked for, in lower case; "your code here" in two parts, as a marker has at most seven bytes.
ASSERT, TODO, FIXME = packed("assert"), packed("todo"), packed("fixme")
YOUR_CODE, CODE_HERE = packed("your co"), packed("de here")

HASH_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd; 2^64 over the golden ratio, as in Fibonacci hashing
CLOSING_BRACE_COMMA = ord("}") << 8 | ord(",")


@kernel
def count_lines(data: Any, start: int, end: int, classes: Any, kinds: Any, hashes: Any, tally: Any) -> None:
    """Fill in the counts of lines, and write each code line's hash to `hashes` (uint64, as many as lines at least).

    A code line has something that is neither comment nor whitespace. Its hash is that of this something. Lines of one
    byte and `},` have none, as OpenCoder does not count them as repeated.
    """
    n_hashed = 0
    n_code_lines = n_assert_lines = n_reminder_lines = n_string_lines = n_line_feeds = 0
    at = start
    while at < end:
        line_hash = np.uint64(0)
        n_bytes = 0  # of code
        recent = 0  # the last two bytes of it
        asserts = reminds = False
        n_string_words = 0
        before = WHITE
        while at < end and data[at] != LINE_FEED:
            byte = data[at]
            kind = kinds[at - start]
            byte_class = classes[byte]
            if byte_class & REMARKABLE and not _is_in_word(data, start, at, classes):
                asserts |= kind != COMMENT and says(data, at, end, ASSERT)
                reminds |= kind == COMMENT and _is_reminder(data, at, end)
            if kind != COMMENT and byte_class & WHITE == 0:
                line_hash = (line_hash ^ np.uint64(byte)) * HASH_STEP
                n_bytes += 1
                recent = (recent << 8 | byte) & 0xFFFF
            if kind == STRING:
                now = byte_class & (WHITE | WORD)
                n_string_words += now != before and now & WHITE == 0
                before = now
            elif n_string_words:
                n_string_lines += n_string_words > LONG_STRING_WORDS
                n_string_words = 0
                before = WHITE
            at += 1
        n_line_feeds += at < end
        at += 1
        n_string_lines += n_string_words > LONG_STRING_WORDS
        n_reminder_lines += reminds
        if n_bytes:
            n_code_lines += 1
            n_assert_lines += asserts
            if n_bytes > 1 and not (n_bytes == 2 and recent == CLOSING_BRACE_COMMA):
                hashes[n_hashed] = line_hash ^ (line_hash >> np.uint64(29))
                n_hashed += 1
    tally.n_line_feeds = n_line_feeds
    tally.n_code_lines = n_code_lines
    tally.n_assert_lines = n_assert_lines
    tally.n_reminder_lines = n_reminder_lines
    tally.n_string_lines = n_string_lines
    tally.n_duplicate_lines = n_hashed  # what `count_duplicates` takes them from


@kernel
def _is_in_word(data: Any, start: int, at: int, classes: Any) -> bool:
    """Whether a letter stands before `at`; `_` and digits part words here, so that test_assert asserts."""
    return at > start and (data[at - 1] | 0x20) >= 0x61 and (data[at - 1] | 0x20) <= 0x7A


@kernel
def says(data: Any, at: int, end: int, marker: int) -> bool:
    """Whether the packed marker, in lower case, stands at `at` in whatever case."""
    while marker:
        if at >= end:
            return False
        byte = data[at]
        if byte >= 0x41 and byte <= 0x5A:
            byte |= 0x20
        if byte != marker & 0xFF:
            return False
        marker >>= 8
        at += 1
    return True


@kernel
def _is_reminder(data: Any, at: int, end: int) -> bool:
    if says(data, at, end, TODO) or says(data, at, end, FIXME):
        return True
    return says(data, at, end, YOUR_CODE) and says(data, at + 7, end, CODE_HERE)


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
    seen[:size] = np.uint64(0)
    counts[:size] = 0
    for i in range(n_hashes):
        place = np.int64(hashes[i] & np.uint64(size - 1))
        for _ in range(min(PROBES, size)):
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

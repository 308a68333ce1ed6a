"""spaCy's special cases ("don't", "e.g.", ":-)"): strings that are split in a way of their own.

They act twice. While a chunk is cut, whatever is left of it may be one: `find_case`. And once a text is split, words
in a row that are what the rules make of a special case, whatever chunks they come from, are split as it says:
`resplit_rows`, after spaCy's Tokenizer._apply_special_cases.
"""

from typing import Any

import numpy as np

from quality.kernel import kernel
from quality.words.hashing import SEED, SLOT_BITS, SPECIAL_SLOTS, first_bits, mixed, pair_slot

SPACE = ord(" ")


@kernel
def add_word(starts: Any, ends: Any, n_words: int, start: int, end: int) -> int:
    """Add a word; the new number of words."""
    starts[n_words] = start
    ends[n_words] = end
    return n_words + 1


@kernel
def find_case(code_points: Any, start: int, end: int, tables: Any, splitter: int) -> int:
    """The special case that code_points[start:end] is; -1 for none."""
    if end - start < 1 or end - start > tables.most_special_chars[splitter]:
        return -1
    hash_ = SEED
    for at in range(start, end):
        hash_ = mixed(hash_, code_points[at])
    return find_hashed_case(code_points, start, end, hash_, tables, splitter)


@kernel
def find_hashed_case(code_points: Any, start: int, end: int, hash_: Any, tables: Any, splitter: int) -> int:
    """The same where the hash of the characters is known."""
    slot = first_bits(hash_, SLOT_BITS)
    while True:
        case = tables.special_slots[splitter, slot]
        if case < 0 or _is_case(code_points, start, end, tables, case):
            return int(case)
        slot = (slot + 1) & (SPECIAL_SLOTS - 1)


@kernel
def _is_case(code_points: Any, start: int, end: int, tables: Any, case: int) -> bool:
    first = tables.special_char_starts[case]
    if tables.special_char_starts[case + 1] - first != end - start:
        return False
    for i in range(end - start):  # noqa: SIM110 (numba has no generators)
        if tables.special_chars[first + i] != code_points[start + i]:
            return False
    return True


@kernel
def add_case(tables: Any, case: int, start: int, starts: Any, ends: Any, n_words: int) -> int:
    """Add the words of a special case that begins at `start`; the new number of words."""
    for i in range(tables.special_length_starts[case], tables.special_length_starts[case + 1]):
        end = start + int(tables.special_lengths[i])
        n_words = add_word(starts, ends, n_words, start, end)
        start = end
    return n_words


@kernel
def resplit_rows(code_points: Any, starts: Any, ends: Any, n_words: int, tables: Any, splitter: int) -> int:
    """Split rows of words again that are a special case; the new number of words.

    Rows may overlap: the longest counts, of equal ones the first. A row whose words have a space between them may
    hide another so, even if it is no special case with that space.
    """
    first = int(np.int64(0))
    while first < n_words and _row_to_resplit(code_points, starts, ends, n_words, first, tables, splitter) == 0:
        first += 1
    if first == n_words:
        return n_words
    row_words = np.zeros(n_words, np.uint8)
    growth = 0
    for word in range(first, n_words):
        row_words[word] = _row_to_resplit(code_points, starts, ends, n_words, word, tables, splitter)
        if row_words[word]:
            case = find_case(code_points, int(starts[word]), int(ends[word + row_words[word] - 1]), tables, splitter)
            growth += max(0, _case_words(tables, case) - row_words[word])
    _move(starts, first, n_words, growth)
    _move(ends, first, n_words, growth)
    n_written = first
    word = first
    while word < n_words:
        start = int(starts[word + growth])
        if row_words[word]:
            last = word + row_words[word] - 1
            case = find_case(code_points, start, int(ends[last + growth]), tables, splitter)
            n_written = add_case(tables, case, start, starts, ends, n_written)
            word = last + 1
        else:
            n_written = add_word(starts, ends, n_written, start, int(ends[word + growth]))
            word += 1
    return n_written


@kernel
def _move(positions: Any, first: int, end: int, by: int) -> None:
    if by > 0:
        for at in range(end - 1, first - 1, -1):
            positions[at + by] = positions[at]


@kernel
def _case_words(tables: Any, case: int) -> int:
    return int(tables.special_length_starts[case + 1] - tables.special_length_starts[case])


@kernel
def _row_to_resplit(
    code_points: Any, starts: Any, ends: Any, n_words: int, first: int, tables: Any, splitter: int
) -> int:
    """How many words, from `first` on, are a row to split again; 0 for none."""
    found = 0
    if _may_begin_row(code_points, starts, ends, n_words, first, tables, splitter):
        hash_ = _with_word(SEED, code_points, starts, ends, first)
        for size in range(2, tables.most_row_words[splitter] + 1):
            if not _may_end_row(code_points, starts, ends, n_words, first, size, tables, splitter):
                break
            hash_ = _with_word(hash_, code_points, starts, ends, first + size - 1)
            if _is_hashed_row(code_points, starts, ends, first, size, hash_, tables, splitter):
                is_case = find_case(code_points, int(starts[first]), int(ends[first + size - 1]), tables, splitter) >= 0
                if is_case and not _is_hidden(code_points, starts, ends, n_words, first, size, tables, splitter):
                    found = size
    return found


@kernel
def _may_end_row(
    code_points: Any, starts: Any, ends: Any, n_words: int, first: int, size: int, tables: Any, splitter: int
) -> bool:
    """Whether `size` words from `first` on may be a row, if one less may: short enough, and the last one touches."""
    last = first + size - 1
    return bool(
        last < n_words
        and ends[last] - starts[first] <= tables.most_row_chars[splitter] + size
        and _touch(code_points, ends[last - 1], starts[last])
    )


@kernel
def _with_word(hash_: Any, code_points: Any, starts: Any, ends: Any, word: int) -> Any:
    for at in range(starts[word], ends[word]):
        hash_ = mixed(hash_, code_points[at])
    return hash_


@kernel
def _may_begin_row(
    code_points: Any, starts: Any, ends: Any, n_words: int, word: int, tables: Any, splitter: int
) -> bool:
    """Whether some row has words that meet in the characters in which this word and the next one meet."""
    if word + 1 >= n_words:
        return False
    slot = pair_slot(code_points[ends[word] - 1], code_points[starts[word + 1]])
    return bool(tables.pairs[splitter, slot] != 0)


@kernel
def _is_hidden(
    code_points: Any, starts: Any, ends: Any, n_words: int, first: int, size: int, tables: Any, splitter: int
) -> bool:
    """Whether a longer row, or one as long that begins before, holds the first or the last word of this row."""
    most = tables.most_row_words[splitter]
    last = first + size - 1
    for other in range(max(0, first - most + 1), last + 1):
        if not _may_begin_row(code_points, starts, ends, n_words, other, tables, splitter):
            continue
        for other_size in range(size, most + 1):
            precedes = other_size > size or other < first
            holds = other <= first < other + other_size or other <= last < other + other_size
            if precedes and holds and _is_row(code_points, starts, ends, n_words, other, other_size, tables, splitter):
                return True
    return False


@kernel
def _is_row(
    code_points: Any, starts: Any, ends: Any, n_words: int, first: int, size: int, tables: Any, splitter: int
) -> bool:
    """Whether `size` words from `first` on are what the rules make of a special case; spaces between don't count."""
    hash_ = _with_word(SEED, code_points, starts, ends, first)
    for n in range(2, size + 1):
        if not _may_end_row(code_points, starts, ends, n_words, first, n, tables, splitter):
            return False
        hash_ = _with_word(hash_, code_points, starts, ends, first + n - 1)
    return _is_hashed_row(code_points, starts, ends, first, size, hash_, tables, splitter)


@kernel
def _is_hashed_row(
    code_points: Any, starts: Any, ends: Any, first: int, size: int, hash_: Any, tables: Any, splitter: int
) -> bool:
    """The same where the hash of the words is known, and that they touch."""
    slot = first_bits(hash_, SLOT_BITS)
    while True:
        row = tables.row_slots[splitter, slot]
        if row < 0:
            return False
        if _has_words(code_points, starts, ends, first, size, tables, row):
            return True
        slot = (slot + 1) & (SPECIAL_SLOTS - 1)


@kernel
def _touch(code_points: Any, end: int, start: int) -> bool:
    """Whether nothing, or one space, is between two words; spaCy makes a word of any other whitespace."""
    return start == end or (start == end + 1 and code_points[end] == SPACE)


@kernel
def _has_words(code_points: Any, starts: Any, ends: Any, first: int, size: int, tables: Any, row: int) -> bool:
    """Whether `size` words from `first` on are the words of the row."""
    length_start = tables.row_length_starts[row]
    if tables.row_length_starts[row + 1] - length_start != size:
        return False
    char = tables.row_char_starts[row]
    for i in range(size):
        if ends[first + i] - starts[first + i] != tables.row_lengths[length_start + i]:
            return False
        for at in range(starts[first + i], ends[first + i]):
            if tables.row_chars[char] != code_points[at]:
                return False
            char += 1
    return True

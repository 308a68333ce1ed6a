"""Running the automata of a language: what begins a string, what ends it, what parts it, whether it is one word.

The functions read code_points[start:end], and what lies outside of it is a boundary, even where the text goes on.
"""

from typing import Any

from quality.kernel import kernel
from quality.words.tables import BOUNDARY, DEAD, INFIX, PREFIX, SUFFIX, WHOLE

# Of an affix, an infix or a word with hyphens, full stops aside: what some languages look for has no end of its own,
# and looking for it at every character of a long chunk would take for ever. Words are shorter.
LONGEST_CHARS = 256
FULL_STOP = ord(".")


@kernel
def is_plain(code_points: Any, start: int, end: int, tables: Any) -> bool:
    """Whether a string, no longer than words are, is of letters alone in which no language finds anything."""
    if end - start > LONGEST_CHARS:
        return False  # cutting a million marks off a million letters would look at all of them each time
    for at in range(start, end):
        class_ = tables.code_point_classes[code_points[at]]
        if class_ > tables.last_letter:
            return False
    return True


@kernel
def is_number(code_points: Any, start: int, end: int, tables: Any) -> bool:
    """Whether a string of letters and digits is of digits alone."""
    for at in range(start, end):
        class_ = tables.code_point_classes[code_points[at]]
        if class_ <= tables.last_letter:
            return False
    return True


@kernel
def prefix_chars(code_points: Any, start: int, end: int, tables: Any, splitter: int) -> int:
    """How many characters are cut off the beginning; 0 for none."""
    return max(0, _match_chars(code_points, start, end, tables, tables.start_states[splitter, PREFIX]))


@kernel
def infix_chars(code_points: Any, start: int, end: int, at: int, tables: Any, splitter: int) -> int:
    """How many characters part the string at `at`, 0 for a part between two characters; -1 for no part here."""
    if not tables.may_part[splitter, tables.code_point_classes[code_points[at]]]:
        return -1
    state = tables.start_states[splitter, INFIX]
    for before in range(at - 2, at):
        state = tables.next_states[state, _class_at(code_points, start, end, before, tables)]
    return _match_chars(code_points, at, end, tables, state)


@kernel
def _match_chars(code_points: Any, at: int, end: int, tables: Any, state: int) -> int:
    """The length of the preferred match that begins at `at`, from `state` on; -1 for none."""
    found = -1
    n_read = 0
    while True:
        overshoot = tables.overshoot[state]
        if overshoot >= 0:
            found = n_read - overshoot  # a later match is of a preferred way: the others ended
        if at + n_read > end or _is_too_long(code_points, at + n_read - 1, n_read):
            break
        state = tables.next_states[state, _class_at(code_points, at, end, at + n_read, tables)]
        n_read += 1
        if state == DEAD:
            break
    return found


@kernel
def suffix_chars(code_points: Any, start: int, end: int, tables: Any, splitter: int) -> int:
    """How many characters are cut off the end, the longest suffix; 0 for none."""
    state = tables.start_states[splitter, SUFFIX]
    found = 0
    n_read = 0
    while end - n_read >= start and not _is_too_long(code_points, end - n_read, n_read):
        state = tables.next_states[state, _class_at(code_points, start, end, end - n_read - 1, tables)]
        n_read += 1
        if state == DEAD:
            break
        overshoot = tables.overshoot[state]
        if overshoot >= 0:
            found = max(found, n_read - overshoot)
    return found


@kernel
def _is_too_long(code_points: Any, last: int, n_read: int) -> bool:
    """Whether to give up, `last` being the character that was read last of `n_read`."""
    return n_read > LONGEST_CHARS and code_points[last] != FULL_STOP


@kernel
def is_whole(code_points: Any, start: int, end: int, tables: Any, splitter: int) -> bool:
    """Whether the language has a rule by which all of the string is one word."""
    state = tables.start_states[splitter, WHOLE]
    if state == DEAD or end - start > LONGEST_CHARS:
        return False
    for at in range(start, end + 1):
        state = tables.next_states[state, _class_at(code_points, start, end, at, tables)]
        if state == DEAD:
            return False
    return bool(tables.overshoot[state] >= 0)


@kernel
def _class_at(code_points: Any, start: int, end: int, at: int, tables: Any) -> int:
    if at < start or at >= end:
        return BOUNDARY
    return int(tables.code_point_classes[code_points[at]])

"""Counting what comments and strings hold: characters, long words, long lines of text, reminders; and hexadecimal code.

What is rare is first looked for in whole blocks, by loops without branches that the compiler makes vectors of.
"""

from typing import Any

from quality.code.runs import next_run
from quality.code.segments import COMMENT, STRING, line_end, says
from quality.code.syntax import packed
from quality.code.tallies import HEX, WHITE, WORD
from quality.kernel import kernel

LONG_WORD_CHARS = 20  # OpenCoder: words in strings longer than this are no language
LONG_STRING_WORDS = 20  # OpenCoder: a line of a string with more words than this is prose or data
BLOCK_BYTES = 512
ZERO, COLON, SLASH = ord("0"), ord(":"), ord("/")
SMALL_D, SMALL_F, SMALL_I, SMALL_M = ord("d"), ord("f"), ord("i"), ord("m")
SMALL_O, SMALL_R, SMALL_T, SMALL_U, SMALL_X, SMALL_Y = ord("o"), ord("r"), ord("t"), ord("u"), ord("x"), ord("y")

# OpenCoder's reminders, in lower case; "your code here" in two parts, as a marker has at most seven bytes.
TODO, FIXME = packed("todo"), packed("fixme")
YOUR_CODE, CODE_HERE = packed("your co"), packed("de here")


@kernel
def count_parts(text: Any, classes: Any, kinds: Any, tally: Any) -> None:
    """Fill in the counts of comments and strings, and of hexadecimal numbers outside of both."""
    tally.n_comment_chars = _count_kind(text, kinds, COMMENT)
    tally.n_string_chars = _count_kind(text, kinds, STRING)
    tally.n_hex_word_chars = _count_hex_words(text, classes, kinds)
    tally.n_reminder_lines = _count_reminders(text, kinds)
    _count_long_strings(text, classes, kinds, tally)


@kernel
def _count_kind(text: Any, kinds: Any, kind: int) -> int:
    n_chars = 0
    for at in range(len(text)):
        n_chars += (kinds[at] == kind) & (text[at] & 0xC0 != 0x80)
    return n_chars


@kernel
def _count_hex_words(text: Any, classes: Any, kinds: Any) -> int:
    n_chars = 0
    for start in range(0, len(text), BLOCK_BYTES):
        block = text[start : start + BLOCK_BYTES + 1]
        if _has_hex_prefix(block):
            for at in range(start, min(start + BLOCK_BYTES, len(text))):
                if text[at] == ZERO and kinds[at] != COMMENT and kinds[at] != STRING:
                    n_chars += _hex_word_bytes(text, at, classes)
    return n_chars


@kernel
def _has_hex_prefix(block: Any) -> bool:
    found = False
    for at in range(len(block) - 1):
        found |= (block[at] == ZERO) & (block[at + 1] | 0x20 == SMALL_X)
    return found


@kernel
def _hex_word_bytes(text: Any, at: int, classes: Any) -> int:
    """How long the number 0x... is that begins at `at`; 0 where none does."""
    if at + 2 >= len(text) or text[at + 1] | 0x20 != SMALL_X or (at > 0 and classes[text[at - 1]] & WORD):
        return 0
    last = at + 2
    while last < len(text) and classes[text[last]] & HEX:
        last += 1
    if last == at + 2 or (last < len(text) and classes[text[last]] & WORD):
        return 0
    return last - at


@kernel
def _count_reminders(text: Any, kinds: Any) -> int:
    """Lines with a reminder in a comment."""
    n_lines = 0
    counted_to = 0  # the end of the last such line
    for start in range(0, len(text), BLOCK_BYTES):
        if _may_remind(text[start : start + BLOCK_BYTES + 3]):
            for at in range(start, min(start + BLOCK_BYTES, len(text))):
                if at >= counted_to and kinds[at] == COMMENT and _is_reminder(text, at):
                    n_lines += 1
                    counted_to = line_end(text, at)
    return n_lines


@kernel
def _may_remind(block: Any) -> bool:
    """Whether `todo`, `fixm` or `your` stands in the block."""
    found = False
    for at in range(len(block) - 3):
        first = block[at] | 0x20
        second = block[at + 1] | 0x20
        third = block[at + 2] | 0x20
        fourth = block[at + 3] | 0x20
        found |= (first == SMALL_T) & (second == SMALL_O) & (third == SMALL_D) & (fourth == SMALL_O)
        found |= (first == SMALL_F) & (second == SMALL_I) & (third == SMALL_X) & (fourth == SMALL_M)
        found |= (first == SMALL_Y) & (second == SMALL_O) & (third == SMALL_U) & (fourth == SMALL_R)
    return found


@kernel
def _is_reminder(text: Any, at: int) -> bool:
    if at > 0 and (text[at - 1] | 0x20) >= 0x61 and (text[at - 1] | 0x20) <= 0x7A:  # inside of a word: autodoc
        return False
    if says(text, at, TODO) or says(text, at, FIXME):
        return True
    return says(text, at, YOUR_CODE) and says(text, at + 7, CODE_HERE)


@kernel
def _count_long_strings(text: Any, classes: Any, kinds: Any, tally: Any) -> None:
    """Fill in what strings hold that are long enough for a long word or a long line; shorter ones are passed over."""
    at = 0
    while True:
        start, end = next_run(kinds, at, len(text), STRING, 1 + min(LONG_WORD_CHARS, LONG_STRING_WORDS))
        if start == end:
            return
        at = start
        while at < end:
            line_stop = min(line_end(text, at), end)
            n_words, n_long_chars = _words_of(text[at:line_stop], classes)
            tally.n_string_lines += n_words > LONG_STRING_WORDS
            tally.n_long_word_chars += n_long_chars
            at = line_stop + 1
        at = end


@kernel
def _words_of(line: Any, classes: Any) -> tuple[int, int]:
    """The words of a line of a string, and the characters of those between whitespace that are long."""
    n_words = n_long = 0
    word_start = -1  # of what stands between whitespace
    word_chars = 0
    before = WHITE
    for at in range(len(line)):
        byte = line[at]
        now = classes[byte] & (WHITE | WORD)
        n_words += now != before and now & WHITE == 0
        before = now
        if now & WHITE == 0:
            word_start = at if word_start < 0 else word_start
            word_chars += byte & 0xC0 != 0x80
        elif word_start >= 0:
            n_long += _long_word(line, word_start, at, word_chars)
            word_start = -1
            word_chars = 0
    if word_start >= 0:
        n_long += _long_word(line, word_start, len(line), word_chars)
    return n_words, n_long


@kernel
def _long_word(line: Any, start: int, end: int, n_chars: int) -> int:
    """The characters of the word if it is a long one; an address (https://...) is none."""
    if n_chars <= LONG_WORD_CHARS:
        return 0
    for at in range(start, end - 2):
        if line[at] == COLON and line[at + 1] == SLASH and line[at + 2] == SLASH:
            return 0
    return n_chars

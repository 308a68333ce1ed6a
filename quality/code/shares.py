"""Counting characters of code by class and by what they are part of: code, comments or strings."""

from typing import Any

from quality.characters import LETTER as LETTER_CHARACTER
from quality.characters import REPLACEMENT
from quality.characters import SPACE as SPACE_CHARACTER
from quality.code.segments import COMMENT, STRING
from quality.code.tallies import DIGIT, HEX, LETTER, MULTIBYTE, WHITE, WORD
from quality.kernel import kernel

LONG_WORD_CHARS = 20  # OpenCoder: words in strings longer than this are no language
ZERO, COLON, SLASH = ord("0"), ord(":"), ord("/")


@kernel
def count_characters(data: Any, start: int, end: int, classes: Any, of_characters: Any, tally: Any) -> None:
    """Fill in the counts of characters and words; `of_characters` is the class table of all code points."""
    n_chars = n_white = n_letters = n_digits = n_replacements = n_words = 0
    before = WHITE
    at = start
    while at < end:
        byte_class = classes[data[at]]
        n_chars += 1
        size = 1
        if byte_class & MULTIBYTE:
            size, code_point = _decoded(data, at, end)
            character = of_characters[code_point]
            n_letters += (character & LETTER_CHARACTER) != 0
            n_replacements += code_point == REPLACEMENT
            byte_class = WHITE if character & SPACE_CHARACTER else WORD
        else:
            n_letters += (byte_class & LETTER) != 0
            n_digits += (byte_class & DIGIT) != 0
        now = byte_class & (WHITE | WORD)
        n_white += now & WHITE
        n_words += now != before and now & WHITE == 0
        before = now
        at += size
    tally.n_chars = n_chars
    tally.n_visible_chars = n_chars - n_white
    tally.n_letters = n_letters
    tally.n_digits = n_digits
    tally.n_replacement_chars = n_replacements
    tally.n_code_words = n_words


@kernel
def _decoded(data: Any, at: int, end: int) -> tuple[int, int]:
    """The size in bytes of the character that begins at `at` (its byte is over 0x7F), and its code point."""
    lead = int(data[at])
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC0 or at + size > end:
        return 1, REPLACEMENT
    code_point = lead & (0x7F >> size)
    for i in range(at + 1, at + size):
        code_point = (code_point << 6) | (int(data[i]) & 0x3F)
    return size, code_point if code_point < 0x110000 else REPLACEMENT


@kernel
def count_kinds(data: Any, start: int, end: int, classes: Any, kinds: Any, tally: Any) -> None:
    """Fill in how many characters are comment and string, and those of long words and of hexadecimal numbers."""
    n_comment = n_string = n_long = n_hex = 0
    word_start = -1  # of the word of a string that `at` is in
    word_chars = 0
    for at in range(start, end):
        kind = kinds[at - start]
        byte = data[at]
        is_char = byte & 0xC0 != 0x80
        if kind == STRING:
            n_string += is_char
            if classes[byte] & WHITE == 0:
                word_start = at if word_start < 0 else word_start
                word_chars += is_char
                continue
        elif kind == COMMENT:
            n_comment += is_char
        elif byte == ZERO:
            n_hex += _hex_word_bytes(data, start, at, end, classes)
        if word_start >= 0:
            n_long += _long_word(data, word_start, at, word_chars)
            word_start = -1
            word_chars = 0
    if word_start >= 0:
        n_long += _long_word(data, word_start, end, word_chars)
    tally.n_comment_chars = n_comment
    tally.n_string_chars = n_string
    tally.n_long_word_chars = n_long
    tally.n_hex_word_chars = n_hex


@kernel
def _long_word(data: Any, start: int, end: int, n_chars: int) -> int:
    """The characters of the word if it is a long one; an address (https://...) is none."""
    if n_chars <= LONG_WORD_CHARS:
        return 0
    for at in range(start, end - 2):
        if data[at] == COLON and data[at + 1] == SLASH and data[at + 2] == SLASH:
            return 0
    return n_chars


@kernel
def _hex_word_bytes(data: Any, start: int, at: int, end: int, classes: Any) -> int:
    """How long the number 0x... is that begins at `at`; 0 where none does."""
    if at + 2 >= end or data[at + 1] | 0x20 != 0x78 or (at > start and classes[data[at - 1]] & WORD):
        return 0
    last = at + 2
    while last < end and classes[data[last]] & HEX:
        last += 1
    if last == at + 2 or (last < end and classes[data[last]] & WORD):
        return 0
    return last - at

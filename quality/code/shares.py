"""Counting characters of code by class and by what they are part of: code, comments or strings."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.characters import LETTER as LETTER_CHARACTER
from quality.characters import REPLACEMENT
from quality.characters import SPACE as SPACE_CHARACTER
from quality.code.tallies import DIGIT, LETTER, MULTIBYTE, WHITE, WORD, byte_classes
from quality.kernel import kernel

BLOCK_BYTES = 1024  # counted at once where they are ASCII
FIELD_BITS = 16  # hold the count of a block


@cache
def packed_classes() -> npt.NDArray[np.uint64]:
    """For every byte, ones in the fields of its classes, of FIELD_BITS each: letters, digits, whitespace, over 0x7F."""
    classes = byte_classes()
    fields = [(classes & of_class) != 0 for of_class in (LETTER, DIGIT, WHITE, MULTIBYTE)]
    packed = np.zeros(256, np.uint64)
    for number, field in enumerate(fields):
        packed |= field.astype(np.uint64) << np.uint64(FIELD_BITS * number)
    return packed


@kernel
def count_characters(text: Any, classes: Any, packed: Any, of_characters: Any, tally: Any) -> None:
    """Fill in the counts of characters and words; `of_characters` is the class table of all code points."""
    before = WHITE
    at = 0
    while at < len(text):
        block = text[at : at + BLOCK_BYTES]
        counts = _packed_counts(block, packed)
        if _field(counts, 3):
            at, before = _count_any(text, at, at + len(block), classes, of_characters, before, tally)
        else:
            tally.n_chars += len(block)
            tally.n_letters += _field(counts, 0)
            tally.n_digits += _field(counts, 1)
            tally.n_visible_chars += len(block) - _field(counts, 2)
            n_words, before = _count_words(block, classes, before)
            tally.n_code_words += n_words
            at += len(block)


@kernel
def _packed_counts(block: Any, packed: Any) -> Any:
    counts = np.uint64(0)
    for at in range(len(block)):
        counts += packed[block[at]]
    return counts


@kernel
def _field(counts: Any, number: int) -> Any:
    return np.int64((counts >> np.uint64(FIELD_BITS * number)) & np.uint64((1 << FIELD_BITS) - 1))


@kernel
def _count_words(block: Any, classes: Any, before: int) -> tuple[int, int]:
    """The words that begin in `block`, and the class of its last byte; `before` is that of the byte before it."""
    n_words = 0
    for at in range(len(block)):
        now = classes[block[at]] & (WHITE | WORD)
        n_words += (now != before) & (now & WHITE == 0)
        before = now
    return n_words, before


@kernel
def _count_any(
    text: Any, at: int, end: int, classes: Any, of_characters: Any, before: int, tally: Any
) -> tuple[int, int]:
    """Count the characters that begin in text[at:end]; where they end, and WHITE, WORD or 0 for the last one."""
    while at < end:
        byte_class = classes[text[at]]
        tally.n_chars += 1
        if byte_class & MULTIBYTE:
            size, code_point = _decoded(text, at)
            character = of_characters[code_point]
            tally.n_letters += (character & LETTER_CHARACTER) != 0
            tally.n_replacement_chars += code_point == REPLACEMENT
            byte_class = WHITE if character & SPACE_CHARACTER else WORD
            at += size
        else:
            tally.n_letters += (byte_class & LETTER) != 0
            tally.n_digits += (byte_class & DIGIT) != 0
            at += 1
        now = byte_class & (WHITE | WORD)
        tally.n_visible_chars += now & WHITE == 0
        tally.n_code_words += now != before and now & WHITE == 0
        before = now
    return at, before


@kernel
def _decoded(text: Any, at: int) -> tuple[int, int]:
    """The size in bytes of the character that begins at `at` (its byte is over 0x7F), and its code point."""
    lead = int(text[at])
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC0 or at + size > len(text):
        return 1, REPLACEMENT
    code_point = lead & (0x7F >> size)
    for i in range(at + 1, at + size):
        code_point = (code_point << 6) | (int(text[i]) & 0x3F)
    return size, code_point if code_point < 0x110000 else REPLACEMENT

"""What is counted in one file of code: integers from which the signals follow, and the classes of bytes behind them."""

from functools import cache

import numpy as np
import numpy.typing as npt

CODE_TALLIES = np.dtype(
    [
        (name, np.int64)
        for name in (
            "n_chars",
            "n_visible_chars",  # all but whitespace
            "n_letters",
            "n_digits",
            "n_replacement_chars",  # U+FFFD
            "n_code_words",  # runs of word characters, or of others that aren't whitespace
            "n_comment_chars",
            "n_string_chars",
            "n_long_word_chars",  # in strings: of words over 20 characters that are no address
            "n_hex_word_chars",  # of 0x... outside of comments
            "n_line_feeds",
            "n_code_lines",  # with something else than comments and whitespace
            "n_duplicate_lines",
            "n_assert_lines",
            "n_string_lines",  # pieces of strings with over 20 words, a line a piece
            "n_reminder_lines",  # of comments: todo, fixme, your code here
            "n_encoded_chars",
            "max_encoded_chars",
            "n_generated_markers",
            "has_xml_header",
            "has_source_map",
            "n_html_text_chars",
        )
    ]
)

# Classes of bytes, as bits. A byte over 0x7F is part of a word: nearly all of them are letters.
WHITE, LETTER, DIGIT, WORD, HEX, BASE64, MULTIBYTE = 1, 2, 4, 8, 16, 32, 64
ESCAPES = 128  # what runs of hexadecimal bytes or Unicode escapes consist of

LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = b"0123456789"
WHITESPACE = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"


@cache
def byte_classes() -> npt.NDArray[np.uint8]:
    """The classes of every byte, shape (256,)."""
    table = np.zeros(256, np.uint8)
    members = {
        WHITE: WHITESPACE,
        LETTER: LETTERS,
        DIGIT: DIGITS,
        WORD: LETTERS + DIGITS + b"_" + bytes(range(0x80, 0x100)),
        HEX: DIGITS + b"abcdefABCDEF",
        BASE64: LETTERS + DIGITS + b"+/\n=",  # StarCoder2's class, line feeds included
        ESCAPES: DIGITS + b"abcdefABCDEF\\xu," + WHITESPACE,
        MULTIBYTE: bytes(range(0x80, 0x100)),
    }
    for bit, of_class in members.items():
        table[list(of_class)] |= bit
    return table

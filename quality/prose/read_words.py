"""Reading all words once: what Gopher's quality rules count of them, and the hashes by which others compare them."""

from typing import Any

import numpy as np

from quality.characters import LETTER
from quality.kernel import lean_kernel
from quality.prose.classes import SYMBOL_WORD
from quality.prose.hashing import appended, power

WINDOW_CHARS = 12  # one in thirty 5-grams is shorter
BITS_IN_WINDOW = np.uint64(5)  # of each character, which tell letters apart: 60 bits
CHARACTER_IN_WINDOW = np.uint64(31)
WINDOW = np.uint64((1 << 60) - 1)


@lean_kernel
def read_words(code_points: Any, n_words: int, classes: Any, powers: Any, scratch: Any, tally: Any) -> None:
    """Fill in the counts of words, of those with a letter and of those that are not symbols alone; and hashes.

    `word_hashes[i]` is the hash of word i; `hashes[i]` and `chars[i]` are hash and length of the first i words joined
    by nothing; `windows[j]` is a key of the WINDOW_CHARS characters of those that end with character j, for j from
    WINDOW_CHARS - 1 on.
    """
    starts, ends, hashes, chars = scratch.starts, scratch.ends, scratch.hashes, scratch.chars
    word_hashes, windows = scratch.word_hashes, scratch.windows
    n_non_symbol_words = 0
    n_non_symbol_word_chars = 0
    n_words_with_letter = 0
    hashes[0] = np.uint64(0)
    chars[0] = 0
    window = np.uint64(0)
    n_chars = 0
    for word in range(n_words):
        start, end = starts[word], ends[word]
        word_hash = np.uint64(0)
        of_any = 0  # the classes that some character is of
        of_all = SYMBOL_WORD  # whether all are
        for at in range(start, end):
            kinds = classes[code_points[at]]
            of_any |= kinds
            of_all &= kinds
            code_point = np.uint64(code_points[at])
            word_hash = appended(word_hash, code_points[at])
            window = ((window << BITS_IN_WINDOW) | (code_point & CHARACTER_IN_WINDOW)) & WINDOW
            windows[n_chars + at - start] = window
        n_words_with_letter += of_any & LETTER != 0
        n_non_symbol_words += of_all == 0
        n_non_symbol_word_chars += (end - start) * (of_all == 0)
        n_chars += end - start
        word_hashes[word] = word_hash
        hashes[word + 1] = hashes[word] * power(end - start, powers) + word_hash
        chars[word + 1] = n_chars
    tally.n_words = n_words
    tally.n_non_symbol_words = n_non_symbol_words
    tally.n_non_symbol_word_chars = n_non_symbol_word_chars
    tally.n_words_with_letter = n_words_with_letter

"""Counting the distinct stop words of a document, each where its language's traits say to look."""

from typing import Any

import numpy as np

from quality.kernel import lean_kernel
from quality.prose.hashing import ONE, mixed, text_key
from quality.prose.languages import ANYWHERE, ENDING, MAX_STOP_WORD_CHARS, STOP_WORD_PLACES, WHOLE_WORD

MAX_ENDING_CHARS = 2  # of the stop words that are looked for as endings


@lean_kernel
def count_stop_words(
    code_points: Any, starts: Any, ends: Any, n_words: int, word_hashes: Any, traits: Any, row: int
) -> int:
    """How many of the stop words of language `row` occur; `word_hashes` are those of `hash_words`."""
    keys, numbers = traits.stop_word_keys[row], traits.stop_word_numbers[row]
    match = traits.stop_words_match[row]
    seen = np.uint64(0)
    if match == WHOLE_WORD:
        for word in range(n_words):
            bit = _bit_of(mixed(word_hashes[word]), keys, numbers)
            seen |= bit if ends[word] - starts[word] <= MAX_STOP_WORD_CHARS else np.uint64(0)
        return int(_n_bits(seen))
    for word in range(n_words):
        start, end = starts[word], ends[word]
        if match == ENDING:
            for ending in range(max(start, end - MAX_ENDING_CHARS), end):
                seen |= _bit_of(text_key(code_points, ending, end), keys, numbers)
        elif match == ANYWHERE:
            for at in range(start, end):
                seen |= _bit_of(text_key(code_points, at, at + 1), keys, numbers)
    return int(_n_bits(seen))


@lean_kernel
def _bit_of(key: np.uint64, keys: Any, numbers: Any) -> np.uint64:
    """The bit of the stop word with this key; 0 for none.

    Whether a word is one cannot be foreseen, so there is no branch but for keys that share a place.
    """
    place = int(key) & (STOP_WORD_PLACES - 1)
    while keys[place] != 0 and keys[place] != key:
        place = (place + 1) & (STOP_WORD_PLACES - 1)
    bit = ONE << np.uint64(numbers[place])
    return bit if keys[place] == key else np.uint64(0)


@lean_kernel
def _n_bits(bits: np.uint64) -> int:
    n = 0
    while bits:
        n += 1
        bits &= bits - ONE
    return n

"""Words as hashes: what decontamination compares, and where each word stands.

A word is what stands between separators, folded (`folding.py`); a CJK character is a word of its own, since its
scripts have no spaces. What folds to nothing, such as a lone bracket, is no word. These are not the words of
`quality/words`: those follow the document's language and keep marks and case, while a question has to be found in
whatever language and spelling it is quoted.
"""

from typing import Any

import numpy as np

from quality.decontamination.folding import DROPPED, IS_CJK, SEPARATOR, character_bytes, code_point_at
from quality.kernel import kernel

FIRST_NON_ASCII = 0x80
CJK_BIT = np.uint64(1)  # set in the hashes of CJK characters, clear in others
# FNV-1a's 64-bit constants, over code points; then the finalizer of SplitMix64 (Steele et al. 2014).
FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


@kernel
def mixed(value: Any) -> Any:
    """`value` (uint64) with every bit depending on every other."""
    value = (value ^ (value >> np.uint64(30))) * MIX_1
    value = (value ^ (value >> np.uint64(27))) * MIX_2
    return value ^ (value >> np.uint64(31))


@kernel
def hash_words(data: Any, start: int, end: int, folding: Any, hashes: Any, starts: Any, ends: Any) -> int:
    """Split data[start:end] into words; how many there are.

    Word i is data[starts[i]:ends[i]], punctuation around it left out, with the 64-bit hash hashes[i] of its folded
    characters. The three arrays (uint64, int64, int64) have room for (end - start) // 2 + 1 words.
    """
    n_words = 0
    value = FNV_OFFSET
    word_start = -1  # outside of a word
    word_end = -1
    at = start
    while at < end:
        size = 1
        if data[at] < FIRST_NON_ASCII:
            folded = folding[data[at]]
        else:
            size = character_bytes(data, at, end)
            folded = folding[code_point_at(data, at, size)]
        if folded > SEPARATOR and folded < IS_CJK:
            value = (value ^ np.uint64(folded)) * FNV_PRIME
            if word_start < 0:
                word_start = at
            word_end = at + size
        elif folded != DROPPED:
            if word_start >= 0:
                _set_word(hashes, starts, ends, n_words, mixed(value) & ~CJK_BIT, word_start, word_end)
                n_words += 1
                value = FNV_OFFSET
                word_start = -1
            if folded != SEPARATOR:
                _set_word(hashes, starts, ends, n_words, mixed(np.uint64(folded)) | CJK_BIT, at, at + size)
                n_words += 1
        at += size
    if word_start >= 0:
        _set_word(hashes, starts, ends, n_words, mixed(value) & ~CJK_BIT, word_start, word_end)
        n_words += 1
    return n_words


@kernel
def _set_word(hashes: Any, starts: Any, ends: Any, i: int, value: Any, start: int, end: int) -> None:
    hashes[i] = value
    starts[i] = start
    ends[i] = end

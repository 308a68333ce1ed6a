"""The words of a training set, counted: what becomes a new model's dictionary."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes, Offsets
from quality.fasttext.dictionary import END_OF_SENTENCE, are_equal, is_control_word
from quality.fasttext.words import is_space, read_word
from quality.kernel import lean_kernel

FIRST_SLOTS = 1 << 16
FULL = -1


class Vocabulary(NamedTuple):
    """Words in the order of their numbers: the most frequent first, of equally frequent ones by their bytes."""

    words: list[bytes]
    counts: list[int]
    n_tokens: int


def count_words(data: Bytes, offsets: Offsets, min_count: int) -> Vocabulary:
    """The words that stand at least `min_count` times in the documents; each document ends with `</s>`."""
    n_slots = FIRST_SLOTS
    while True:
        starts = np.full(n_slots, -1, np.int64)
        ends, counts = np.zeros(n_slots, np.int64), np.zeros(n_slots, np.int64)
        n_tokens = _count_words(data, offsets, starts, ends, counts)
        if n_tokens != FULL:
            break
        n_slots *= 4
    found = np.flatnonzero(counts >= min_count)
    found = found[starts[found] >= 0]
    words = [(-int(counts[slot]), data[starts[slot] : ends[slot]].tobytes()) for slot in found]
    n_documents = len(offsets) - 1
    if n_documents >= min_count:
        words.append((-n_documents, END_OF_SENTENCE))
    words.sort()
    return Vocabulary([word for _, word in words], [-count for count, _ in words], n_tokens + n_documents)


@lean_kernel
def _count_words(
    data: Any, offsets: Any, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> int:
    """Count every word in its slot; how many there are in all, or FULL when three quarters of the slots are taken."""
    mask = len(starts) - 1
    n_tokens = n_taken = 0
    at = offsets[0]
    for i in range(len(offsets) - 1):
        while at < offsets[i + 1]:
            if is_space(data[at]):
                at += 1
                continue
            start = at
            at, word_hash = read_word(data, start, offsets[i + 1])
            if is_control_word(data, start, at):
                continue
            n_tokens += 1
            slot = np.int64(word_hash) & mask
            while starts[slot] >= 0 and not are_equal(data, starts[slot], ends[slot], data, start, at):
                slot = (slot + 1) & mask
            if starts[slot] < 0:
                starts[slot], ends[slot] = start, at
                n_taken += 1
                if 4 * n_taken > 3 * len(starts):
                    return FULL
            counts[slot] += 1
    return n_tokens

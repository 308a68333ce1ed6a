"""The next few words of a text at once: while one is looked at, memory fetches what the others will need.

A word seen before in the batch has the sum of its vectors in a cache, with the word itself beside it, so a sum is used
for the very same bytes alone. Words that fall on the same slot replace each other: text that was made to collide costs
misses, nothing else. Words of more than KEPT_BYTES, labels and `</s>` are not kept.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.fasttext.char_ngrams import list_rows, max_listed, wrap
from quality.fasttext.dictionary import find_entry, hash_bytes, is_control_word
from quality.fasttext.matrix import Floats
from quality.fasttext.memory import prefetch, zeros
from quality.fasttext.model import FastTextModel
from quality.fasttext.words import PART_BYTES, read_part
from quality.kernel import lean_kernel

BLOCK_WORDS = 32
CACHE_BYTES = 8 << 20  # measured: the more the better, also beyond the second-level cache
LEAST_CACHE_SLOTS = 64
KEPT_BYTES = 3 * PART_BYTES  # with its brackets less than LISTED_BYTES; longer are 1 % of words
FACTS = 3  # the column of a word's facts: its hash in the lower half, its number of vectors in the upper
KNOWN, NOT_KEPT = -1, -2  # instead of the number of rows listed

HALF = np.uint64(32)
MIX_1, MIX_2, MIX_3 = (np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xD1342543DE82EF95, 0xBF58476D1CE4E5B9))

Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


class WordBlock(NamedTuple):
    """Up to BLOCK_WORDS words, and the cache of a batch."""

    words: Words  # (BLOCK_WORDS, 4) the first KEPT_BYTES bytes, zeros after the word, which has none; facts
    starts: Integers  # where the word stands in the text
    ends: Integers
    slots: Integers  # of the cache
    n_rows: Integers  # how many rows were listed for the word
    rows: Integers  # of the matrix, those of all words one after the other
    seen_words: Words  # (slots, 4)
    seen_sums: Floats  # (slots, dimensions)


def new_word_block(model: FastTextModel) -> WordBlock:
    """Memory for one batch: about CACHE_BYTES."""
    dim = model.output_rows.shape[1]
    n_slots = max(LEAST_CACHE_SLOTS, CACHE_BYTES // (4 * dim + 4 * PART_BYTES) // 2 * 2)
    # One piece of memory, for whole pages. An even number of slots lets sums begin with a cache line.
    cache = zeros((n_slots * (4 * dim + 4 * PART_BYTES),), np.uint8)
    starts, ends, slots, n_rows = (np.empty(BLOCK_WORDS, np.int64) for _ in range(4))
    return WordBlock(
        words=np.empty((BLOCK_WORDS, 4), np.uint64),
        starts=starts,
        ends=ends,
        slots=slots,
        n_rows=n_rows,
        rows=np.empty(BLOCK_WORDS * (1 + max_listed(model)), np.int64),
        seen_words=cache[: n_slots * 4 * PART_BYTES].view(np.uint64).reshape(n_slots, 4),
        seen_sums=cache[n_slots * 4 * PART_BYTES :].view(np.float32).reshape(n_slots, dim),
    )


@lean_kernel
def read_words(data: Any, at: int, end: int, block: Any) -> tuple[int, int]:
    """Fill the block with the next words of data[at:end): how many, and where to go on."""
    n_words = 0
    while at < end and n_words < BLOCK_WORDS:
        start = at
        head, size = read_part(data, at, end)
        if size == 0:
            at += 1
            continue
        middle = tail = np.uint64(0)
        at += size
        if size == PART_BYTES:
            middle, size = read_part(data, at, end)
            at += size
            if size == PART_BYTES:
                tail, size = read_part(data, at, end)
                at += size
                while size == PART_BYTES:
                    _, size = read_part(data, at, end)
                    at += size
        i = np.uint64(n_words)
        block.words[i, 0], block.words[i, 1], block.words[i, 2] = head, middle, tail
        block.starts[i], block.ends[i] = start, at
        _find_slot(block, i, head, middle, tail)
        n_words += 1
    return n_words, at


@lean_kernel
def _find_slot(block: Any, i: np.uint64, head: np.uint64, middle: np.uint64, tail: np.uint64) -> None:
    """Set the word's slot and ask for its memory."""
    mixed = (head ^ (middle * MIX_1) ^ (tail * MIX_2)) * MIX_3
    slot = np.int64(((mixed >> HALF) * np.uint64(len(block.seen_words))) >> HALF)
    block.slots[i] = slot
    prefetch(block.seen_words, slot * block.seen_words.shape[1])
    prefetch(block.seen_sums, slot * block.seen_sums.shape[1])


@lean_kernel
def list_block(data: Any, n_words: int, model: Any, block: Any, scratch: Any) -> None:
    """List the rows of those words that are not in the cache, and put them there; their sums are made in order later.

    For words that are not kept no row is listed.
    """
    n_rows = 0
    for word in range(n_words):
        i = np.uint64(word)
        seen = block.seen_words[np.uint64(block.slots[i])]
        if block.ends[i] - block.starts[i] > KEPT_BYTES:
            block.n_rows[i] = NOT_KEPT
        elif seen[0] == block.words[i, 0] and seen[1] == block.words[i, 1] and seen[2] == block.words[i, 2]:
            block.words[i, FACTS] = seen[FACTS]
            block.n_rows[i] = KNOWN
        else:
            block.n_rows[i] = _list_word(data, i, model, block, scratch, n_rows)
            if block.n_rows[i] != NOT_KEPT:
                n_rows += block.n_rows[i]
                for k in range(4):
                    seen[k] = block.words[i, k]


@lean_kernel
def _list_word(data: Any, i: np.uint64, model: Any, block: Any, scratch: Any, first: int) -> int:
    """List the word's rows in block.rows[first:] and set its facts; how many there are, NOT_KEPT for a label."""
    start, end = block.starts[i], block.ends[i]
    word_hash = hash_bytes(data, start, end)
    number = find_entry(model.dictionary, data, start, end, word_hash)
    if number >= model.dictionary.n_words or is_control_word(data, start, end):
        return NOT_KEPT
    n_rows = first
    if number >= 0:
        block.rows[n_rows] = number
        n_rows += 1
    if model.ngrams.max_chars > 0:
        size = wrap(data, start, end, scratch.wrapped)
        n_rows = list_rows(0, size, model, scratch, block.rows, n_rows)
    block.words[i, FACTS] = (np.uint64(n_rows - first) << HALF) | np.uint64(word_hash)
    return n_rows - first

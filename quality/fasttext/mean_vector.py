"""A document's vector: the mean of the vectors of its words, their n-grams of characters, and its n-grams of words.

As fastText computes it for the text on one line (`Dictionary::getLine`, `FastText::predict`), which ends with the
word `</s>`. Two things differ, since text may hold anything: a newline is whitespace, and the word `</s>` in the text
is left out, where fastText would stop reading.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.fasttext.char_ngrams import LISTED_BYTES, NgramScratch, list_rows, max_listed, new_ngram_scratch, wrap
from quality.fasttext.dictionary import find_entry, hash_bytes, is_control_word
from quality.fasttext.matrix import Floats, add_row
from quality.fasttext.model import FastTextModel
from quality.fasttext.ngrams import is_kept, place_of
from quality.fasttext.word_block import FACTS, HALF, NOT_KEPT, WordBlock, list_block, new_word_block, read_words
from quality.kernel import lean_kernel

WORD_NGRAM_PRIME = 116049371  # `Dictionary::addWordNgrams`
NO_WORD = -1  # as the number of vectors: what was read is a label


class Scratch(NamedTuple):
    """Memory for one batch."""

    mean: Floats  # (dimensions,), the result
    total: Floats  # (dimensions,), of a word that is not kept
    rows: npt.NDArray[np.int64]  # of such a word
    open_ngrams: npt.NDArray[np.uint64]  # hashes of the word n-grams that end with the last word, longest first
    ngrams: NgramScratch
    block: WordBlock


def new_scratch(model: FastTextModel, longest_bytes: int) -> Scratch:
    """Memory for documents of up to `longest_bytes`."""
    dim = model.output_rows.shape[1]
    return Scratch(
        mean=np.empty(dim, np.float32),
        total=np.empty(dim, np.float32),
        rows=np.empty(max_listed(model), np.int64),
        open_ngrams=np.empty(max(1, model.ngrams.max_words - 1), np.uint64),
        ngrams=new_ngram_scratch(model, longest_bytes),
        block=new_word_block(model),
    )


@lean_kernel
def mean_vector(data: Any, at: int, end: int, model: Any, scratch: Any) -> tuple[int, bool]:
    """Set `scratch.mean` for the document data[at:end).

    Returns how many vectors it is the mean of, and whether the document has words.
    """
    mean = scratch.mean
    _clear(mean)
    n_vectors = 0
    n_open = 0  # word n-grams that the next word makes longer
    has_words = False
    while at < end:
        n_words, at = read_words(data, at, end, scratch.block)
        has_words = has_words or n_words > 0
        list_block(data, n_words, model, scratch.block, scratch.ngrams)
        first_row = 0
        for i in range(n_words):
            n_added, word_hash, first_row = _add_word(data, np.uint64(i), first_row, model, scratch)
            if n_added != NO_WORD:
                n_vectors += n_added
                if model.ngrams.max_words > 1:
                    n_vectors += _add_word_ngrams(word_hash, n_open, model, scratch)
                    n_open = min(n_open + 1, model.ngrams.max_words - 1)
    if model.end_of_sentence >= 0:
        add_row(model.input, model.end_of_sentence, mean)
        n_vectors += 1
    if model.ngrams.max_words > 1:
        n_vectors += _add_word_ngrams(np.uint32(model.end_of_sentence_hash), n_open, model, scratch)
    if n_vectors > 0:
        for k in range(len(mean)):
            mean[k] *= np.float32(1.0) / np.float32(n_vectors)
    return n_vectors, has_words


@lean_kernel
def _add_word(data: Any, i: np.uint64, first_row: int, model: Any, scratch: Any) -> tuple[Any, Any, Any]:
    """Add the vectors of the block's word `i` and of its n-grams: how many (NO_WORD: a label), and the word's hash.

    The rows listed for it begin at `first_row`; where the next word's begin is returned too. A word's vectors are
    always summed up before they are added, whether the sum is remembered or not, so rounding is the same.
    """
    block = scratch.block
    n_rows = block.n_rows[i]
    if n_rows == NOT_KEPT:
        word_hash = hash_bytes(data, block.starts[i], block.ends[i])
        n_vectors = _sum_word(data, block.starts[i], block.ends[i], word_hash, model, scratch)
        if n_vectors > 0:
            _add(scratch.total, scratch.mean)
        return n_vectors, word_hash, first_row
    total = block.seen_sums[np.uint64(block.slots[i])]
    if n_rows >= 0:
        _clear(total)
        for row in range(first_row, first_row + n_rows):
            add_row(model.input, block.rows[row], total)
        first_row += n_rows
    _add(total, scratch.mean)
    facts = block.words[i, FACTS]
    return np.int64(facts >> HALF), np.uint32(facts & np.uint64(0xFFFFFFFF)), first_row


@lean_kernel
def _sum_word(data: Any, start: int, end: int, word_hash: np.uint32, model: Any, scratch: Any) -> int:
    """Set `scratch.total` to the sum of the vectors of a word of any length; their number, or NO_WORD."""
    number = find_entry(model.dictionary, data, start, end, word_hash)
    if number >= model.dictionary.n_words or is_control_word(data, start, end):
        return NO_WORD
    _clear(scratch.total)
    n_vectors = 0
    if number >= 0:
        add_row(model.input, number, scratch.total)
        n_vectors += 1
    if model.ngrams.max_chars > 0:
        size = wrap(data, start, end, scratch.ngrams.wrapped)
        for first in range(0, size, LISTED_BYTES):
            n_rows = list_rows(first, size, model, scratch.ngrams, scratch.rows, 0)
            for i in range(n_rows):
                add_row(model.input, scratch.rows[i], scratch.total)
            n_vectors += n_rows
    return n_vectors


@lean_kernel
def _clear(total: Any) -> None:
    for k in range(len(total)):
        total[k] = np.float32(0.0)


@lean_kernel
def _add(vector: Any, total: Any) -> None:
    for k in range(len(total)):
        total[k] += vector[k]


@lean_kernel
def _add_word_ngrams(word_hash: np.uint32, n_open: int, model: Any, scratch: Any) -> int:
    """Add the vectors of the `n_open` word n-grams that end with this word; how many have one.

    fastText takes hashes for signed numbers of 32 bits before it widens them.
    """
    widened = np.uint64(np.int64(np.int32(word_hash)))
    n_vectors = 0
    is_full = n_open == len(scratch.open_ngrams)
    for i in range(n_open):
        longer = scratch.open_ngrams[i] * np.uint64(WORD_NGRAM_PRIME) + widened
        n_vectors += _add_bucket(np.int64(longer % np.uint64(model.ngrams.n_buckets)), model, scratch.mean)
        if not is_full:
            scratch.open_ngrams[i] = longer
        elif i > 0:
            scratch.open_ngrams[i - 1] = longer  # the longest is as long as it may be
    scratch.open_ngrams[n_open - 1 if is_full else n_open] = widened
    return n_vectors


@lean_kernel
def _add_bucket(bucket: Any, model: Any, total: Any) -> int:
    """Add the vector of an n-gram's bucket, if it has one; how many that are."""
    if not is_kept(bucket, model.ngrams):
        return 0
    add_row(model.input, model.dictionary.n_words + place_of(bucket, model.ngrams), total)
    return 1

"""A document's vector: the mean of the vectors of its words, their n-grams of characters, and its n-grams of words.

As fastText computes it for the text on one line (`Dictionary::getLine`, `FastText::predict`), which ends with the
word `</s>`. Two things differ, since text may hold anything: a newline is whitespace, and the word `</s>` in the text
is left out, where fastText would stop reading.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.fasttext.dictionary import FNV_OFFSET, are_equal, find_entry, hash_byte, is_control_word
from quality.fasttext.matrix import Floats, add_row
from quality.fasttext.model import FastTextModel
from quality.fasttext.ngrams import bucket_of, is_kept, place_of
from quality.kernel import lean_kernel

WORD_BEGIN, WORD_END = ord("<"), ord(">")  # fastText puts words between these before taking n-grams
WORD_NGRAM_PRIME = 116049371  # `Dictionary::addWordNgrams`
NO_WORD = -1  # as the number of vectors: what was read is a label

CACHE_FLOATS = 1 << 20  # of vectors of words already seen in a batch: 1 MiB, fits the second-level cache
LEAST_CACHE_SLOTS = 64
LISTED_ROWS = 256

Integers = npt.NDArray[np.int64]


class Scratch(NamedTuple):
    """Memory for one batch."""

    mean: Floats  # (dimensions,), the result
    wrapped: npt.NDArray[np.uint8]  # a word between brackets
    rows: Integers  # (LISTED_ROWS,) of vectors to be added
    open_ngrams: npt.NDArray[np.uint64]  # hashes of the word n-grams that end with the last word, longest first
    seen_starts: Integers  # (slots,) where in the text a word begins that was seen before; -1: free
    seen_ends: Integers
    seen_counts: Integers  # how many vectors it has; NO_WORD
    seen_sums: Floats  # (slots, dimensions) their sum


def new_scratch(model: FastTextModel, longest_bytes: int) -> Scratch:
    """Memory for documents of up to `longest_bytes`."""
    dim = model.output_rows.shape[1]
    n_slots = max(LEAST_CACHE_SLOTS, 1 << ((CACHE_FLOATS // dim).bit_length() - 1))
    return Scratch(
        mean=np.empty(dim, np.float32),
        wrapped=np.empty(longest_bytes + 2, np.uint8),
        rows=np.empty(LISTED_ROWS, np.int64),
        open_ngrams=np.empty(max(1, model.ngrams.max_words - 1), np.uint64),
        seen_starts=np.full(n_slots, -1, np.int64),
        seen_ends=np.empty(n_slots, np.int64),
        seen_counts=np.empty(n_slots, np.int64),
        seen_sums=np.empty((n_slots, dim), np.float32),
    )


@lean_kernel
def mean_vector(data: Any, at: int, end: int, model: Any, scratch: Any) -> tuple[int, bool]:
    """Set `scratch.mean` for the document data[at:end).

    Returns how many vectors it is the mean of, and whether the document has words.
    """
    mean = scratch.mean
    mean[:] = np.float32(0.0)
    n_vectors = 0
    n_open = 0  # word n-grams that the next word makes longer
    has_words = False
    while at < end:
        if is_space(data[at]):
            at += 1
            continue
        start = at
        word_hash = np.uint32(FNV_OFFSET)
        while at < end and not is_space(data[at]):
            word_hash = hash_byte(word_hash, data[at])
            at += 1
        has_words = True
        n_added = _add_word(data, start, at, word_hash, model, scratch)
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
def is_space(byte: int) -> bool:
    """What separates words in fastText's `Dictionary::readWord`."""
    return byte <= 32 and (byte == 32 or 9 <= byte <= 13 or byte == 0)


@lean_kernel
def _add_word(data: Any, start: int, end: int, word_hash: np.uint32, model: Any, scratch: Any) -> int:
    """Add the vectors of the word data[start:end) and of its n-grams; how many there are, NO_WORD for a label.

    A word's vectors are always summed up before they are added, whether the sum is remembered or not, so
    rounding is the same; and a remembered sum is used for the very same bytes alone.
    """
    slot = (word_hash ^ (word_hash >> 15)) & (len(scratch.seen_starts) - 1)
    first = scratch.seen_starts[slot]
    if first < 0 or not are_equal(data, first, scratch.seen_ends[slot], data, start, end):
        scratch.seen_starts[slot] = start
        scratch.seen_ends[slot] = end
        scratch.seen_counts[slot] = _sum_word(data, start, end, word_hash, model, scratch, scratch.seen_sums[slot])
    if scratch.seen_counts[slot] > 0:
        for k in range(len(scratch.mean)):
            scratch.mean[k] += scratch.seen_sums[slot, k]
    return int(scratch.seen_counts[slot])


@lean_kernel
def _sum_word(data: Any, start: int, end: int, word_hash: np.uint32, model: Any, scratch: Any, total: Any) -> int:
    """Set `total` to the sum of the word's vectors; their number, or NO_WORD."""
    total[:] = np.float32(0.0)
    number = find_entry(model.dictionary, data, start, end, word_hash)
    if number >= model.dictionary.n_words or is_control_word(data, start, end):
        return NO_WORD
    n_vectors = 0
    if number >= 0:
        add_row(model.input, number, total)
        n_vectors += 1
    if model.ngrams.max_chars > 0:
        n_vectors += _add_char_ngrams(data, start, end, model, scratch, total)
    return n_vectors


@lean_kernel
def _add_char_ngrams(data: Any, start: int, end: int, model: Any, scratch: Any, total: Any) -> Any:
    """Add the vectors of the n-grams of characters of the word data[start:end); how many there are.

    Rows are listed first and then added: which n-grams were pruned cannot be foreseen, and waiting for each takes
    longer.
    """
    size = _wrap(data, start, end, scratch.wrapped)
    n_vectors = 0
    n_rows = 0
    for at in range(size):
        if not _continues_character(scratch.wrapped[at]):
            n_rows = _list_char_ngrams(scratch.wrapped, at, size, model, scratch.rows, n_rows)
            if n_rows > len(scratch.rows) - model.ngrams.max_chars:
                n_vectors += _add_rows(model, scratch.rows, n_rows, total)
                n_rows = 0
    return n_vectors + _add_rows(model, scratch.rows, n_rows, total)


@lean_kernel
def _add_rows(model: Any, buckets: Any, n_rows: Any, total: Any) -> Any:
    for i in range(n_rows):
        add_row(model.input, model.dictionary.n_words + place_of(buckets[i], model.ngrams), total)
    return n_rows


@lean_kernel
def _wrap(data: Any, start: int, end: int, wrapped: Any) -> int:
    """Fill `wrapped` with the word data[start:end) between fastText's brackets; its size in bytes."""
    wrapped[0] = WORD_BEGIN
    for i in range(end - start):
        wrapped[1 + i] = data[start + i]
    wrapped[1 + end - start] = WORD_END
    return end - start + 2


@lean_kernel
def _continues_character(byte: int) -> bool:
    return (byte & 0xC0) == 0x80


@lean_kernel
def _list_char_ngrams(wrapped: Any, first: int, size: int, model: Any, rows: Any, n_rows: int) -> int:
    """Append to rows[:n_rows] those of the n-grams that begin at byte `first` of wrapped[:size]; how many rows then.

    A bracket alone is no n-gram (`Dictionary::computeSubwords`).
    """
    ngram_hash = np.uint32(FNV_OFFSET)
    at = first
    for n_chars in range(1, model.ngrams.max_chars + 1):
        if at >= size:
            break
        ngram_hash = hash_byte(ngram_hash, wrapped[at])
        at += 1
        while at < size and _continues_character(wrapped[at]):
            ngram_hash = hash_byte(ngram_hash, wrapped[at])
            at += 1
        is_bracket = n_chars == 1 and (first == 0 or at == size)
        if n_chars >= model.ngrams.min_chars and not is_bracket:
            bucket = bucket_of(ngram_hash, model.ngrams)
            rows[n_rows] = bucket
            n_rows += is_kept(bucket, model.ngrams)
    return n_rows


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

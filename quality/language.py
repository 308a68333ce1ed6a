"""Language identification with fastText's lid.176.ftz, run as a compiled kernel on Arrow's bytes.

As fastText predicts it for the whole text on one line: the mean of the vectors of all words and their
character n-grams, put through hierarchical softmax. Two things differ, since text may hold anything: newlines
are whitespace, and the word `</s>` is left out, where fastText would stop reading.
"""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from quality._fasttext_model import (
    FNV_OFFSET,
    FNV_PRIME,
    MAX_NGRAM_CHARS,
    MIN_NGRAM_CHARS,
    N_BUCKETS,
    N_DIMENSIONS,
    N_WORD_SLOTS,
    FastTextModel,
    load_model,
    model_path,
)
from quality.arrow_text import text_buffers
from quality.kernel import kernel

UNDETERMINED = "und"  # ISO 639-2: the text has no words
NO_LABEL = -1

N_CACHE_SLOTS = 1 << 14  # of words already seen in a batch: 1 MiB of vectors, fits the second-level cache
LEAST_PROBABILITY = 1e-5  # fastText adds it before each logarithm

WORD_BEGIN, WORD_END = ord("<"), ord(">")  # fastText puts words between these before taking n-grams
LABEL_PREFIX = tuple(b"__label__")  # fastText takes such words for labels, not for words
END_OF_SENTENCE = tuple(b"</s>")


def identify(text: pa.StringArray | pa.LargeStringArray) -> tuple[pa.StringArray, pa.FloatArray]:
    """For every document its most probable language (ISO 639 code) and that one's probability (float32).

    A document of nothing but whitespace (or null) has the language `und` with the score 0. A score may exceed
    1 by about 1e-4, as fastText's do. A document's result doesn't depend on the others in `text`.
    """
    data, offsets = text_buffers(text)
    model, labels = _model()
    numbers = np.empty(len(text), np.int32)
    scores = np.empty(len(text), np.float32)
    _identify_all(data, offsets, model, numbers, scores)
    names = pa.array([*labels, UNDETERMINED])
    return names.take(pa.array(np.where(numbers == NO_LABEL, len(labels), numbers))), pa.array(scores)


@cache
def _model() -> tuple[FastTextModel, tuple[str, ...]]:
    return load_model(model_path())


@kernel
def _identify_all(data: Any, offsets: Any, model: Any, numbers: Any, scores: Any) -> None:
    longest_bytes = 0
    for i in range(len(offsets) - 1):
        longest_bytes = max(longest_bytes, offsets[i + 1] - offsets[i])
    wrapped = np.empty(longest_bytes + 2, np.uint8)
    seen = (
        np.full(N_CACHE_SLOTS, -1, np.int64),  # where in `data` the word begins; -1: free
        np.empty(N_CACHE_SLOTS, np.int64),  # and ends
        np.empty(N_CACHE_SLOTS, np.int64),  # the number of vectors in the sum
        np.empty((N_CACHE_SLOTS, N_DIMENSIONS), np.float32),  # their sum
    )
    mean = np.empty(N_DIMENSIONS, np.float32)
    for i in range(len(offsets) - 1):
        has_words = _mean_vector(data, offsets[i], offsets[i + 1], model, seen, wrapped, mean)
        if has_words:
            numbers[i], scores[i] = _most_probable(model, mean)
        else:
            numbers[i], scores[i] = NO_LABEL, 0.0


@kernel
def _mean_vector(data: Any, at: int, end: int, model: Any, seen: Any, wrapped: Any, mean: Any) -> bool:
    """Fill `mean` for the document data[at:end]; whether it has any word."""
    for k in range(N_DIMENSIONS):
        mean[k] = 0.0
    _add(model.input_rows, model.end_of_sentence_row, mean)  # fastText ends each line with it
    n_vectors = 1
    has_words = False
    while at < end:
        if _is_space(data[at]):
            at += 1
            continue
        start = at
        word_hash = np.uint32(FNV_OFFSET)
        while at < end and not _is_space(data[at]):
            word_hash = _hash_byte(word_hash, data[at])
            at += 1
        has_words = True
        if not _is_control_word(data, start, at):
            n_vectors += _add_word(data, start, at, word_hash, model, seen, wrapped, mean)
    for k in range(N_DIMENSIONS):
        mean[k] *= np.float32(1.0) / np.float32(n_vectors)
    return has_words


@kernel
def _is_space(byte: int) -> bool:
    """What separates words in fastText's `Dictionary::readWord`."""
    return byte == 32 or 9 <= byte <= 13 or byte == 0


@kernel
def _hash_byte(value: np.uint32, byte: int) -> np.uint32:
    return np.uint32((value ^ np.uint32(np.int8(byte))) * np.uint32(FNV_PRIME))


@kernel
def _is_control_word(data: Any, start: int, end: int) -> bool:
    return _begins_with(data, start, end, LABEL_PREFIX) or (
        end - start == len(END_OF_SENTENCE) and _begins_with(data, start, end, END_OF_SENTENCE)
    )


@kernel
def _begins_with(data: Any, start: int, end: int, prefix: Any) -> bool:
    if end - start < len(prefix):
        return False
    for i in range(len(prefix)):  # noqa: SIM110 (numba has no generators)
        if data[start + i] != prefix[i]:
            return False
    return True


@kernel
def _add_word(
    data: Any, start: int, end: int, word_hash: np.uint32, model: Any, seen: Any, wrapped: Any, total: Any
) -> int:
    """Add the vectors of the word data[start:end) to `total`; how many there are.

    A word's vectors are always summed up before they are added, whether the sum is remembered or not, so
    rounding is the same; and a remembered sum is used for the very same bytes alone.
    """
    seen_starts, seen_ends, seen_counts, seen_sums = seen
    slot = (word_hash ^ (word_hash >> 15)) & (N_CACHE_SLOTS - 1)
    first = seen_starts[slot]
    if first < 0 or not _are_equal(data, first, seen_ends[slot], data, start, end):
        seen_starts[slot] = start
        seen_ends[slot] = end
        seen_counts[slot] = _word_vectors(data, start, end, word_hash, model, wrapped, seen_sums[slot])
    _add(seen_sums, slot, total)
    return int(seen_counts[slot])


@kernel
def _are_equal(left: Any, left_start: int, left_end: int, right: Any, right_start: int, right_end: int) -> bool:
    if left_end - left_start != right_end - right_start:
        return False
    for i in range(left_end - left_start):  # noqa: SIM110
        if left[left_start + i] != right[right_start + i]:
            return False
    return True


@kernel
def _word_vectors(data: Any, start: int, end: int, word_hash: np.uint32, model: Any, wrapped: Any, total: Any) -> int:
    """Set `total` to the sum of the vectors of the word data[start:end) and its n-grams; their number."""
    for k in range(N_DIMENSIONS):
        total[k] = 0.0
    n_vectors = 0
    word = _find_word(data, start, end, word_hash, model)
    if word >= 0:
        _add(model.input_rows, word, total)
        n_vectors += 1
    size = _wrap(data, start, end, wrapped)
    for at in range(size):
        if not _continues_character(wrapped[at]):
            n_vectors += _add_ngrams(wrapped, at, size, model, total)
    return n_vectors


@kernel
def _add(rows: Any, row: Any, total: Any) -> None:
    for k in range(N_DIMENSIONS):
        total[k] += rows[row, k]


@kernel
def _wrap(data: Any, start: int, end: int, wrapped: Any) -> int:
    """Fill `wrapped` with the word data[start:end) between fastText's brackets; its size in bytes."""
    wrapped[0] = WORD_BEGIN
    for i in range(end - start):
        wrapped[1 + i] = data[start + i]
    wrapped[1 + end - start] = WORD_END
    return end - start + 2


@kernel
def _find_word(data: Any, start: int, end: int, word_hash: np.uint32, model: Any) -> int:
    """The number of the word in the model's dictionary, or -1."""
    slot = word_hash % N_WORD_SLOTS
    while True:
        word = model.word_slots[slot]
        if word < 0:
            return -1
        word_start, word_end = model.word_offsets[word], model.word_offsets[word + 1]
        if _are_equal(model.word_bytes, word_start, word_end, data, start, end):
            return int(word)
        slot = (slot + 1) % N_WORD_SLOTS


@kernel
def _continues_character(byte: int) -> bool:
    return (byte & 0xC0) == 0x80


@kernel
def _add_ngrams(wrapped: Any, at: int, size: int, model: Any, total: Any) -> int:
    """Add the vectors of the n-grams that begin at byte `at` of wrapped[:size]; how many there are."""
    n_vectors = 0
    ngram_hash = np.uint32(FNV_OFFSET)
    for n_chars in range(1, MAX_NGRAM_CHARS + 1):
        if at >= size:
            break
        ngram_hash = _hash_byte(ngram_hash, wrapped[at])
        at += 1
        while at < size and _continues_character(wrapped[at]):
            ngram_hash = _hash_byte(ngram_hash, wrapped[at])
            at += 1
        if n_chars >= MIN_NGRAM_CHARS:
            bucket = ngram_hash % N_BUCKETS
            if model.bucket_is_kept[bucket >> 3] >> (bucket & 7) & 1:
                _add(model.input_rows, model.bucket_rows[bucket], total)
                n_vectors += 1
    return n_vectors


@kernel
def _most_probable(model: Any, mean: Any) -> tuple[int, float]:
    """The number of the most probable label, and its probability: depth first, skipping worse branches."""
    n_labels = len(model.output_rows)
    nodes = np.empty(n_labels + 1, np.int32)
    log_probabilities = np.empty(n_labels + 1, np.float64)
    nodes[0] = 2 * n_labels - 2  # the root
    log_probabilities[0] = 0.0
    n_open = 1
    best_label, best = NO_LABEL, -np.inf
    while n_open > 0:
        n_open -= 1
        node, log_probability = nodes[n_open], log_probabilities[n_open]
        if log_probability <= best:
            continue
        if model.left[node] < 0:
            best_label, best = node, log_probability
            continue
        right = _probability_of_right(model, node - n_labels, mean)
        nodes[n_open] = model.right[node]
        log_probabilities[n_open] = log_probability + np.log(right + LEAST_PROBABILITY)
        nodes[n_open + 1] = model.left[node]
        log_probabilities[n_open + 1] = log_probability + np.log(1.0 - right + LEAST_PROBABILITY)
        n_open += 2
    return best_label, np.exp(best)


@kernel
def _probability_of_right(model: Any, inner_node: int, mean: Any) -> float:
    activation = np.float32(0.0)
    for k in range(N_DIMENSIONS):
        activation += model.output_rows[inner_node, k] * mean[k]
    return float(1.0 / (1.0 + np.exp(-np.float64(activation))))

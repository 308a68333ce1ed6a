"""Training a fastText classifier: softmax over the mean of words' and word n-grams' vectors, by gradient descent.

The algorithm is fastText's (Joulin et al. 2016, "Bag of tricks"; `model.cc`, `loss.cc`) on one thread. It is here
because fastText on one thread leaves nine tenths of its first weights as memory that nobody wrote to
(`DenseMatrix::uniform`): the same input need not give the same bytes, and now and then it stops with "Encountered NaN".
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.arrow_text import text_buffers
from quality.fasttext.dictionary import (
    END_OF_SENTENCE,
    dictionary_of,
    find_entry,
    hash_of,
    is_control_word,
    number_of,
)
from quality.fasttext.mean_vector import WORD_NGRAM_PRIME
from quality.fasttext.training_settings import TrainingSettings
from quality.fasttext.vocabulary import Vocabulary, count_words
from quality.fasttext.words import is_space, read_word
from quality.kernel import lean_kernel

Floats = npt.NDArray[np.float32]


class Weights(NamedTuple):
    """What is trained."""

    input_rows: Floats  # (words + buckets, dim)
    output_rows: Floats  # (labels, dim)


class _Step(NamedTuple):
    """Memory for one document."""

    rows: npt.NDArray[np.int64]  # of its words and n-grams
    open_ngrams: npt.NDArray[np.uint64]
    hidden: Floats
    gradient: Floats
    probabilities: Floats


def train(
    text: pa.StringArray | pa.LargeStringArray, labels: npt.NDArray[np.int32], n_labels: int, settings: TrainingSettings
) -> tuple[Vocabulary, Weights]:
    """A model of documents that are seen in this order, every epoch; `labels` are their labels' numbers."""
    data, offsets = text_buffers(text)
    vocabulary = count_words(data, offsets, settings.min_count)
    dictionary = dictionary_of(vocabulary.words)
    n_words = len(vocabulary.words)
    weights = Weights(
        _first_weights(n_words + settings.buckets, settings.dim, settings.seed),
        np.zeros((n_labels, settings.dim), np.float32),
    )
    longest_bytes = int(np.diff(offsets).max(initial=0))
    step = _Step(
        np.empty((longest_bytes // 2 + 2) * settings.word_ngrams, np.int64),
        np.empty(max(1, settings.word_ngrams - 1), np.uint64),
        np.empty(settings.dim, np.float32),
        np.empty(settings.dim, np.float32),
        np.empty(n_labels, np.float32),
    )
    end_of_sentence = (number_of(dictionary, END_OF_SENTENCE), hash_of(END_OF_SENTENCE))
    of_ngrams = (settings.word_ngrams, settings.buckets)
    schedule = (settings.lr, settings.epochs, vocabulary.n_tokens)
    _train(data, offsets, labels, dictionary, end_of_sentence, of_ngrams, schedule, weights, step)
    return vocabulary, weights


def _first_weights(n_rows: int, dim: int, seed: int) -> Floats:
    """Evenly spread over (-1 / dim, 1 / dim), a function of the seed and the place alone."""
    weights = np.empty((n_rows, dim), np.float32)
    _fill_evenly(weights.reshape(-1), np.uint64(seed), np.float32(1.0 / dim))
    return weights


@lean_kernel
def _fill_evenly(values: Any, seed: np.uint64, bound: np.float32) -> None:
    """SplitMix64 (Steele et al. 2014) of the seed and the place."""
    for i in range(len(values)):
        z = seed * np.uint64(0xD1342543DE82EF95) + np.uint64(i + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
        share = np.float32(z >> np.uint64(40)) * np.float32(1.0 / (1 << 24))
        values[i] = (np.float32(2.0) * share - np.float32(1.0)) * bound


@lean_kernel
def _train(
    data: Any,
    offsets: Any,
    labels: Any,
    dictionary: Any,
    end_of_sentence: Any,
    of_ngrams: Any,
    schedule: Any,
    weights: Any,
    step: Any,
) -> None:
    first_rate, epochs, n_tokens = schedule
    n_seen = 0
    for _ in range(epochs):
        for i in range(len(labels)):
            rate = np.float32(first_rate * (1.0 - n_seen / (epochs * n_tokens)))
            n_rows, n_words = _list_rows(data, offsets[i], offsets[i + 1], dictionary, end_of_sentence, of_ngrams, step)
            n_seen += n_words
            if n_rows > 0:
                _update(n_rows, labels[i], rate, weights, step)


@lean_kernel
def _list_rows(
    data: Any, at: int, end: int, dictionary: Any, end_of_sentence: Any, of_ngrams: Any, step: Any
) -> tuple[int, int]:
    """Fill `step.rows` for the document data[at:end): how many rows, and how many words (`</s>` is one)."""
    n_rows = n_words = n_open = 0
    while at < end:
        if is_space(data[at]):
            at += 1
            continue
        start = at
        at, word_hash = read_word(data, start, end)
        if not is_control_word(data, start, at):
            number = find_entry(dictionary, data, start, at, word_hash)
            n_rows = _list_word(number, word_hash, n_open, dictionary, of_ngrams, step, n_rows)
            n_open = min(n_open + 1, of_ngrams[0] - 1)
            n_words += 1
    last_number, last_hash = end_of_sentence
    return _list_word(last_number, np.uint32(last_hash), n_open, dictionary, of_ngrams, step, n_rows), n_words + 1


@lean_kernel
def _list_word(
    number: int, word_hash: np.uint32, n_open: int, dictionary: Any, of_ngrams: Any, step: Any, n_rows: int
) -> int:
    """Append the rows of a word and of the n-grams that end with it to step.rows[:n_rows]; how many then.

    As in `mean_vector`, whose order of n-grams does not matter here either.
    """
    max_words, n_buckets = of_ngrams
    if number >= 0:
        step.rows[n_rows] = number
        n_rows += 1
    if max_words == 1:
        return n_rows
    widened = np.uint64(np.int64(np.int32(word_hash)))
    is_full = n_open == max_words - 1
    for i in range(n_open):
        longer = step.open_ngrams[i] * np.uint64(WORD_NGRAM_PRIME) + widened
        step.rows[n_rows] = dictionary.n_words + np.int64(longer % np.uint64(n_buckets))
        n_rows += 1
        if not is_full:
            step.open_ngrams[i] = longer
        elif i > 0:
            step.open_ngrams[i - 1] = longer
    step.open_ngrams[n_open - 1 if is_full else n_open] = widened
    return n_rows


@lean_kernel
def _update(n_rows: int, target: int, rate: np.float32, weights: Any, step: Any) -> None:
    """One step of gradient descent on a document's rows and its label."""
    dim = len(step.hidden)
    step.hidden[:] = np.float32(0.0)
    step.gradient[:] = np.float32(0.0)
    for i in range(n_rows):
        row = step.rows[i]
        for k in range(dim):
            step.hidden[k] += weights.input_rows[row, k]
    for k in range(dim):
        step.hidden[k] /= np.float32(n_rows)
    _fill_softmax(weights.output_rows, step.hidden, step.probabilities)
    for label in range(len(step.probabilities)):
        wanted = np.float32(1.0) if label == target else np.float32(0.0)
        push = rate * (wanted - step.probabilities[label])
        for k in range(dim):
            step.gradient[k] += push * weights.output_rows[label, k]
            weights.output_rows[label, k] += push * step.hidden[k]
    for k in range(dim):
        step.gradient[k] /= np.float32(n_rows)
    for i in range(n_rows):
        row = step.rows[i]
        for k in range(dim):
            weights.input_rows[row, k] += step.gradient[k]


@lean_kernel
def _fill_softmax(output_rows: Any, hidden: Any, probabilities: Any) -> None:
    largest = np.float32(-np.inf)
    for label in range(len(probabilities)):
        activation = np.float32(0.0)
        for k in range(len(hidden)):
            activation += output_rows[label, k] * hidden[k]
        probabilities[label] = activation
        largest = max(largest, activation)
    total = np.float32(0.0)
    for label in range(len(probabilities)):
        probabilities[label] = np.exp(probabilities[label] - largest)
        total += probabilities[label]
    for label in range(len(probabilities)):
        probabilities[label] /= total

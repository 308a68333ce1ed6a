"""Finding the benchmarks' grams in documents: one pass over the bytes, then one over the words."""

from typing import Any

import numpy as np

from quality.decontamination.grams import (
    CHECK_BASE,
    KEY_BASE,
    LENGTH_SALT,
    cjk_in_window,
    gram_hash,
    ngram_words_at,
)
from quality.decontamination.hash_table import EMPTY, find, may_contain
from quality.decontamination.runs import NO_RUN, add_match
from quality.decontamination.words import hash_words
from quality.kernel import kernel


@kernel
def find_ngrams(data: Any, offsets: Any, folding: Any, index: Any, last_of_item: Any, runs: Any, n_found: Any) -> int:
    """Runs (RUN) of the documents that stand in the NgramIndex; how many.

    `n_found[i]` becomes the number of grams of document i that were found; `runs` has room for a run a byte, and
    `last_of_item` (one for each item) is scratch.
    """
    longest_bytes = 0
    for i in range(len(offsets) - 1):
        longest_bytes = max(longest_bytes, offsets[i + 1] - offsets[i])
    hashes = np.empty(longest_bytes // 2 + 1, np.uint64)
    starts = np.empty(longest_bytes // 2 + 1, np.int64)
    ends = np.empty(longest_bytes // 2 + 1, np.int64)
    last_of_item[:] = NO_RUN
    n_runs = 0
    for document in range(len(offsets) - 1):
        n_words = hash_words(data, offsets[document], offsets[document + 1], folding, hashes, starts, ends)
        of_document = (n_runs, n_runs + offsets[document + 1] - offsets[document])
        n_runs, n_found[document] = _find_in_words(
            hashes, starts, ends, n_words, offsets[document], document, index, last_of_item, runs, of_document
        )
    return n_runs


@kernel
def _find_in_words(
    hashes: Any,
    starts: Any,
    ends: Any,
    n_words: int,
    document_start: int,
    document: int,
    index: Any,
    last_of_item: Any,
    runs: Any,
    of_document: Any,
) -> Any:
    """The new number of runs, and how many of the document's grams were found."""
    n = index.lengths.ngram
    n_short = index.lengths.shortest_text
    key, cjk_key, ending_key = np.uint64(0), np.uint64(0), np.uint64(0)
    oldest, cjk_oldest, ending_oldest = _power(n), _power(2 * n), _power(n_short)
    salt, cjk_salt, ending_salt = _salt(n), _salt(2 * n), _salt(n_short)
    n_cjk = 0
    n_found = 0
    n_runs = of_document[0]
    for i in range(n_words):
        n_cjk = cjk_in_window(hashes, i, n, n_cjk)
        key = _rolled(hashes, i, n, key, oldest)
        cjk_key = _rolled(hashes, i, 2 * n, cjk_key, cjk_oldest)
        ending_key = _rolled(hashes, i, n_short, ending_key, ending_oldest)
        size = ngram_words_at(i + 1, n_cjk, index.lengths)
        if size > 0:
            gram_key = key + salt if size == n else cjk_key + cjk_salt
            if may_contain(index.grams, gram_key):
                gram = _found_gram(index, hashes, i + 1 - size, i + 1, gram_key)
                if gram != EMPTY:
                    n_found += 1
                    where = (document, starts[i + 1 - size] - document_start, ends[i] - document_start)
                    n_runs = _add_items(index, gram, where, last_of_item, runs, n_runs, of_document)
        if i + 1 >= n_short and may_contain(index.text_endings, ending_key + ending_salt):
            for size in index.text_lengths:
                if size > i + 1:
                    break
                gram_key = gram_hash(hashes, i + 1 - size, i + 1, KEY_BASE)
                gram = _found_gram(index, hashes, i + 1 - size, i + 1, gram_key)
                if gram != EMPTY:
                    n_found += 1
                    where = (document, starts[i + 1 - size] - document_start, ends[i] - document_start)
                    n_runs = _add_items(index, gram, where, last_of_item, runs, n_runs, of_document)
    return n_runs, n_found


@kernel
def _found_gram(index: Any, hashes: Any, start: int, end: int, key: Any) -> int:
    """The id of the gram hashes[start:end]; EMPTY when it is not in the index, or is boilerplate there."""
    gram = find(index.grams, key, gram_hash(hashes, start, end, CHECK_BASE))
    if gram != EMPTY and index.item_starts[gram] == index.item_starts[gram + 1]:
        return EMPTY
    return gram


@kernel
def _add_items(index: Any, gram: int, where: Any, last_of_item: Any, runs: Any, n_runs: int, of_document: Any) -> int:
    """A match for every item of the gram; the new number of runs."""
    for k in range(index.item_starts[gram], index.item_starts[gram + 1]):
        match = (where[0], where[1], where[2], index.items[k])
        n_runs = add_match(runs, n_runs, of_document, last_of_item, match)
    return n_runs


@kernel
def _rolled(hashes: Any, i: int, n: int, key: Any, oldest: Any) -> Any:
    """The polynomial hash of the last `n` words up to word i, where `key` is that up to word i - 1."""
    key = key * KEY_BASE + hashes[i]
    if i >= n:
        key -= hashes[i - n] * oldest
    return key


@kernel
def _power(exponent: int) -> Any:
    value = np.uint64(1)
    for _ in range(exponent):
        value *= KEY_BASE
    return value


@kernel
def _salt(n: int) -> Any:
    """What the length adds to the hash of `n` words (see `gram_hash`)."""
    return np.uint64(n) * LENGTH_SALT * _power(n)

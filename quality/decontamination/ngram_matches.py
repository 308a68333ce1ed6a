"""Finding the benchmarks' grams in documents: bytes to words, words to candidates, candidates to matches.

Candidates are the few places where the index's filters don't rule a gram out. They are found in a loop of their own,
over numbers alone: a call that passes arrays on costs more than all the arithmetic for a word.
"""

from typing import Any

import numpy as np

from quality.arrow_text import most_bytes
from quality.decontamination.grams import CHECK_BASE, KEY_BASE, LENGTH_SALT, gram_hash, is_cjk, ngram_words_at
from quality.decontamination.hash_table import EMPTY, filter_bits, filter_word, find
from quality.decontamination.runs import NO_RUN, add_match
from quality.decontamination.words import hash_words
from quality.kernel import kernel

WHOLE_TEXT = 0  # as the length of a candidate: perhaps the end of a text that is one gram


@kernel
def find_ngrams(data: Any, offsets: Any, folding: Any, index: Any, last_of_item: Any, runs: Any, n_found: Any) -> int:
    """Runs (RUN) of the documents that stand in the NgramIndex; how many.

    `n_found[i]` becomes the number of grams of document i that were found; `runs` has room for a run a byte, and
    `last_of_item` (one for each item) is scratch.
    """
    longest_bytes = most_bytes(offsets)
    max_words = longest_bytes // 2 + 1
    hashes = np.empty(max_words, np.uint64)
    starts, ends = np.empty(max_words, np.int64), np.empty(max_words, np.int64)
    candidates = np.empty((2 * max_words, 2), np.int32)
    powers = (_power(index.lengths.ngram), _power(2 * index.lengths.ngram), _power(index.lengths.shortest_text))
    ngram_lengths = np.array([index.lengths.ngram, 2 * index.lengths.ngram])
    last_of_item[:] = NO_RUN
    n_runs = 0
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        n_words = hash_words(data, start, end, folding, hashes, starts, ends)
        n_candidates = _candidates(
            hashes,
            n_words,
            index.lengths,
            powers,
            index.grams.filter,
            index.grams.filter_shift,
            index.text_endings.filter,
            index.text_endings.filter_shift,
            candidates,
        )
        of_document = (n_runs, n_runs + end - start)
        for k in range(n_candidates):
            last_word, size = candidates[k, 0], candidates[k, 1]
            lengths = index.text_lengths
            if size != WHOLE_TEXT:
                lengths = ngram_lengths[:1] if size == index.lengths.ngram else ngram_lengths[1:]
            elif not _ends_a_text(index, hashes, last_word + 1):
                continue
            for length in lengths:
                first_word = last_word + 1 - length
                gram = _found_gram(index, hashes, first_word, last_word + 1) if first_word >= 0 else EMPTY
                if gram != EMPTY:
                    n_found[document] += 1
                    where = (document, starts[first_word] - start, ends[last_word] - start)
                    n_runs = _add_items(index, gram, where, last_of_item, runs, n_runs, of_document)
    return n_runs


@kernel
def _candidates(
    hashes: Any,
    n_words: int,
    lengths: Any,
    powers: Any,
    gram_filter: Any,
    gram_shift: Any,
    ending_filter: Any,
    ending_shift: Any,
    candidates: Any,
) -> int:
    """Grams that may be in the index, as (last word, length); how many, at most two a word.

    `powers` are those of KEY_BASE for the three lengths that roll along: what a word has become when it leaves.
    """
    n, n_short = lengths.ngram, lengths.shortest_text
    key, cjk_key, ending_key = np.uint64(0), np.uint64(0), np.uint64(0)
    oldest, cjk_oldest, ending_oldest = powers
    salt, cjk_salt, ending_salt = _salt(n, oldest), _salt(2 * n, cjk_oldest), _salt(n_short, ending_oldest)
    no_word = np.uint64(0)
    n_cjk = 0
    n_candidates = 0
    for i in range(n_words):
        newest = hashes[i]
        left = hashes[i - n] if i >= n else no_word
        cjk_left = hashes[i - 2 * n] if i >= 2 * n else no_word
        ending_left = hashes[i - n_short] if i >= n_short else no_word
        n_cjk += is_cjk(newest) - is_cjk(left)
        key = key * KEY_BASE + newest - left * oldest
        cjk_key = cjk_key * KEY_BASE + newest - cjk_left * cjk_oldest
        ending_key = ending_key * KEY_BASE + newest - ending_left * ending_oldest
        size = ngram_words_at(i + 1, n_cjk, lengths)
        gram_key = key + salt if size == n else cjk_key + cjk_salt
        bits = filter_bits(gram_key)
        if size > 0 and gram_filter[filter_word(gram_key, gram_shift)] & bits == bits:
            candidates[n_candidates, 0], candidates[n_candidates, 1] = i, size
            n_candidates += 1
        bits = filter_bits(ending_key + ending_salt)
        if i + 1 >= n_short and ending_filter[filter_word(ending_key + ending_salt, ending_shift)] & bits == bits:
            candidates[n_candidates, 0], candidates[n_candidates, 1] = i, WHOLE_TEXT
            n_candidates += 1
    return n_candidates


@kernel
def _ends_a_text(index: Any, hashes: Any, end: int) -> Any:
    """Whether a text that is one gram ends with the words before `end`."""
    start = end - index.lengths.shortest_text
    key, check = gram_hash(hashes, start, end, KEY_BASE), gram_hash(hashes, start, end, CHECK_BASE)
    return find(index.text_endings, key, check) != EMPTY


@kernel
def _found_gram(index: Any, hashes: Any, start: int, end: int) -> Any:
    """The id of the gram hashes[start:end]; EMPTY when it is not in the index, or is boilerplate there."""
    key, check = gram_hash(hashes, start, end, KEY_BASE), gram_hash(hashes, start, end, CHECK_BASE)
    gram = find(index.grams, key, check)
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
def _power(exponent: int) -> Any:
    value = np.uint64(1)
    for _ in range(exponent):
        value *= KEY_BASE
    return value


@kernel
def _salt(n: int, power: Any) -> Any:
    """What the length adds to the hash of `n` words (see `gram_hash`)."""
    return np.uint64(n) * LENGTH_SALT * power

"""Gopher's repetition rules on word n-grams, as datatrove's GopherRepetitionFilter counts them.

A *top* n-gram is the most frequent of all, its words joined by blanks; *duplicate* n-grams are those met before when
reading on behind each, and there the words are joined by nothing. So the first are equal when all their words are, the
second when their characters are, wherever words begin.
"""

from typing import Any

import numpy as np

from quality.kernel import lean_called_kernel, lean_kernel
from quality.prose.hashing import (
    SPREAD,
    cleared,
    cleared_sightings,
    is_repeated,
    mixed,
    place_of,
    power,
    sight,
)
from quality.prose.read_words import WINDOW_CHARS


@lean_kernel
def joined_hash(hashes: Any, chars: Any, first: int, end: int, powers: Any) -> np.uint64:
    """Hash of the words [first, end) joined by nothing."""
    return hashes[end] - hashes[first] * power(chars[end] - chars[first], powers)  # type: ignore[no-any-return]


@lean_kernel
def count_top_ngrams(word_hashes: Any, chars: Any, n_words: int, scratch: Any, tally: Any) -> None:
    """Fill in the characters of the most frequent 2-, 3- and 4-grams; of equally frequent ones, the first.

    Only where an n-gram occurs twice, the next longer one can.
    """
    n = _find_pairs(word_hashes, n_words, scratch)
    tally.top_2_gram_chars, n = _top_ngram(2, word_hashes, chars, n_words, scratch, n)
    tally.top_3_gram_chars, n = _top_ngram(3, word_hashes, chars, n_words, scratch, n)
    tally.top_4_gram_chars, n = _top_ngram(4, word_hashes, chars, n_words, scratch, n)


@lean_kernel
def _find_pairs(word_hashes: Any, n_words: int, scratch: Any) -> int:
    """Fill in the words where a 2-gram begins that may be repeated; how many there are.

    Most 2-grams occur once and need no further look: no other has the same place in a small table without keys.
    """
    seen, places, candidates = scratch.seen, scratch.places, scratch.candidates
    n_pairs = max(n_words - 1, 0)
    shift = cleared_sightings(seen, n_pairs)
    for word in range(n_pairs):
        places[word] = sight(seen, shift, _words_key(2, word_hashes, word))
    n_candidates = 0
    for word in range(n_pairs):
        candidates[n_candidates] = word
        n_candidates += seen[places[word]] > 1
    return n_candidates


@lean_called_kernel
def _top_ngram(n: int, word_hashes: Any, chars: Any, n_words: int, scratch: Any, n_candidates: int) -> tuple[int, int]:
    """Characters of all occurrences of the top n-gram, and how many candidates are left.

    Candidates are the words where a repeated n-gram may begin, ascending; left are those where one does.
    """
    if n_words < n:
        return 0, 0
    keys, counts, firsts, candidates = scratch.keys, scratch.counts, scratch.firsts, scratch.candidates
    while n_candidates and candidates[n_candidates - 1] + n > n_words:
        n_candidates -= 1
    mask = cleared(keys, n_candidates)
    top_count = 1
    top_first = 0
    for i in range(n_candidates):
        word = candidates[i]
        key = mixed(_words_key(n, word_hashes, word))
        place = place_of(keys, mask, key)
        scratch.places[i] = place
        if place < 0:
            continue
        if keys[place] != key:
            keys[place] = key
            counts[place] = 0
            firsts[place] = word
        counts[place] += 1
        is_top = counts[place] > top_count or (counts[place] == top_count > 1 and firsts[place] < top_first)
        if is_top:
            top_count = counts[place]
            top_first = firsts[place]
    n_left = _keep_repeated(candidates, scratch.places, counts, n_candidates)
    n_joined_chars = chars[top_first + n] - chars[top_first] + n - 1
    return n_joined_chars * top_count, n_left


@lean_kernel
def _words_key(n: int, word_hashes: Any, first: int) -> np.uint64:
    """A key of the n words from `first`."""
    key = np.uint64(0)
    for word in range(first, first + n):
        key = key * SPREAD + word_hashes[word]
    return key


@lean_kernel
def _keep_repeated(candidates: Any, places: Any, counts: Any, n_candidates: int) -> int:
    n_left = 0
    for i in range(n_candidates):
        if places[i] >= 0 and counts[places[i]] > 1:
            candidates[n_left] = candidates[i]
            n_left += 1
    return n_left


@lean_kernel
def count_duplicate_ngrams(hashes: Any, chars: Any, n_words: int, powers: Any, scratch: Any, tally: Any) -> None:
    """Fill in the characters of duplicate 5- to 10-grams.

    Longer n-grams are looked for only where more characters come again.
    """
    keys, candidates = scratch.keys, scratch.candidates
    for word in range(n_words):
        candidates[word] = word
    n = _narrowed(5, 1, n_words, chars, n_words, scratch)
    tally.duplicate_5_gram_chars = _duplicate_ngram_chars(5, hashes, chars, n_words, powers, keys, candidates, n)
    n = _narrowed(6, 2, n, chars, n_words, scratch)
    tally.duplicate_6_gram_chars = _duplicate_ngram_chars(6, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_7_gram_chars = _duplicate_ngram_chars(7, hashes, chars, n_words, powers, keys, candidates, n)
    n = _narrowed(8, 3, n, chars, n_words, scratch)
    tally.duplicate_8_gram_chars = _duplicate_ngram_chars(8, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_9_gram_chars = _duplicate_ngram_chars(9, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_10_gram_chars = _duplicate_ngram_chars(10, hashes, chars, n_words, powers, keys, candidates, n)


@lean_called_kernel
def _narrowed(n: int, n_windows: int, n_candidates: int, chars: Any, n_words: int, scratch: Any) -> int:
    """Leave only those candidates where a repeated n-gram, or a longer one, may begin; how many there are.

    Equal n-grams are equal in their first `n_windows` windows, or shorter. So most words need no further look: at
    theirs, no other word has the same place in a table without keys.
    """
    seen, places, candidates, windows = scratch.seen, scratch.places, scratch.candidates, scratch.windows
    while n_candidates and candidates[n_candidates - 1] + n > n_words:
        n_candidates -= 1
    shift = cleared_sightings(seen, n_candidates)
    for i in range(n_candidates):
        word = candidates[i]
        first_char = chars[word]
        if chars[word + n] - first_char < n_windows * WINDOW_CHARS:
            places[i] = -1
            continue
        key = np.uint64(0)
        for window in range(1, n_windows + 1):
            key = key * SPREAD + windows[first_char + window * WINDOW_CHARS - 1]
        places[i] = sight(seen, shift, key)
    n_left = 0
    for i in range(n_candidates):
        word = candidates[i]
        if places[i] < 0 or seen[places[i]] > 1:
            candidates[n_left] = word
            n_left += 1
    return n_left


@lean_called_kernel
def _duplicate_ngram_chars(
    n: int, hashes: Any, chars: Any, n_words: int, powers: Any, keys: Any, candidates: Any, n_candidates: int
) -> int:
    """Characters of the n-grams that were read before; where one was, reading goes on behind it."""
    mask = cleared(keys, n_candidates)
    n_chars = 0
    next_word = 0
    for i in range(n_candidates):
        word = candidates[i]
        if word + n > n_words:
            break
        is_read = word < next_word
        if not is_read and is_repeated(keys, mask, mixed(joined_hash(hashes, chars, word, word + n, powers))):
            n_chars += chars[word + n] - chars[word]
            next_word = word + n
    return n_chars

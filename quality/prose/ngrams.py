"""Gopher's repetition rules on word n-grams, as datatrove's GopherRepetitionFilter counts them.

A *top* n-gram is the most frequent of all, its words joined by blanks; *duplicate* n-grams are those met before when
reading on behind each, and there the words are joined by nothing. So the first are equal when all their words are, the
second when their characters are, wherever words begin.

Half of the words of documentation begin an n-gram that comes again, in no order that a processor could guess, so the
loops over them have no branches but for collisions.
"""

from typing import Any

import numpy as np

from quality.kernel import lean_called_kernel, lean_kernel
from quality.prose.first_words import cleared_slots, slot_of
from quality.prose.hashing import SPREAD, cleared_sightings, power, sight
from quality.prose.read_words import WINDOW_CHARS

ROOM = 1 << 32  # beside a count, for a word's number


@lean_kernel
def joined_hash(hashes: Any, chars: Any, first: int, end: int, powers: Any) -> np.uint64:
    """Hash of the words [first, end) joined by nothing."""
    return hashes[end] - hashes[first] * power(chars[end] - chars[first], powers)  # type: ignore[no-any-return]


@lean_kernel
def count_top_ngrams(word_hashes: Any, chars: Any, n_words: int, scratch: Any, tally: Any) -> None:
    """Fill in the characters of the most frequent 2-, 3- and 4-grams; of equally frequent ones, the first.

    Only where an n-gram occurs twice, the next longer one can.
    """
    candidates, keys = scratch.candidates, scratch.keys
    for word in range(n_words):
        candidates[word] = word
        keys[word] = word_hashes[word]
    tally.top_2_gram_chars, n = _top_ngram(2, word_hashes, chars, n_words, scratch, n_words)
    tally.top_3_gram_chars, n = _top_ngram(3, word_hashes, chars, n_words, scratch, n)
    tally.top_4_gram_chars, n = _top_ngram(4, word_hashes, chars, n_words, scratch, n)


@lean_called_kernel
def _top_ngram(n: int, word_hashes: Any, chars: Any, n_words: int, scratch: Any, n_candidates: int) -> tuple[int, int]:
    """Characters of all occurrences of the top n-gram, and how many candidates are left.

    Candidates are the words where a repeated n-gram may begin, ascending; left are those where one does. `keys` has
    the key of the n-gram shorter by a word for each, and then that of the n-gram.
    """
    if n_words < n:
        return 0, 0
    keys, counts, slots, candidates = scratch.keys, scratch.counts, scratch.slots, scratch.candidates
    while n_candidates and candidates[n_candidates - 1] + n > n_words:
        n_candidates -= 1
    shift = cleared_slots(slots, n_candidates)
    for i in range(n_candidates):
        word = candidates[i]
        key = keys[word] * SPREAD + word_hashes[word + n - 1]
        keys[word] = key
        counts[word] = 0
        slot = slot_of(slots, shift, keys, key)
        first = slots[slot] if slot >= 0 else word
        first = first if first >= 0 else word
        if slot >= 0:
            slots[slot] = first
        counts[first] += 1
        scratch.places[i] = first
    top_count, top_first = _top(candidates, counts, n_candidates)
    n_left = _keep_repeated(candidates, scratch.places, counts, n_candidates)
    n_joined_chars = chars[top_first + n] - chars[top_first] + n - 1
    return n_joined_chars * top_count, n_left


@lean_kernel
def _top(candidates: Any, counts: Any, n_candidates: int) -> tuple[int, int]:
    """The largest count and the first word that has it; 1 and the first of all words where nothing comes again."""
    top = ROOM + ROOM - 1
    for i in range(n_candidates):
        word = candidates[i]
        top = max(top, np.int64(counts[word]) * ROOM + (ROOM - 1 - word))
    return top // ROOM, ROOM - 1 - top % ROOM


@lean_kernel
def _keep_repeated(candidates: Any, firsts: Any, counts: Any, n_candidates: int) -> int:
    n_left = 0
    for i in range(n_candidates):
        candidates[n_left] = candidates[i]
        n_left += counts[firsts[i]] > 1
    return n_left


@lean_kernel
def count_duplicate_ngrams(hashes: Any, chars: Any, n_words: int, powers: Any, scratch: Any, tally: Any) -> None:
    """Fill in the characters of duplicate 5- to 10-grams.

    Longer n-grams are looked for only where more characters come again.
    """
    candidates = scratch.candidates
    for word in range(n_words):
        candidates[word] = word
    n = _narrowed(5, 1, n_words, chars, n_words, scratch)
    tally.duplicate_5_gram_chars = _duplicate_ngram_chars(5, hashes, chars, n_words, powers, scratch, n)
    n = _narrowed(6, 2, n, chars, n_words, scratch)
    tally.duplicate_6_gram_chars = _duplicate_ngram_chars(6, hashes, chars, n_words, powers, scratch, n)
    tally.duplicate_7_gram_chars = _duplicate_ngram_chars(7, hashes, chars, n_words, powers, scratch, n)
    n = _narrowed(8, 3, n, chars, n_words, scratch)
    tally.duplicate_8_gram_chars = _duplicate_ngram_chars(8, hashes, chars, n_words, powers, scratch, n)
    tally.duplicate_9_gram_chars = _duplicate_ngram_chars(9, hashes, chars, n_words, powers, scratch, n)
    tally.duplicate_10_gram_chars = _duplicate_ngram_chars(10, hashes, chars, n_words, powers, scratch, n)


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
        candidates[n_left] = candidates[i]
        n_left += places[i] < 0 or seen[places[i]] > 1
    return n_left


@lean_called_kernel
def _duplicate_ngram_chars(
    n: int, hashes: Any, chars: Any, n_words: int, powers: Any, scratch: Any, n_candidates: int
) -> int:
    """Characters of the n-grams that were read before; where one was, reading goes on behind it."""
    keys, slots, candidates = scratch.keys, scratch.slots, scratch.candidates
    while n_candidates and candidates[n_candidates - 1] + n > n_words:
        n_candidates -= 1
    shift = cleared_slots(slots, n_candidates)
    n_chars = 0
    next_word = 0
    for i in range(n_candidates):
        word = candidates[i]
        key = joined_hash(hashes, chars, word, word + n, powers)
        keys[word] = key
        slot = slot_of(slots, shift, keys, key)
        if slot < 0:
            continue
        first = slots[slot]
        is_unread = int(word >= next_word)  # no part of one that was counted
        is_new = int(first < 0)
        is_duplicate = is_unread * (1 - is_new)
        slots[slot] = first + (word - first) * is_unread * is_new
        n_chars += (chars[word + n] - chars[word]) * is_duplicate
        next_word += (word + n - next_word) * is_duplicate
    return n_chars

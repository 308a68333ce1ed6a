"""Gopher's repetition rules on word n-grams, as datatrove's GopherRepetitionFilter counts them.

A *top* n-gram is the most frequent of all, its words joined by blanks; *duplicate* n-grams are those met before when
reading on behind each, and there the words are joined by nothing. So the first are equal when all their words are, the
second when their characters are, wherever words begin.
"""

from typing import Any

import numpy as np

from quality.kernel import lean_called_kernel, lean_kernel
from quality.prose.hashing import BASE, ONE, SPREAD, appended, cleared, is_repeated, mixed, place_of, power

LEAST_DUPLICATE_NGRAM = 5
WINDOW_CHARS = 12  # one in thirty 5-grams is shorter
POWER_OF_WINDOW = np.uint64(pow(int(BASE), WINDOW_CHARS, 1 << 64))


@lean_kernel
def hash_words(code_points: Any, starts: Any, ends: Any, n_words: int, hashes: Any, chars: Any, windows: Any) -> None:
    """Of the words joined by nothing: hashes[i] and chars[i] are hash and length of the first i of them.

    windows[i] is a key of the WINDOW_CHARS characters from the beginning of word i on, for those that have so many.
    """
    text_hash = np.uint64(0)
    n_chars = 0
    hashes[0] = text_hash
    chars[0] = 0
    first = 0  # the first word whose window is not complete
    for word in range(n_words):
        for at in range(starts[word], ends[word]):
            text_hash = appended(text_hash, code_points[at])
            n_chars += 1
            if first <= word and n_chars == chars[first] + WINDOW_CHARS:
                windows[first] = mixed(text_hash - hashes[first] * POWER_OF_WINDOW)
                first += 1
        hashes[word + 1] = text_hash
        chars[word + 1] = n_chars


@lean_kernel
def joined_hash(hashes: Any, chars: Any, first: int, end: int, powers: Any) -> np.uint64:
    """Hash of the words [first, end) joined by nothing."""
    return hashes[end] - hashes[first] * power(chars[end] - chars[first], powers)  # type: ignore[no-any-return]


@lean_kernel
def count_top_ngrams(hashes: Any, chars: Any, n_words: int, powers: Any, scratch: Any, tally: Any) -> None:
    """Fill in the characters of the most frequent 2-, 3- and 4-grams; of equally frequent ones, the first.

    Only where an n-gram occurs twice, the next longer one can.
    """
    candidates = scratch.candidates
    n_candidates = max(n_words - 1, 0)
    for word in range(n_candidates):
        candidates[word] = word
    tally.top_2_gram_chars, n_candidates = _top_ngram(2, hashes, chars, n_words, powers, scratch, n_candidates)
    tally.top_3_gram_chars, n_candidates = _top_ngram(3, hashes, chars, n_words, powers, scratch, n_candidates)
    tally.top_4_gram_chars, n_candidates = _top_ngram(4, hashes, chars, n_words, powers, scratch, n_candidates)


@lean_called_kernel
def _top_ngram(
    n: int, hashes: Any, chars: Any, n_words: int, powers: Any, scratch: Any, n_candidates: int
) -> tuple[int, int]:
    """Characters of all occurrences of the top n-gram, and how many candidates are left.

    Candidates are the words where a repeated (n - 1)-gram begins, ascending; left are those of repeated n-grams.
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
        key = _words_key(n, hashes, chars, word, powers)
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
def _words_key(n: int, hashes: Any, chars: Any, first: int, powers: Any) -> np.uint64:
    """A key of the n words from `first`: of their characters, and of where each word ends."""
    key = joined_hash(hashes, chars, first, first + n, powers)
    for end in range(first + 1, first + n):
        key = (key ^ np.uint64(chars[end] - chars[first])) * SPREAD
    return mixed(key)


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
    """Fill in the characters of duplicate 5- to 10-grams."""
    n = _find_candidates(chars, n_words, scratch)
    keys, candidates = scratch.keys, scratch.candidates
    tally.duplicate_5_gram_chars = _duplicate_ngram_chars(5, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_6_gram_chars = _duplicate_ngram_chars(6, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_7_gram_chars = _duplicate_ngram_chars(7, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_8_gram_chars = _duplicate_ngram_chars(8, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_9_gram_chars = _duplicate_ngram_chars(9, hashes, chars, n_words, powers, keys, candidates, n)
    tally.duplicate_10_gram_chars = _duplicate_ngram_chars(10, hashes, chars, n_words, powers, keys, candidates, n)


@lean_kernel
def _find_candidates(chars: Any, n_words: int, scratch: Any) -> int:
    """Fill in the words where a repeated n-gram of five words or more may begin; how many there are.

    Equal n-grams are equal in their first WINDOW_CHARS characters, or shorter. So most words need no further look: at
    theirs, no other word has the same place in a table without keys.
    """
    seen, places, candidates = scratch.seen, scratch.places, scratch.candidates
    mask = _cleared_bytes(seen, n_words)
    n_starts = max(n_words - LEAST_DUPLICATE_NGRAM + 1, 0)
    for word in range(n_starts):
        if chars[word + LEAST_DUPLICATE_NGRAM] - chars[word] >= WINDOW_CHARS:
            place = int(scratch.windows[word] >> ONE) & mask
            seen[place] += seen[place] < 2
            places[word] = place
        else:
            places[word] = -1
    n_candidates = 0
    for word in range(n_starts):
        if places[word] < 0 or seen[places[word]] > 1:
            candidates[n_candidates] = word
            n_candidates += 1
    return n_candidates


@lean_kernel
def _cleared_bytes(seen: Any, n_words: int) -> int:
    """Empty a table of eight bytes a word or more, a power of two; the mask of its places."""
    n_places = 16
    while n_places < 8 * n_words and 2 * n_places <= len(seen):
        n_places *= 2
    for place in range(n_places):
        seen[place] = 0
    return n_places - 1


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

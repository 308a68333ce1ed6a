"""The index of word n-grams: which grams stand in the benchmarks, and in which items."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes, Offsets, most_bytes
from quality.decontamination.folding import folding_table
from quality.decontamination.grams import (
    CHECK_BASE,
    KEY_BASE,
    GramLengths,
    gram_hash,
    is_cjk,
    is_long_enough,
    ngram_words_at,
    says_something,
)
from quality.decontamination.hash_table import HashTable, hash_table
from quality.decontamination.words import hash_words
from quality.kernel import kernel

Numbers = npt.NDArray[np.int32]


ENDING_FILTER_BITS = 64  # a key: they are few, and a candidate costs as much as fifty words


class NgramIndex(NamedTuple):
    """Grams of all texts. Gram i stands in items[item_starts[i]:item_starts[i + 1]], ascending; none: boilerplate."""

    lengths: GramLengths
    grams: HashTable
    item_starts: npt.NDArray[np.int64]
    items: Numbers
    text_endings: HashTable  # the last `lengths.shortest_text` words of every text that is a gram as a whole
    text_lengths: npt.NDArray[np.int64]  # the lengths in words of such texts, ascending


def ngram_index(
    data: Bytes, offsets: Offsets, item_of: Numbers, lengths: GramLengths, max_items: int
) -> tuple[NgramIndex, Numbers]:
    """The index of the texts data[offsets[i]:offsets[i + 1]], text i of item `item_of[i]`; the number of grams of each.

    A gram that stands in more than `max_items` items is boilerplate: it has no items, and is never found.
    """
    n_bytes = int(offsets[-1] - offsets[0])
    n_texts = len(offsets) - 1
    keys, checks = np.empty(n_bytes // 2 + n_texts, np.uint64), np.empty(n_bytes // 2 + n_texts, np.uint64)
    n_grams = np.zeros(n_texts, np.int32)
    endings, whole_lengths = np.zeros((2, n_texts), np.uint64), np.zeros(n_texts, np.int64)
    n = _grams_of_texts(
        data, offsets, folding_table(), lengths, keys, checks, n_grams, endings[0], endings[1], whole_lengths
    )
    grams, ids = hash_table(keys[:n], checks[:n])
    item_starts, items = _items_of_grams(ids, np.repeat(item_of, n_grams), max_items)
    is_whole = whole_lengths > 0
    text_endings, _ = hash_table(endings[0][is_whole], endings[1][is_whole], ENDING_FILTER_BITS)
    index = NgramIndex(lengths, grams, item_starts, items, text_endings, np.unique(whole_lengths[is_whole]))
    return index, n_grams


def _items_of_grams(ids: Numbers, items: Numbers, max_items: int) -> tuple[npt.NDArray[np.int64], Numbers]:
    """The distinct items of every gram, as the starts of their lists and the lists behind each other."""
    n_grams = int(ids.max(initial=-1)) + 1
    n_items = int(items.max(initial=0)) + 1
    pairs = np.sort(ids.astype(np.int64) * n_items + items)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]  # np.unique hashes first, which is slower
    counts = np.bincount(pairs // n_items, minlength=n_grams)
    is_boilerplate = counts > max_items
    pairs = pairs[~is_boilerplate[pairs // n_items]]
    starts = np.concatenate([[0], np.cumsum(np.where(is_boilerplate, 0, counts))])
    return starts.astype(np.int64), (pairs % n_items).astype(np.int32)


@kernel
def _grams_of_texts(
    data: Any,
    offsets: Any,
    folding: Any,
    lengths: Any,
    keys: Any,
    checks: Any,
    n_grams: Any,
    ending_keys: Any,
    ending_checks: Any,
    whole_lengths: Any,
) -> int:
    """Both hashes of the grams of every text, in order; how many there are. Texts that are one gram: how they end."""
    longest_bytes = most_bytes(offsets)
    hashes = np.empty(longest_bytes // 2 + 1, np.uint64)
    starts = np.empty(longest_bytes // 2 + 1, np.int64)
    ends = np.empty(longest_bytes // 2 + 1, np.int64)
    n_saying, n_cjk = np.zeros(longest_bytes // 2 + 2, np.int64), np.zeros(longest_bytes // 2 + 2, np.int64)
    n = 0
    for text in range(len(offsets) - 1):
        n_words = hash_words(data, offsets[text], offsets[text + 1], folding, hashes, starts, ends)
        for i in range(n_words):
            n_saying[i + 1] = n_saying[i] + says_something(data, starts[i], ends[i], folding)
            n_cjk[i + 1] = n_cjk[i] + is_cjk(hashes[i])
        first = n
        has_ngram = False
        for end in range(lengths.ngram, n_words + 1):
            size = ngram_words_at(end, n_cjk[end] - n_cjk[end - lengths.ngram], lengths)
            has_ngram = has_ngram or size > 0
            if size > 0 and 2 * (n_saying[end] - n_saying[end - size]) >= size:
                keys[n] = gram_hash(hashes, end - size, end, KEY_BASE)
                checks[n] = gram_hash(hashes, end - size, end, CHECK_BASE)
                n += 1
        is_gram = not has_ngram and is_long_enough(n_words, n_cjk[n_words], lengths)
        if is_gram and 2 * n_saying[n_words] >= n_words:
            keys[n] = gram_hash(hashes, 0, n_words, KEY_BASE)
            checks[n] = gram_hash(hashes, 0, n_words, CHECK_BASE)
            n += 1
            ending_keys[text] = gram_hash(hashes, n_words - lengths.shortest_text, n_words, KEY_BASE)
            ending_checks[text] = gram_hash(hashes, n_words - lengths.shortest_text, n_words, CHECK_BASE)
            whole_lengths[text] = n_words
        n_grams[text] = n - first
    return n


def memory_bytes(index: NgramIndex) -> int:
    """Memory of the index."""
    lists = index.item_starts.nbytes + index.items.nbytes + index.text_lengths.nbytes
    return index.grams.n_bytes + index.text_endings.n_bytes + lists

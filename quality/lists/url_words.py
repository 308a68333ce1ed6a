"""Words inside urls: which banned word or substring one has, and how many different soft words."""

from typing import Any

import numpy as np
import pyarrow as pa

from quality.arrow_text import most_bytes, text_buffers
from quality.characters import class_table, decode
from quality.input_file import InputFile
from quality.kernel import kernel
from quality.lists.files import entries_of
from quality.lists.phrases import (
    NONE,
    Phrases,
    find_phrases,
    is_word_character,
    normal_phrase,
    phrases_of,
)
from quality.lists.url_parts import copy_decoded

UNCOUNTED = -1  # of a word: in no url yet


class UrlPhrases:
    """The entries of lists, and how to find them in urls."""

    def __init__(self, files: tuple[InputFile, ...], anywhere: bool) -> None:
        lines = (normal_phrase(entry) for file in files for entry in entries_of(file))
        kept = (_letters_and_digits(line) if anywhere else line for line in lines)
        self.entries = sorted({entry for entry in kept if entry})
        self.phrases: Phrases = phrases_of(self.entries, anywhere)

    def first_found(self, found: Any) -> pa.StringArray:
        """The entries of the numbers `found`; null for NONE."""
        return pa.array(self.entries, pa.string()).take(pa.array(found, mask=found == NONE))


def _letters_and_digits(entry: str) -> str:
    classes = class_table()
    return "".join(character for character in entry if is_word_character(classes[ord(character)]))


def url_words(
    urls: pa.StringArray, words: UrlPhrases, soft_words: UrlPhrases, substrings: UrlPhrases
) -> tuple[pa.StringArray, pa.Array, pa.StringArray]:
    """Of every url the first of `words` in it, how many different `soft_words` it has, the first of `substrings`.

    Urls are looked at percent-decoded, in any case, as datatrove's URLFilter does: words are what stands between other
    characters than letters and digits, substrings are looked for in the url without those. A null counts as empty.
    """
    data, offsets = text_buffers(urls)
    word = np.full(len(urls), NONE, np.int64)
    n_soft_words = np.zeros(len(urls), np.int32)
    substring = np.full(len(urls), NONE, np.int64)
    last_seen = np.full(len(soft_words.entries), UNCOUNTED, np.int64)
    _look_at_urls(
        data,
        offsets,
        class_table(),
        words.phrases,
        soft_words.phrases,
        substrings.phrases,
        last_seen,
        word,
        n_soft_words,
        substring,
    )
    return words.first_found(word), pa.array(n_soft_words), substrings.first_found(substring)


@kernel
def _look_at_urls(
    data: Any,
    offsets: Any,
    classes: Any,
    words: Any,
    soft_words: Any,
    substrings: Any,
    last_seen: Any,
    word: Any,
    n_soft_words: Any,
    substring: Any,
) -> None:
    longest_bytes = most_bytes(offsets)
    decoded = np.empty(longest_bytes, np.uint8)
    code_points = np.empty(longest_bytes, np.uint32)
    found = np.empty(longest_bytes, np.int32)
    for i in range(len(offsets) - 1):
        n_bytes = copy_decoded(data, offsets[i], offsets[i + 1], decoded, 0)
        n_chars = decode(decoded, 0, n_bytes, code_points)
        word[i] = _first(code_points, n_chars, classes, words, found)
        n_soft_words[i] = _count_different(code_points, n_chars, classes, soft_words, found, last_seen, i)
        n_chars = _keep_words(code_points, n_chars, classes)
        substring[i] = _first(code_points, n_chars, classes, substrings, found)


@kernel
def _first(code_points: Any, n_chars: int, classes: Any, phrases: Any, found: Any) -> int:
    """The phrase that ends first; NONE when there is none."""
    find_phrases(code_points, 0, n_chars, classes, phrases, found)
    for at in range(n_chars):
        if found[at] != NONE:
            return int(found[at])
    return NONE


@kernel
def _count_different(
    code_points: Any, n_chars: int, classes: Any, phrases: Any, found: Any, last_seen: Any, url: int
) -> int:
    find_phrases(code_points, 0, n_chars, classes, phrases, found)
    n_different = 0
    for at in range(n_chars):
        if found[at] != NONE and last_seen[found[at]] != url:
            last_seen[found[at]] = url
            n_different += 1
    return n_different


@kernel
def _keep_words(code_points: Any, n_chars: int, classes: Any) -> int:
    """Leave letters and digits alone, in place; how many there are."""
    kept = 0
    for at in range(n_chars):
        if is_word_character(classes[code_points[at]]):
            code_points[kept] = code_points[at]
            kept += 1
    return kept

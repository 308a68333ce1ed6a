"""Unsafe words: how much of a document is in lists of words that a person names."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from quality.arrow_text import most_bytes, text_buffers
from quality.characters import CJK, SPACE, class_table, decode
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
    with_single_spaces,
)
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

Counts = npt.NDArray[np.int64]

UNSAFE_WORDS_SCHEMA = pa.schema(
    [
        # Words that a listed word or phrase covers; a word is a run of letters and digits, a CJK character, or a listed
        # symbol.
        ("n_unsafe_words", pa.int64()),
        ("unsafe_word_share", pa.float64()),  # of all words
    ]
)


class WordList(BaseModel):
    """Words and phrases of one language, a line each, like the files of LDNOOBW's collection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[InputFile, ...] = Field(min_length=1, description="The files, gzipped or not; any case.")
    language: str | None = Field(None, description="Looked for in documents of this language alone (ISO 639 code).")


class UnsafeWordsSettings(GroupSettings):
    """Settings of the group `unsafe_words`; no list is shipped."""

    lists: tuple[WordList, ...] = Field(min_length=1, description="Lists of words: `files`, and their `language`.")


def measure(documents: Documents, settings: UnsafeWordsSettings) -> Measured:
    """UNSAFE_WORDS_SCHEMA for every document, by the lists of its language and those of none.

    Null where no list is for its language.
    """
    n_unsafe = np.zeros(len(documents), np.int64)
    n_words = np.zeros(len(documents), np.int64)
    is_measured = np.zeros(len(documents), np.bool_)
    for language, phrases in _phrases_by_language(settings).items():
        rows = np.flatnonzero(_is_language(documents, language, settings))
        n_unsafe[rows], n_words[rows] = word_counts(documents.text.take(pa.array(rows)), phrases)
        is_measured[rows] = True
    share = np.divide(n_unsafe, n_words, out=np.zeros(len(documents)), where=n_words > 0)
    missing = ~is_measured
    return Measured(
        {
            "n_unsafe_words": pa.array(n_unsafe, mask=missing),
            "unsafe_word_share": pa.array(share, mask=missing),
        }
    )


def word_counts(text: pa.StringArray | pa.LargeStringArray, phrases: Phrases) -> tuple[Counts, Counts]:
    """Of each text the words that are in phrases, and all words, shape (n,)."""
    data, offsets = text_buffers(text)
    n_unsafe = np.zeros(len(text), np.int64)
    n_words = np.zeros(len(text), np.int64)
    _count(data, offsets, class_table(), phrases, n_unsafe, n_words)
    return n_unsafe, n_words


def _is_language(documents: Documents, language: str | None, settings: UnsafeWordsSettings) -> Any:
    """bool[n]: the document is in this language; None: in none that has a list of its own."""
    if language is not None:
        is_language = pc.equal(documents.language, language)
    else:
        own = pa.array(sorted(_languages(settings)), pa.string())
        is_language = pc.invert(pc.is_in(documents.language, own))
    return is_language.fill_null(False).to_numpy(zero_copy_only=False)


def _languages(settings: UnsafeWordsSettings) -> set[str]:
    return {given.language for given in settings.lists if given.language is not None}


@lru_cache(maxsize=4)
def _phrases_by_language(settings: UnsafeWordsSettings) -> dict[str | None, Phrases]:
    """The phrases to look for in documents of each language; by None, in those of any other."""
    found: dict[str | None, Phrases] = {}
    for language in (*sorted(_languages(settings)), None):
        files = [file for given in settings.lists if given.language in (None, language) for file in given.files]
        entries = {normal_phrase(entry) for file in files for entry in entries_of(file)}
        if files:
            found[language] = phrases_of(sorted(entries))
    return found


@kernel
def _count(data: Any, offsets: Any, classes: Any, phrases: Any, n_unsafe: Any, n_words: Any) -> None:
    longest_bytes = most_bytes(offsets)
    code_points = np.empty(longest_bytes, np.uint32)
    found = np.empty(longest_bytes, np.int32)
    covered = np.empty(longest_bytes, np.bool_)
    for row in range(len(offsets) - 1):
        n_chars = decode(data, offsets[row], offsets[row + 1], code_points)
        n_chars = with_single_spaces(code_points, n_chars, classes)
        _cover(code_points, n_chars, classes, phrases, found, covered)
        n_words[row], n_unsafe[row] = _count_words(code_points, n_chars, classes, covered)


@kernel
def _cover(code_points: Any, n_chars: int, classes: Any, phrases: Any, found: Any, covered: Any) -> None:
    """Mark the characters that are part of a phrase."""
    find_phrases(code_points, 0, n_chars, classes, phrases, found)
    for at in range(n_chars):
        covered[at] = False
        phrase = found[at]
        if phrase != NONE:
            for inside in range(at + 1 - phrases.n_chars[phrase], at + 1):
                covered[inside] = True


@kernel
def _count_words(code_points: Any, n_chars: int, classes: Any, covered: Any) -> tuple[int, int]:
    """All words, and those with a marked character."""
    n_words = 0
    n_unsafe = 0
    at = 0
    while at < n_chars:
        end = at + 1
        is_word = is_word_character(classes[code_points[at]])
        is_unsafe = covered[at]
        while is_word and end < n_chars and is_word_character(classes[code_points[end]]):
            is_unsafe |= covered[end]
            end += 1
        is_space = classes[code_points[at]] & SPACE  # inside a phrase
        if is_word or classes[code_points[at]] & CJK or (is_unsafe and not is_space):
            n_words += 1
            n_unsafe += is_unsafe
        at = end
    return n_words, n_unsafe


SIGNALS = SignalGroup(
    name="unsafe_words",
    meaning="How many words are in lists of words that a person names.",
    schema=UNSAFE_WORDS_SCHEMA,
    settings=UnsafeWordsSettings,
    measured_for=frozenset(),
    measure=measure,
)

"""Repetition of words and lines against the reference, on texts that repeat themselves in awkward ways."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.signal_group import documents_of
from quality.signals.prose import SIGNALS, ProseSettings
from tests.quality.reference import repetition_of, words_of

# Words that joined by nothing are equal though parted otherwise, and lines that come again.
words = st.lists(
    st.sampled_from(
        ["a", "aa", "aaa", "b", "ab", "ba", "the", "cat", ".", "\n", "\n\n", "é", "internationalization", "x" * 40]
    ),
    max_size=80,
)


def repetition(text: str) -> dict[str, float]:
    columns = SIGNALS.measure(documents_of(pa.array([text])), ProseSettings(words="simple")).columns
    return {name: columns[name][0].as_py() for name in repetition_of("", [])}


@settings(max_examples=300, deadline=None)
@given(words)
def test_repetition_is_the_references(parts: list[str]) -> None:
    text = " ".join(parts)
    assert repetition(text) == repetition_of(text, words_of(text))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["one two", "three", " one two", "", "four five six seven eight"]), max_size=40))
def test_repeated_lines_are_the_references(parts: list[str]) -> None:
    text = "\n".join(parts)
    assert repetition(text) == repetition_of(text, words_of(text))


def test_of_equally_frequent_ngrams_the_first_counts() -> None:
    text = "long words first a b long words first a b"
    assert repetition(text)["top_2_gram_char_share"] == 2 * len("long words") / len(text)

import numpy as np
import pytest
from hypothesis import given, settings

from quality.characters import class_table
from quality.words.simple import split_simply
from tests.quality.reference import words_of
from tests.quality.texts import documents


def split(text: str) -> list[str]:
    code_points = np.array([ord(character) for character in text], np.uint32)
    starts, ends = np.empty((2, len(text)), np.int32)
    n_words = split_simply(code_points, len(text), class_table(), starts, ends)
    return [text[start:end] for start, end in zip(starts[:n_words], ends[:n_words], strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \n\u3000", []),
        ("One  two\tthree", ["One", "two", "three"]),
        ("(“Don't!”)", ["(", "“", "Don't", "!", "”", ")"]),
        ("Wait.... what?!", ["Wait", "....", "what", "?", "!"]),
        ("- $5 + €7.50", ["-", "$", "5", "+", "€", "7.50"]),
        ("state-of-the-art C++ e.g.", ["state-of-the-art", "C", "+", "+", "e.g", "."]),
        ("...", ["..."]),
        ("日本語、です。", ["日", "本", "語", "、", "で", "す", "。"]),
        ("Python3の本", ["Python3", "の", "本"]),
        ("か\u3099く", ["か\u3099", "く"]),
        ("스타 워즈", ["스타", "워즈"]),
        ("ภาษาไทย ดี", ["ภาษาไทย", "ดี"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert split(text) == words


@settings(max_examples=300, deadline=None)
@given(documents)
def test_words_are_the_references(text: str) -> None:
    assert split(text) == words_of(text)


@settings(max_examples=100, deadline=None)
@given(documents)
def test_all_but_whitespace_is_in_words(text: str) -> None:
    assert "".join(split(text)) == "".join(text.split())

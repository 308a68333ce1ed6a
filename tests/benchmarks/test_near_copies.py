import random

import pytest

from benchmarks.documentation import Text
from benchmarks.near_copies import LEAST, MOST, edited, planted

NGRAM = 5


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + NGRAM]) for at in range(len(words) - NGRAM + 1)}


@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.8, 0.95, 1.0])
def test_copies_are_as_similar_as_asked_for(similarity: float) -> None:
    text = " ".join(f"word{number}" for number in range(4000))
    found, original = shingles(edited(text, similarity, NGRAM, random.Random(1))), shingles(text)
    assert len(found & original) / len(found | original) == pytest.approx(similarity, abs=0.06)


def test_planted_copies_are_graded_and_the_same_again() -> None:
    documents = [Text("a", " ".join(f"{name}{number}" for number in range(200))) for name in "abcdefghij"]
    copies = planted(documents, 5, NGRAM)
    assert [copy.source for copy in copies][::4] == [f"planted {LEAST:.2f}", f"planted {MOST:.2f}"]
    assert copies == planted(documents, 5, NGRAM)

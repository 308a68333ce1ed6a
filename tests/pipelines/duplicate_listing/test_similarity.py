"""The similarity is that of the sets which dedup's definition of words gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.duplicate_listing.similarity import NGRAM_WORDS, jaccard, ngrams
from tests.dedup.reference import words

TEXTS = st.text(st.sampled_from("abAB01 .,\n漢字é\u0e01\U0001f600"), max_size=80)


def sets(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + NGRAM_WORDS]) for at in range(len(found) - NGRAM_WORDS + 1)}


@given(TEXTS, TEXTS)
def test_similarity_is_that_of_the_sets_of_ngrams(one: str, other: str) -> None:
    expected, found = (sets(one), sets(other)), (ngrams(one), ngrams(other))
    assert [len(each) for each in found] == [len(each) for each in expected]
    both, either = expected[0] & expected[1], expected[0] | expected[1]
    similarity = len(both) / len(either) if all(expected) else None
    assert jaccard(*found) == similarity


@given(TEXTS)
def test_a_text_is_wholly_like_itself(text: str) -> None:
    assert jaccard(ngrams(text), ngrams(text)) == (1.0 if sets(text) else None)


def test_words_in_another_order_are_other_ngrams() -> None:
    assert jaccard(ngrams("a b c d e"), ngrams("e d c b a")) == 0.0
    assert jaccard(ngrams("a b c d e f"), ngrams("A b, c d e.")) == pytest.approx(1 / 2)
    assert jaccard(ngrams("a b c d"), ngrams("a b c d e")) is None

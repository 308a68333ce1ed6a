import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dedup.settings import DedupSettings
from dedup.shingle_sets import jaccard, pair_similarities, shingle_sets
from tests.dedup import reference

_SETS = st.sets(st.integers(0, 40) | st.integers(2**64 - 40, 2**64 - 1), max_size=40)


def _sorted(values: set[int]) -> np.ndarray:
    return np.array(sorted(values), np.uint64)


@given(_SETS, _SETS)
def test_jaccard_is_that_of_the_sets(first: set[int], second: set[int]) -> None:
    expected = len(first & second) / len(first | second) if first | second else 0.0
    assert jaccard(_sorted(first), _sorted(second)) == jaccard(_sorted(second), _sorted(first)) == expected


@hypothesis_settings(max_examples=60)
@given(st.lists(st.text(alphabet="ab ,é科", max_size=60), max_size=5), st.integers(1, 4))
def test_word_sets_are_those_of_the_signatures(texts: list[str], ngram: int) -> None:
    values, offsets = shingle_sets(pa.array(texts, pa.string()), DedupSettings(ngram=ngram))
    assert offsets.dtype == np.int64
    assert len(offsets) == len(texts) + 1
    for i, text in enumerate(texts):
        found = values[offsets[i] : offsets[i + 1]]
        assert (np.diff(found.astype(object)) > 0).all()
        assert {int(value) >> 32 for value in found} == set(reference.shingle_hashes(text, ngram))


def test_pairs() -> None:
    text = pa.array(["a b c d e f", "a b c d e f", "a b c d e g", None])
    values, offsets = shingle_sets(text, DedupSettings(ngram=1))
    similarities = np.empty(4)
    pair_similarities(values, offsets, np.array([[0, 1], [0, 2], [2, 0], [0, 3]]), similarities)
    assert similarities.tolist() == pytest.approx([1, 5 / 7, 5 / 7, 0])


def test_datatroves_words_must_be_given() -> None:
    with pytest.raises(ValueError, match="needs its words"):
        shingle_sets(pa.array(["a"]), DedupSettings(hashing="datatrove"))

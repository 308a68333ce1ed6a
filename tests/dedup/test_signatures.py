import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.kernels import UNITS_AT_ONCE
from dedup.settings import DedupSettings
from dedup.signatures import NO_SHINGLE, SCHEME_VERSION, permutations, signatures, splitmix64
from tests.dedup import reference

GOLDEN_TEXT = "The quick brown fox jumps over the lazy dog; 敏捷的棕色狐狸跳过了懒狗。"
GOLDEN_LANES = [84243363, 10995017, 448367534, 324899732, 515234735, 139259946, 85944277, 58291883]


def test_golden_signature() -> None:
    # A change here means that stored signatures no longer match: raise SCHEME_VERSION with it.
    assert SCHEME_VERSION == "mixdown-minhash-1"
    lanes, has_shingles = signatures(pa.array([GOLDEN_TEXT]), DedupSettings())
    assert has_shingles.tolist() == [True]
    assert lanes[0, :8].tolist() == GOLDEN_LANES


def test_splitmix64_is_the_published_generator() -> None:
    # First outputs for seed 1234567, as listed at Rosetta Code.
    assert splitmix64(1234567, 3) == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_permutations_are_permutations() -> None:
    multipliers, addends = permutations(112, 1)
    assert (multipliers % 2 == 1).all()
    assert len(set(multipliers.tolist())) == len(set(addends.tolist())) == 112


@hypothesis_settings(max_examples=60)
@given(st.lists(st.text(alphabet="ab ,é科", max_size=60), max_size=5), st.integers(1, 4), st.integers(0, 2**64 - 1))
def test_signatures_equal_the_reference(texts: list[str], ngram_words: int, seed: int) -> None:
    settings = DedupSettings(ngram=ngram_words, bands=2, rows=3, seed=seed)
    lanes, has_shingles = signatures(pa.array(texts, pa.string()), settings)
    expected = [reference.signature(text, settings) for text in texts]
    assert has_shingles.tolist() == [row is not None for row in expected]
    assert lanes.tolist() == [row or [NO_SHINGLE] * 6 for row in expected]


@pytest.mark.parametrize("ngram_words", [1, 5, 64])
def test_long_documents_lose_no_shingle_between_buffers(ngram_words: int) -> None:
    generator = random.Random(7)
    text = " ".join(str(generator.randrange(10**6)) for _ in range(3 * UNITS_AT_ONCE + 17))
    settings = DedupSettings(ngram=ngram_words, bands=1, rows=4)
    lanes, _ = signatures(pa.array([text]), settings)
    assert lanes[0].tolist() == reference.signature(text, settings)


def test_short_documents_have_no_shingle() -> None:
    texts = [None, "", "one two three four", "one two three four five"]
    lanes, has_shingles = signatures(pa.array(texts), DedupSettings())
    assert has_shingles.tolist() == [False, False, False, True]
    assert (lanes[:3] == NO_SHINGLE).all()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_and_types_do_not_matter(kind: pa.DataType) -> None:
    texts = ["a b c d e f", None, "g h i j k l m", "x", "a b c d e f"]
    whole, _ = signatures(pa.array(texts), DedupSettings())
    part, has_shingles = signatures(pa.array(texts, kind).slice(1, 4), DedupSettings())
    assert (part == whole[1:]).all()
    assert has_shingles.tolist() == [False, True, False, True]


def test_punctuation_case_and_layout_do_not_matter() -> None:
    lanes, _ = signatures(pa.array(["One, two; THREE\nfour five", "one two—three “four” five!"]), DedupSettings())
    assert (lanes[0] == lanes[1]).all()


def _pair(generator: random.Random, shared: int, own: int) -> tuple[str, str]:
    """Two texts of distinct words: `shared` common ones, `own` more in each."""
    drawn = [str(number) for number in generator.sample(range(10**9), shared + 2 * own)]
    first, second = drawn[: shared + own], drawn[:shared] + drawn[shared + own :]
    return " ".join(generator.sample(first, len(first))), " ".join(generator.sample(second, len(second)))


def _estimates(pairs: list[tuple[str, str]], settings: DedupSettings) -> NDArray[np.floating[Any]]:
    first, _ = signatures(pa.array([a for a, _ in pairs]), settings)
    second, _ = signatures(pa.array([b for _, b in pairs]), settings)
    estimates: NDArray[np.floating[Any]] = (first == second).mean(axis=1)
    return estimates


@pytest.mark.parametrize(("shared", "own"), [(50, 450), (300, 300), (800, 100), (5000, 500)])
def test_estimated_jaccard_is_within_sampling_error(shared: int, own: int) -> None:
    settings = DedupSettings(ngram=1, bands=32, rows=32)
    generator = random.Random(shared)
    pairs = [_pair(generator, shared, own) for _ in range(20)]
    true = shared / (shared + 2 * own)
    deviation = (true * (1 - true) / settings.lanes) ** 0.5
    errors = _estimates(pairs, settings) - true
    assert np.abs(errors).max() < 4.5 * deviation
    assert abs(errors.mean()) < 4 * deviation / len(pairs) ** 0.5

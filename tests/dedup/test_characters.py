import random
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dedup.characters import lowered_characters as shipped
from dedup.kernels import UNITS_AT_ONCE
from dedup.make_tables import lowered_characters
from dedup.settings import DedupSettings
from dedup.shingle_sets import jaccard, shingle_sets
from dedup.signatures import signatures

_TEXT = st.text(st.sampled_from("aA b\t\né—の\u00a0\u3000İß😀") | st.characters(exclude_categories=["Cs"]), max_size=60)


def characters(text: str) -> str:
    """As text-dedup's and datasketch's users prepare it; a lower case of two characters counts by its first."""
    return " ".join("".join(character.lower()[0] for character in text).split())


def shingles(text: str, ngram: int) -> set[str]:
    prepared = characters(text)
    return {prepared[i : i + ngram] for i in range(len(prepared) - ngram + 1)}


@hypothesis_settings(max_examples=150)
@given(_TEXT, _TEXT, st.integers(1, 7))
def test_sets_are_those_of_substrings(first: str, second: str, ngram: int) -> None:
    settings = DedupSettings(shingle="characters", ngram=ngram)
    values, offsets = shingle_sets(pa.array([first, second, first + second]), settings)
    sets = [values[offsets[i] : offsets[i + 1]] for i in range(3)]
    expected = [shingles(text, ngram) for text in (first, second, first + second)]
    assert [len(found) for found in sets] == [len(texts) for texts in expected]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        either = expected[i] | expected[j]
        true = len(expected[i] & expected[j]) / len(either) if either else 0
        assert jaccard(sets[i], sets[j]) == true


@pytest.mark.parametrize("ngram", [1, 2, 20, 64])
def test_long_documents_lose_no_character_between_buffers(ngram: int) -> None:
    generator = random.Random(3)
    text = "".join(generator.choice("ab  \n\té") for _ in range(3 * UNITS_AT_ONCE + 11)) + " " * (2 * UNITS_AT_ONCE)
    values, _ = shingle_sets(pa.array([text]), DedupSettings(shingle="characters", ngram=ngram))
    assert len(values) == len(shingles(text, ngram))


def test_case_and_layout_do_not_matter_and_order_does() -> None:
    settings = DedupSettings(shingle="characters")
    lanes, _ = signatures(pa.array(["The  CAT\n sat ", "the cat sat", "sat the cat"]), settings)
    assert (lanes[0] == lanes[1]).all()
    assert (lanes[0] != lanes[2]).any()


def test_golden_signature() -> None:
    lanes, has_shingles = signatures(pa.array(["The quick brown fox", "four"]), DedupSettings(shingle="characters"))
    assert has_shingles.tolist() == [True, False]
    assert lanes[0, :4].tolist() == [324243599, 194730253, 185687113, 275702799]


def test_the_shipped_table_is_the_live_one() -> None:
    same = [c for c in range(0x110000) if unicodedata.ucd_3_2_0.category(chr(c)) not in ("Cn", "Cs")]
    assert (shipped()[same] == lowered_characters()[same]).all()
    assert np.array_equal(shipped()[0x41:0x5B], np.arange(0x61, 0x7B))

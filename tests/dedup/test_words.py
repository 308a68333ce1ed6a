import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.buffers import string_buffers
from dedup.characters import ALONE_RANGES, KINDS, SEPARATOR_RANGES
from dedup.kernels import ALONE, LETTER, SEPARATOR, hash_shingles, hash_words
from tests.dedup import reference


def _hashed(text: str, buffer_words: int) -> list[int]:
    """All word hashes of `text`, by as many calls as a buffer of `buffer_words` takes."""
    data, offsets = string_buffers(pa.array([text]))
    buffer = np.empty(buffer_words, np.uint64)
    position, end, found = int(offsets[0]), int(offsets[1]), []
    while position < end:
        position, count = hash_words(data, position, end, KINDS, buffer, 0)
        found += buffer[:count].tolist()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, WORLD-wide 2 web!", ["hello", "world", "wide", "2", "web"]),
        ("naïve Ünal", ["naïve", "Ünal"]),  # only ASCII is lower-cased
        ("it’s “quoted”—so", ["it", "s", "quoted", "so"]),
        ("a\u00a0b\u3000c\ufeff", ["a", "b", "c"]),
        ("统计学,是abc科学。", ["统", "计", "学", "是", "abc", "科", "学"]),
        ("日本のカナー", ["日", "本", "の", "カ", "ナ", "ー"]),
        ("한국어 문장입니다", ["한국어", "문장입니다"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("привет мир", ["привет", "мир"]),
        ("😀😀 ok 𠀀x", ["ok", "𠀀", "x"]),
        ("", []),
        (" \n!?", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert reference.words(text) == expected
    assert _hashed(text, 64) == [reference.word_hash(word) for word in expected]


_MIXED = st.text(
    alphabet=st.sampled_from(list("aB9 ,.é—の科ไ😀𠀀\u00a0\x00")) | st.characters(exclude_categories=["Cs"]),
    max_size=60,
)


@settings(max_examples=150)
@given(_MIXED, st.integers(1, 5))
def test_words_equal_the_reference_whatever_the_buffer(text: str, buffer_words: int) -> None:
    assert _hashed(text, buffer_words) == [reference.word_hash(word) for word in reference.words(text)]


@settings(max_examples=60)
@given(_MIXED, st.integers(1, 6))
def test_shingles_equal_the_reference(text: str, ngram_words: int) -> None:
    words = np.array(_hashed(text, 64), np.uint64)
    shingles = np.empty(len(words), np.uint64)
    count = hash_shingles(words, len(words), ngram_words, shingles)
    assert (shingles[:count] >> np.uint64(32)).tolist() == reference.shingle_hashes(text, ngram_words)


def test_shingles_depend_on_the_order_of_words() -> None:
    assert reference.shingle_hashes("a b c", 3) != reference.shingle_hashes("c b a", 3)


def test_ranges_are_sorted_and_apart() -> None:
    ranges = sorted(SEPARATOR_RANGES + ALONE_RANGES)
    assert all(first <= last for first, last in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
    assert list(SEPARATOR_RANGES) == sorted(SEPARATOR_RANGES)
    assert list(ALONE_RANGES) == sorted(ALONE_RANGES)


def test_no_letter_or_digit_is_a_separator() -> None:
    kept = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")
    lost = {chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in kept and KINDS[c] == SEPARATOR}
    assert lost == {"\u2e2f"}  # VERTICAL TILDE, a letter by category, among punctuation


def test_every_space_is_a_separator() -> None:
    spaces = [c for c in range(0x110000) if chr(c).isspace()]
    assert len(spaces) > 20
    assert all(KINDS[c] == SEPARATOR for c in spaces)


def test_kinds_of_known_characters() -> None:
    kinds = {c: int(KINDS[ord(c)]) for c in "aZ5é字かไ한ع_—。😀"}
    assert [c for c, kind in kinds.items() if kind == LETTER] == list("aZ5é한ع")
    assert [c for c, kind in kinds.items() if kind == ALONE] == list("字かไ")

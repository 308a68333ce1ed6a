"""Words read eight bytes at a time are those read byte by byte."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quality.fasttext.dictionary import hash_of
from quality.fasttext.words import PART_BYTES, is_space, read_part, read_word

SPACES = b" \t\n\v\f\r\0"

texts = st.lists(
    st.one_of(st.binary(max_size=12), st.sampled_from([bytes([value]) for value in (*range(34), 127, 128, 137, 160)]))
).map(b"".join)


def test_what_separates_words() -> None:
    assert bytes(value for value in range(256) if is_space(value)) == bytes(sorted(SPACES))


@given(texts, st.integers(0, 20))
def test_a_part_of_a_word(text: bytes, beyond: int) -> None:
    """Whatever follows after the end is not seen."""
    data = np.frombuffer(text + b"x" * beyond, np.uint8)
    for at in range(len(text) + 1):
        expected = bytearray()
        while len(expected) < PART_BYTES and at + len(expected) < len(text) and text[at + len(expected)] not in SPACES:
            expected.append(text[at + len(expected)])
        part, size = read_part(data, at, len(text))
        assert (int(part), size) == (int.from_bytes(expected, "little"), len(expected))


@given(texts)
def test_a_word_and_its_hash(text: bytes) -> None:
    data = np.frombuffer(text, np.uint8)
    for at in range(len(text) + 1):
        expected = text[at:].translate(bytes(b" "[0] if value in SPACES else value for value in range(256)))
        word = expected.split(b" ")[0]
        assert read_word(data, at, len(text)) == (at + len(word), hash_of(word))

from hashlib import blake2b

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.exact import content_hashes

_SPACED = st.text(alphabet=" \t\n\r\v\fab\x00\x1cé\u00a0\u3000", max_size=30)


@settings(max_examples=100)
@given(
    st.lists(_SPACED | st.text(max_size=20) | st.none(), max_size=8), st.sampled_from([pa.string(), pa.large_string()])
)
def test_hash_is_blake2b_of_collapsed_text(texts: list[str | None], kind: pa.DataType) -> None:
    # bytes.split() splits at the same six ASCII characters.
    expected = [
        None if text is None else blake2b(b" ".join(text.encode().split()), digest_size=16).digest() for text in texts
    ]
    hashes = content_hashes(pa.array(texts, kind))
    assert hashes.type == pa.binary(16)
    assert hashes.to_pylist() == expected


def test_layout_does_not_matter_but_letters_do() -> None:
    hashes = content_hashes(pa.array(["a b\r\n\tc ", " a b c", "ab c", "A b c"])).to_pylist()
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_a_slice_hashes_like_its_strings() -> None:
    whole = pa.array(["one", None, "two  three", "", "four"])
    assert content_hashes(whole.slice(1, 3)).to_pylist() == content_hashes(whole).to_pylist()[1:4]


def test_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="found int64: cast it first"):
        content_hashes(pa.array([1]))
    with pytest.raises(TypeError, match="found ChunkedArray"):
        content_hashes(pa.chunked_array([["a"]]))

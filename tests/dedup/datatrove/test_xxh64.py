import numpy as np
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.datatrove.xxh64 import xxh64


@settings(max_examples=300)
@given(st.binary(max_size=200), st.integers(0, 9))
def test_hashes_are_xxhashes(data: bytes, before: int) -> None:
    buffer = np.frombuffer(b"x" * before + data + b"y", np.uint8)
    assert int(xxh64(buffer, before, before + len(data))) == xxhash.xxh64_intdigest(data)

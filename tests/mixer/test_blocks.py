from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mixer import storage
from mixer.blocks import TARGET_BLOCK_BYTES, Block, block_bits, block_of, block_schema
from mixer.order import document_order_hash


@given(st.integers(0, 10**15))
def test_the_number_of_blocks_is_the_power_of_two_that_keeps_them_below_target(text_bytes: int) -> None:
    bits = block_bits(text_bytes)
    assert text_bytes <= TARGET_BLOCK_BYTES << bits
    assert bits == 0 or text_bytes > TARGET_BLOCK_BYTES << (bits - 1)


@given(st.integers(0, 2**64 - 1), st.integers(0, 20))
def test_a_block_is_a_range_of_the_hash(order_hash: int, bits: int) -> None:
    block = block_of(order_hash, bits)
    assert block << (64 - bits) <= order_hash < (block + 1) << (64 - bits)


def test_a_document_keeps_its_block_whatever_else_is_there() -> None:
    assert document_order_hash("salt", "a") == document_order_hash("salt", "a")
    assert document_order_hash("salt", "a") != document_order_hash("pepper", "a")


def test_a_block_is_read_and_ordered(tmp_path: Path) -> None:
    schema = block_schema("uint32")
    documents = [[1, 2, 9], [9], [3, 4, 5, 9]]
    table = pa.table(
        {"doc_id": ["x", "y", "z"], "order_hash": [1, 2, 3], "n_tokens": [3, 1, 4], "tokens": documents}, schema=schema
    )
    uri = str(tmp_path / "block-000000.parquet")
    storage.write_parquet(uri, schema, [table])
    ordered = Block.read(uri).ordered(np.uint64(7))
    ids = ordered.doc_ids.to_pylist()
    assert sorted(ids) == ["x", "y", "z"]
    by_id = dict(zip(["x", "y", "z"], documents, strict=True))
    assert ordered.tokens.tolist() == [token for doc_id in ids for token in by_id[doc_id]]
    assert ordered.doc_ends.tolist() == np.cumsum([len(by_id[doc_id]) for doc_id in ids]).tolist()
    assert ordered.doc_starts.tolist() == [0, *ordered.doc_ends.tolist()[:-1]]

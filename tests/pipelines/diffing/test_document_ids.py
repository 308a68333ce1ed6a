"""Ids as 16 bytes: the same order and the same sets as the hex strings."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.diffing.document_ids import hex_of, ids_of, no_ids, positions_in

# Few different bytes, zero among them: NumPy leaves zeros at the end out of what it hands back.
HEX_IDS = st.lists(st.sampled_from(["00", "01", "7f", "80", "ff"]), min_size=16, max_size=16).map("".join)


@given(st.lists(HEX_IDS), st.integers(0, 3), st.integers(1, 4))
def test_ids_keep_their_order_and_come_back(ids: list[str], skipped: int, chunks: int) -> None:
    column = pa.chunked_array([ids[n::chunks] for n in range(chunks)], pa.string()).slice(skipped)
    found = ids_of(column)
    assert found.dtype == no_ids().dtype
    assert [hex_of(one) for one in found] == column.to_pylist()
    assert [hex_of(one) for one in np.sort(found)] == sorted(column.to_pylist())


@given(st.sets(HEX_IDS), st.lists(HEX_IDS))
def test_positions_are_those_of_the_strings(known: set[str], asked: list[str]) -> None:
    ordered = sorted(known)
    found = positions_in(ids_of(pa.array(ordered, pa.string())), ids_of(pa.array(asked, pa.string())))
    assert found.tolist() == [ordered.index(one) if one in known else -1 for one in asked]


@pytest.mark.parametrize("column", [["ab"], ["g" * 32], ["A" * 32], [None], ["a" * 31, "b" * 33]])
def test_what_is_no_id_is_refused(column: list[str | None]) -> None:
    with pytest.raises(ValueError, match="32 hex digits"):
        ids_of(pa.array(column, pa.string()))

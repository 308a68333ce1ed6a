"""Lists read from pages' bytes are what pyarrow reads, or left to it."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.level_runs import decoded_levels
from trainer.list_pages import DamagedPage, as_tokens, read_lists
from trainer.page_header import UnreadableHeader, read_page_header


def written(lists: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    settings = {"use_dictionary": False, "write_page_checksum": True, "data_page_size": 4096, "write_batch_size": 100}
    pq.write_table(pa.table({"ids": lists}), file, **(settings | options))
    return file.getvalue()


def read(data: bytes, length: int) -> list[Any]:
    """What `read_lists` makes of each row group."""
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    found = []
    for group in range(metadata.num_row_groups):
        column = metadata.row_group(group).column(0)
        start = column.data_page_offset
        chunk = memoryview(data)[start : start + column.total_compressed_size]
        found.append(read_lists(chunk, column.compression, column.num_values, length))
    return found


def equal_lists(rows: int, length: int, dtype: Any) -> tuple[pa.Array, np.ndarray[Any, Any]]:
    values = np.random.default_rng(rows * 100 + length).integers(0, np.iinfo(dtype).max, (rows, length), dtype)
    offsets = np.arange(rows + 1, dtype=np.int32) * length
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.ravel())), values


@given(
    rows=st.integers(1, 300),
    length=st.integers(1, 70),
    dtype=st.sampled_from([np.uint16, np.uint32]),
    compression=st.sampled_from(["none", "zstd", "snappy", "gzip", "lz4"]),
    group_rows=st.integers(1, 300),
)
def test_lists_of_one_length_are_read_from_their_pages(
    rows: int, length: int, dtype: Any, compression: str, group_rows: int
) -> None:
    lists, values = equal_lists(rows, length, dtype)
    found = read(written(lists, compression=compression, row_group_size=group_rows), length)
    assert all(group is not None for group in found)
    np.testing.assert_array_equal(as_tokens(np.concatenate(found)), values)


def test_plain_pages_are_not_copied() -> None:
    lists, _ = equal_lists(4, 16, np.uint32)
    (found,) = read(written(lists, compression="none"), 16)
    assert not found.flags.owndata
    assert not found.flags.writeable


@pytest.mark.parametrize(
    ("lists", "options"),
    [
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.uint32())), {"use_dictionary": True}),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.uint32())), {"data_page_version": "2.0"}),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.uint32())), {"column_encoding": "DELTA_BINARY_PACKED"}),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.uint64())), {}),
        (pa.array([[1, None], [3, 4]], pa.list_(pa.uint32())), {}),
        (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.uint32())), {}),
        (pa.array([[1], [2, 3, 4]], pa.list_(pa.uint32())), {}),
        (pa.array([[1, 2], [], [3, 4]], pa.list_(pa.uint32())), {}),
        (pa.array([[1, 2, 3, 4]], pa.list_(pa.uint32())), {}),
    ],
    ids=["dictionary", "page version 2", "other encoding", "wide", "null", "null list", "ragged", "empty", "longer"],
)
def test_any_other_form_is_left_to_pyarrow(lists: pa.Array, options: dict[str, Any]) -> None:
    assert read(written(lists, **options), 2) == [None]


@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), compression=st.sampled_from(["none", "zstd"]))
def test_a_flipped_bit_never_gives_other_tokens(position: float, bit: int, compression: str) -> None:
    lists, values = equal_lists(40, 32, np.uint32)
    data = bytearray(written(lists, compression=compression))
    column = pq.ParquetFile(io.BytesIO(bytes(data))).metadata.row_group(0).column(0)
    at = column.data_page_offset + int(position * column.total_compressed_size)
    data[at] ^= 1 << bit
    chunk = memoryview(bytes(data))[column.data_page_offset : column.data_page_offset + column.total_compressed_size]
    try:
        found = read_lists(chunk, column.compression, column.num_values, 32)
    except DamagedPage:
        return
    if found is not None:
        np.testing.assert_array_equal(as_tokens(found), values)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_none(data: bytes) -> None:
    try:
        header = read_page_header(memoryview(data), 0)
    except UnreadableHeader:
        return
    assert header.end <= len(data) + 200


@given(st.binary(max_size=60), st.integers(1, 3), st.integers(0, 100))
def test_any_bytes_are_levels_or_none(data: bytes, bit_width: int, count: int) -> None:
    found = decoded_levels(data, bit_width, count)
    assert found is None or len(found) == count


def test_bit_packed_and_run_length_levels() -> None:
    """The example of the specification: eight values 0 to 7, packed in three bits each; then a run of four ones."""
    packed = bytes([(1 << 1) | 1, 0b10001000, 0b11000110, 0b11111010])
    found = decoded_levels(packed + bytes([4 << 1, 1]), 3, 12)
    assert found is not None
    assert found.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 1, 1, 1, 1]

import io
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.readers.tables.parquet_footer import row_groups_of
from tests.pipelines.sources.fuzzing.tables import parquet_samples, table

EXPANDING = {"PLAIN_DICTIONARY", "RLE_DICTIONARY", "DELTA_BYTE_ARRAY"}


def told_by_pyarrow(data: bytes) -> list[Any]:
    metadata = pq.ParquetFile(pa.BufferReader(data)).metadata
    groups = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns: dict[str, list[Any]] = {}
        for index in range(group.num_columns):
            leaf = group.column(index)
            columns.setdefault(leaf.path_in_schema.split(".")[0], []).append(leaf)
        told = {
            name: (
                sum(leaf.total_uncompressed_size for leaf in leaves),
                max(leaf.num_values for leaf in leaves),
                any(leaf.physical_type == "BYTE_ARRAY" and EXPANDING & set(leaf.encodings) for leaf in leaves),
            )
            for name, leaves in columns.items()
        }
        groups.append((group.num_rows, group.total_byte_size, told))
    return groups


@pytest.mark.parametrize("sample", range(4))
def test_what_the_footer_tells_is_what_pyarrow_tells(sample: int) -> None:
    data = parquet_samples()[sample]
    found = row_groups_of(io.BytesIO(data))
    assert [(group.rows, group.uncompressed_bytes, dict(group.columns)) for group in found] == told_by_pyarrow(data)
    assert len(found) == 3


def test_many_columns_and_row_groups() -> None:
    sink = io.BytesIO()
    wide = pa.table({f"column {number}": range(40) for number in range(300)})
    pq.write_table(wide, sink, row_group_size=2)
    found = row_groups_of(io.BytesIO(sink.getvalue()))
    assert (len(found), len(found[19].columns), found[19].rows) == (20, 300, 2)


def test_an_empty_table_has_no_rows() -> None:
    sink = io.BytesIO()
    pq.write_table(table().slice(0, 0), sink)
    assert sum(group.rows for group in row_groups_of(io.BytesIO(sink.getvalue()))) == 0


@pytest.mark.parametrize(
    "data", [b"", b"PAR1", b"PAR1" * 3, b"PAR1" + b"\xff" * 4 + b"PAR1", b"PAR1\x00\x00\x00\x00PAR2"]
)
def test_what_is_no_footer_is_an_error(data: bytes) -> None:
    with pytest.raises((ValueError, LookupError)):
        row_groups_of(io.BytesIO(data))


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_list_or_an_error(footer: bytes) -> None:
    file = io.BytesIO(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    with suppress(ValueError, LookupError):
        assert isinstance(row_groups_of(file), list)


def test_deep_structures_and_long_lists_are_errors() -> None:
    for footer in (b"\x1c" * 100_000, b"\x19\xfc\xff\xff\xff\xff\x0f", b"\x19" * 100_000):
        file = io.BytesIO(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
        with pytest.raises((ValueError, LookupError)):
            row_groups_of(file)

"""Rows come from the right row group, once each, and time bounds how many."""

from pathlib import Path

import pyarrow as pa
import pytest

from mixer import storage
from pipelines.estimates import row_reader
from pipelines.estimates.row_reader import WAVE_DOCUMENTS, RowReader

SCHEMA = pa.schema([("value", pa.int64()), ("unused", pa.string())])


class Counting:
    """Measures a row as its value and remembers which were read."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def __call__(self, table: pa.Table) -> list[int]:
        assert table.column_names == ["value"]
        values = table.column("value").to_pylist()
        self.read += values
        return values


def write_parts(folder: Path) -> list[str]:
    """Two parts of row groups of uneven size; the value is part * 1000 + row."""
    uris = []
    for part, groups in enumerate([(3, 1, 96), (200,)]):
        tables, row = [], 0
        for rows in groups:
            values = [part * 1000 + row + number for number in range(rows)]
            tables.append(pa.table([values, ["x"] * rows], schema=SCHEMA))
            row += rows
        uris.append(f"{folder}/part-{part:05d}.parquet")
        storage.write_parquet(uris[-1], SCHEMA, tables)
    return uris


def test_every_row_is_found_and_read_once(tmp_path: Path) -> None:
    measure = Counting()
    reader = RowReader(write_parts(tmp_path), ["value"], measure)
    places = [(1, 150), (0, 3), (0, 99), (0, 0), (1, 0), (0, 2), (0, 4)]
    expected = [part * 1000 + row for part, row in places]
    assert reader.measured(places) == expected
    assert reader.measured([*places[3:], (1, 7)]) == [*expected[3:], 1007]
    assert sorted(measure.read) == sorted([*expected, 1007])
    assert reader.measured([]) == []


def test_when_time_is_over_the_first_wave_is_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_reader, "READ_SECONDS", -1.0)
    places = [(1, row) for row in range(199, 0, -1)]
    values = RowReader(write_parts(tmp_path), ["value"], Counting()).measured(places)
    assert values == [1000 + row for _, row in places[:WAVE_DOCUMENTS]]


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    uris = write_parts(tmp_path)
    path = Path(uris[1])
    data = bytearray(path.read_bytes())
    data[20] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(storage.DamagedFile, match=r"part-00001.parquet is damaged"):
        RowReader(uris, ["value"], Counting()).measured([(1, 0)])

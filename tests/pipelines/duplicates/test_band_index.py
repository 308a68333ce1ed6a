from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.duplicates import band_index
from pipelines.duplicates.band_index import UnlikeIndex, file_bits, file_of, first_of_each, index_writer, known_rows

INTEGERS = st.integers(-(2**63), 2**63 - 1)
SETTINGS = {"bands": 14, "rows": 8}


def write(folder: Path, hashes: list[int], bits: int) -> list[str]:
    """An index in which the hash at place i is of row i; the files' uris."""
    values = np.array(hashes, np.int64)
    files = file_of(values, bits)
    order = np.lexsort((values, files))
    table = pa.table(
        {
            "hash": values[order],
            "position": order,
            "preference": pa.array([[0.0]] * len(order), pa.list_(pa.float64())),
            "doc_id": pa.array([f"{i}" for i in order]),
            "file": files[order],
        }
    )
    found = list(index_writer(str(folder), SETTINGS)(iter(table.to_batches())))
    return sorted(f"{folder}/{row['path']}" for batch in found for row in batch.to_pylist())


@given(st.lists(INTEGERS, min_size=1), st.integers(0, 6))
def test_files_hold_ranges(hashes: list[int], bits: int) -> None:
    values = np.sort(np.array(hashes, np.int64))
    files = file_of(values, bits)
    assert np.array_equal(files, np.sort(files))
    assert files.min() >= 0
    assert files.max() < 1 << bits


def test_the_number_of_files_grows_with_the_hashes() -> None:
    assert [file_bits(n) for n in (0, 1, 1 << 21, (1 << 21) + 1, 1 << 24)] == [0, 0, 0, 1, 3]


@given(st.lists(st.integers(0, 5)), st.integers(1, 3))
def test_the_first_few_of_each_are_taken(values: list[int], most: int) -> None:
    ordered = np.sort(np.array(values, np.int64))
    kept = ordered[first_of_each(ordered, most)].tolist()
    assert kept == sorted(value for value in set(values) for _ in range(min(most, values.count(value))))


@pytest.mark.parametrize("bits", [0, 2])
def test_what_shares_a_hash_is_found(tmp_path: Path, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(band_index, "ROWS_PER_GROUP", 16)
    generator = np.random.default_rng(1)
    hashes = generator.integers(-(2**63), 2**63 - 1, 1000, np.int64)
    uris = write(tmp_path, hashes.tolist(), bits)
    assert len(uris) == 1 << bits
    asked = np.concatenate([hashes[[3, 700, 42]], generator.integers(-(2**63), 2**63 - 1, 50, np.int64)])
    assert known_rows(uris, bits, SETTINGS, asked).tolist() == [3, 42, 700]
    assert known_rows(uris, bits, SETTINGS, np.empty(0, np.int64)).tolist() == []


def test_a_look_up_reads_the_row_groups_that_may_hold_a_hash_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(band_index, "ROWS_PER_GROUP", 16)
    hashes = list(range(0, 1600, 10))
    (uri,) = write(tmp_path, hashes, 0)
    read: list[int] = []
    original = band_index.storage.open_parquet

    def counting(uri: str) -> object:
        file = original(uri)
        read_row_groups = file.read_row_groups

        def counted(groups: list[int], columns: list[str]) -> object:
            read.extend(groups)
            return read_row_groups(groups, columns)

        monkeypatch.setattr(file, "read_row_groups", counted, raising=False)
        return file

    monkeypatch.setattr(band_index.storage, "open_parquet", counting)
    assert known_rows([uri], 0, SETTINGS, np.array([10, 20, 805])).tolist() == [1, 2]
    assert read == [0, 5]


def test_indexes_of_other_parameters_refuse_to_combine(tmp_path: Path) -> None:
    uris = write(tmp_path, [1, 2], 0)
    with pytest.raises(UnlikeIndex, match=r"bands 14 there, 26 here.*rows 8 there, 11 here"):
        known_rows(uris, 0, {"bands": 26, "rows": 11}, np.array([1]))

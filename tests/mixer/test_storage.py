import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from mixer import storage

SCHEMA = pa.schema([("n", pa.int64())])


def test_a_parquet_file_is_described_by_what_was_written(tmp_path: Path) -> None:
    uri = str(tmp_path / "deep" / "part.parquet")
    written = storage.write_parquet(uri, SCHEMA, [pa.table({"n": [1, 2]}), pa.table({"n": [3]})])
    data = Path(uri).read_bytes()
    assert written == ("part.parquet", 3, len(data), hashlib.sha256(data).hexdigest())
    assert storage.sha256_of(uri) == written.sha256
    with storage.open_parquet(uri) as file:
        assert file.num_row_groups == 2
        assert file.read().column("n").to_pylist() == [1, 2, 3]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def tables() -> Iterator[pa.Table]:
        yield pa.table({"n": [1]})
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        storage.write_parquet(str(tmp_path / "part.parquet"), SCHEMA, tables())
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    uri = str(tmp_path / "part.parquet")
    assert storage.write_parquet(uri, SCHEMA, []).rows == 0
    with storage.open_parquet(uri) as file:
        assert file.read().num_rows == 0


def test_overwriting_is_atomic_and_bytes_are_read_back(tmp_path: Path) -> None:
    uri = str(tmp_path / "manifest.json")
    assert not storage.exists(uri)
    storage.write_bytes(uri, b"one")
    storage.write_bytes(uri, b"two")
    assert storage.read_bytes(uri) == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    with pytest.raises(FileNotFoundError, match="no file at"):
        storage.read_bytes(str(tmp_path / "missing"))


def test_a_gzipped_file_is_not_unpacked_behind_our_back(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"text"))
    assert storage.sha256_of(str(path)) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_flipped_bit_is_an_error_and_never_another_number(tmp_path: Path) -> None:
    uri = str(tmp_path / "part.parquet")
    storage.write_parquet(uri, SCHEMA, [pa.table({"n": list(range(5000))})])
    whole = Path(uri).read_bytes()
    for position in range(0, len(whole), 97):
        Path(uri).write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        try:
            with storage.open_parquet(uri) as file:
                found = file.read().column("n").to_pylist()
        except (OSError, pa.ArrowException):
            continue
        assert found == list(range(5000)), position


def test_a_missing_or_shortened_file_is_named(tmp_path: Path) -> None:
    storage.write_bytes(str(tmp_path / "a"), b"123")
    storage.check_files(str(tmp_path), {"a": 3})
    with pytest.raises(storage.DamagedFile, match="a has 3 bytes instead of 4"):
        storage.check_files(str(tmp_path), {"a": 4})
    with pytest.raises(storage.DamagedFile, match="b is missing"):
        storage.check_files(str(tmp_path), {"a": 3, "b": 1})
    assert storage.sizes_in(str(tmp_path / "nowhere")) == {}


def test_a_flip_in_the_footer_names_the_file_or_changes_no_column_asked_for(tmp_path: Path) -> None:
    """Footers have no checksum: what makes no sense, and a column under another name, must name the file."""
    table = pa.table({"key": [3, 1, 2], "words": ["a", "b", "c"]})
    whole, damaged = str(tmp_path / "whole.parquet"), str(tmp_path / "damaged.parquet")
    storage.write_parquet(whole, table.schema, [table])
    data = (tmp_path / "whole.parquet").read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    failed = named = 0
    for place in range(footer, len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        (tmp_path / "damaged.parquet").write_bytes(changed)
        for read in (storage.read_table, lambda *asked: pa.concat_tables(storage.row_groups(*asked))):
            try:
                found = read(damaged, ["key", "words"])
            except storage.DamagedFile as error:
                failed += 1
                named += damaged in str(error)
            else:
                assert found.column_names == ["key", "words"]
    assert named == failed > 100

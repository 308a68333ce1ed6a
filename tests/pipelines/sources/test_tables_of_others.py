"""What other tools write, here and elsewhere, is read back equal."""

import io
from pathlib import Path
from typing import Any

import datasets
import duckdb
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from pipelines.document import Document
from pipelines.sources.table import SOURCE as PROSE
from tests.pipelines.sources.object_store import BUCKET, object_store
from tests.pipelines.sources.web_server import Served, serving


def read_back(uri: Path | str) -> list[tuple[str, str | None, dict[str, object]]]:
    options = PROSE.options()
    found = [record for split in PROSE.splits(str(uri), options) for record in PROSE.read(split, options)]
    assert all(isinstance(record, Document) for record in found)
    return [(record.text, record.url, record.metadata) for record in found if isinstance(record, Document)]


COMPRESSIONS = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
ROWS = [
    {"text": "The lamp is lit.\n", "url": "https://lamp.example/1", "n": 1},
    {"text": "größe 灯 \U0001f600", "url": None, "n": None},
    {"text": "x" * 3000, "url": "https://lamp.example/3", "n": -5},
    {"text": 'quo"te, comma\r\nand line', "url": "u", "n": 7},
]
EXPECTED = [(row["text"], row["url"], {} if row["n"] is None else {"n": row["n"]}) for row in ROWS]


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("version", ["1.0", "2.4", "2.6"])
@pytest.mark.parametrize("pages", ["1.0", "2.0"])
def test_what_pyarrow_writes(tmp_path: Path, compression: str, version: str, pages: str) -> None:
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "a.parquet", compression=compression, version=version, data_page_version=pages)
    assert read_back(tmp_path) == EXPECTED


@pytest.mark.parametrize("encoding", ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_what_pyarrow_writes_by_every_encoding(tmp_path: Path, encoding: str) -> None:
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "a.parquet", use_dictionary=False, column_encoding={"text": encoding})
    assert read_back(tmp_path) == EXPECTED


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
@pytest.mark.parametrize("make", [pa.ipc.new_file, pa.ipc.new_stream], ids=["file", "stream"])
def test_what_pyarrow_writes_as_arrow(tmp_path: Path, compression: str | None, make: Any) -> None:
    table = pa.Table.from_pylist(ROWS)
    with make(str(tmp_path / "a.arrow"), table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as to:
        to.write_table(table)
    assert read_back(tmp_path) == EXPECTED


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "gzip", "brotli", "lz4_raw", "zstd"])
def test_what_duckdb_writes(tmp_path: Path, compression: str) -> None:
    table = pa.Table.from_pylist(ROWS)
    with duckdb.connect() as database:
        database.register("lamps", table)
        database.execute(f"copy lamps to '{tmp_path}/a.parquet' (format parquet, compression {compression})")
        database.execute(f"copy lamps to '{tmp_path}/b.csv' (format csv, header)")
    assert read_back(tmp_path / "a.parquet") == EXPECTED
    as_text = [(text, url, {name: str(value) for name, value in more.items()}) for text, url, more in EXPECTED]
    assert read_back(tmp_path / "b.csv") == as_text


def test_what_datasets_writes(tmp_path: Path) -> None:
    dataset = datasets.Dataset.from_list(ROWS)
    dataset.to_parquet(str(tmp_path / "a.parquet"))
    assert read_back(tmp_path / "a.parquet") == EXPECTED
    dataset.save_to_disk(str(tmp_path / "saved"))
    assert read_back(tmp_path / "saved") == EXPECTED


def test_tables_in_an_object_store_and_on_the_web(tmp_path: Path) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), sink, row_group_size=1)
    data = sink.getvalue()
    with pytest.MonkeyPatch.context() as patch, object_store(patch) as client:
        client.put_object(Bucket=BUCKET, Key="set/a.parquet", Body=data)
        assert read_back(f"s3://{BUCKET}/set") == EXPECTED
    for ranges in (True, False):
        with serving(Served({"/a.parquet": data}, ranges=ranges)) as served:
            assert read_back(f"{served.address}/a.parquet") == EXPECTED


def test_a_file_that_cannot_be_reached_is_no_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.readers import resuming

    monkeypatch.setattr(resuming, "FIRST_WAIT_SECONDS", 0.0)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS * 50), sink, row_group_size=2)
    with serving(Served({"/a.parquet": sink.getvalue()})) as served:
        (split,) = PROSE.splits(f"{served.address}/a.parquet", PROSE.options())
        served.cuts = [100] * 10 + [0] * 100
        with pytest.raises(resuming.Unreachable):
            list(PROSE.read(split, PROSE.options()))

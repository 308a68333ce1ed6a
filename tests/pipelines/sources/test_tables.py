from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.tables import arrow_files, parquet
from pipelines.source import SourceKind, source_kinds
from pipelines.sources.table import SOURCE as PROSE
from pipelines.sources.table_code import SOURCE as CODE


def records(uri: Path | str, kind: SourceKind = PROSE, **options: object) -> list[Record]:
    settings = kind.options.model_validate(options)
    return [record for split in kind.splits(str(uri), settings) for record in kind.read(split, settings)]


def documents(uri: Path | str, kind: SourceKind = PROSE, **options: object) -> list[Document]:
    return [record for record in records(uri, kind, **options) if isinstance(record, Document)]


def write_parquet(path: Path, columns: Any, **settings: Any) -> Path:
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **settings)
    return path


def write_arrow(make: Any, path: Path, table: pa.Table, rows: int) -> None:
    with pa.OSFile(str(path), "wb") as sink, make(sink, table.schema) as writer:
        for start in range(0, table.num_rows, rows):
            part = table.slice(start, rows).combine_chunks()
            has_views = any("view" in str(kind) for kind in table.schema.types)
            writer.write_table(part if has_views else part.take(pa.array(range(part.num_rows))))  # buffers of its own


def write_stream(path: Path, table: pa.Table, rows: int = 3) -> None:
    write_arrow(pa.ipc.new_stream, path, table, rows)


def write_file(path: Path, table: pa.Table, rows: int = 3) -> None:
    write_arrow(pa.ipc.new_file, path, table, rows)


def test_both_kinds_are_found_and_differ_in_what_their_text_is() -> None:
    kinds = source_kinds()
    assert (kinds["table"].group, kinds["table"].code_like) == ("text", False)
    assert (kinds["table_code"].group, kinds["table_code"].code_like) == ("code", True)


def test_golden_prose(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "a.parquet",
        {
            "text": ["The lamp is lit.", None, " \n"],
            "url": ["https://lamp.example/log", "u", "v"],
            "license": ["CC-BY-4.0", None, None],
            "date": pa.array([datetime(2024, 5, 6, 7, 8, 9), None, None], pa.timestamp("ms")),
            "language": ["en", "de", None],
            "n": [1, None, 3],
        },
    )
    assert records(path) == [
        Document(
            text="The lamp is lit.",
            format="page",
            url="https://lamp.example/log",
            license="CC-BY-4.0",
            date=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
            metadata={"language": "en", "n": 1},
        ),
        Quarantined(
            f"{path}:2", "text_missing", "no field 'text' among 'text', 'url', 'license', 'date', 'language', 'n'"
        ),
        Rejected(f"{path}:3", "empty_text"),
    ]


def test_golden_code_from_nested_columns_and_lists(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "a.parquet",
        {
            "content": ["print(1)\n"],
            "repo": [{"name": "lamp/house", "licenses": ["MIT", "Apache-2.0 OR ISC"], "stars": 3}],
            "path": ["src/größe.py"],
            "commit": ["abc"],
            "language": ["Python"],
        },
    )
    fields = {"text_field": "content", "repository_field": "repo.name", "license_field": "repo.licenses"}
    assert documents(path, CODE, **fields) == [
        Document(
            text="print(1)\n",
            format="file",
            repository="lamp/house",
            commit="abc",
            path="src/größe.py",
            license="MIT AND (Apache-2.0 OR ISC)",
            language_hint="Python",
            metadata={"repo": {"name": "lamp/house", "licenses": ["MIT", "Apache-2.0 OR ISC"], "stars": 3}},
        )
    ]


MOMENT = datetime(2024, 5, 6, 7, 8, 9, 250_000)
DATES = [
    (pa.timestamp("s"), datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
    (pa.timestamp("ms"), MOMENT.replace(tzinfo=UTC)),
    (pa.timestamp("us", "UTC"), MOMENT.replace(tzinfo=UTC)),
    (pa.timestamp("ns"), MOMENT.replace(tzinfo=UTC)),
    (pa.timestamp("ns", "America/New_York"), MOMENT.replace(tzinfo=UTC)),
    (pa.timestamp("us", "+02:00"), MOMENT.replace(tzinfo=UTC)),
    (pa.date32(), datetime(2024, 5, 6, tzinfo=UTC)),
    (pa.date64(), datetime(2024, 5, 6, tzinfo=UTC)),
]


@pytest.mark.parametrize(("kind", "expected"), DATES, ids=str)
@pytest.mark.parametrize(
    "write", [write_file, lambda path, table: write_parquet(path, table)], ids=["arrow", "parquet"]
)
def test_dates_of_any_unit_and_zone(
    tmp_path: Path, kind: pa.DataType, expected: datetime, write: Callable[[Path, pa.Table], None]
) -> None:
    value = pa.array([MOMENT], pa.timestamp("us")).cast(pa.int64())
    if pa.types.is_timestamp(kind):
        dates = value.cast(pa.timestamp("us", kind.tz)).cast(kind, safe=False)
    else:
        dates = pa.array([MOMENT.date()], kind)
    write(tmp_path / "a", pa.table({"text": ["x"], "date": dates}))
    assert [document.date for document in documents(tmp_path / "a")] == [expected]


def test_a_moment_that_no_date_can_hold_is_left_out(tmp_path: Path) -> None:
    moments = pa.array([2**62, -(2**62), 0], pa.int64()).cast(pa.timestamp("us"))
    write_file(tmp_path / "a.arrow", pa.table({"text": ["a", "b", "c"], "date": moments}))
    assert [document.date for document in documents(tmp_path / "a.arrow")] == [
        None,
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
    ]


TEXTS = ["größe 灯", "a\x00b", "x" * 5000, "plain"]
KINDS = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.large_binary(),
    pa.binary_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.int32(), pa.large_string()),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_texts_of_every_type(tmp_path: Path, kind: pa.DataType) -> None:
    values = pa.array(TEXTS).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(TEXTS)
    table = pa.table({"text": values.cast(kind)})
    write_file(tmp_path / "a.arrow", table)
    write_parquet(tmp_path / "a.parquet", table)
    write_stream(tmp_path / "b.arrow", table)
    for name in ("a.arrow", "a.parquet", "b.arrow"):
        assert [document.text for document in documents(tmp_path / name)] == TEXTS


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array([b"a", b"\xff", b"b"]), "note": pa.array([b"\xfe", b"", b"fine"])})
    path = write_parquet(tmp_path / "a.parquet", table)
    found = records(path)
    assert [type(record) for record in found] == [Document, Quarantined, Document]
    assert found[1] == Quarantined(
        f"{path}:2", "not_utf8", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    )
    liar = pa.Array.from_buffers(pa.string(), 3, table["text"].chunk(0).buffers())  # a string that is none
    write_parquet(path, {"text": liar})
    assert [getattr(record, "reason", None) for record in records(path)] == [None, "not_utf8", None]


def test_metadata_is_json_and_fits(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "a.parquet",
        {
            "text": ["x"],
            "embedding": [[0.5] * 2000],
            "blob": [b"\x00" * 10_000],
            "raw": [b"ab"],
            "price": [Decimal("1.50")],
            "day": [date(2024, 5, 6)],
            "flags": [[True, None]],
            "nan": [float("nan")],
            "took": pa.array([timedelta(seconds=1)]),
            "seen": [{"at": datetime(2024, 5, 6, 7)}],
        },
    )
    (document,) = documents(path, date_field=None)
    assert document.metadata == {
        "price": "1.50",
        "day": "2024-05-06",
        "flags": [True, None],
        "seen": {"at": "2024-05-06T07:00:00"},
    }
    assert documents(path, max_metadata_bytes=0)[0].metadata == {}


def test_only_columns_that_are_used_are_read(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "a.parquet",
        {"text": ["x" * 100], "blob": [b"\x01" * 100_000], "meta": [{"url": "u", "big": "y" * 100_000}]},
        compression="none",
    )
    data = bytearray(path.read_bytes())
    damaged = data.index(b"\x01" * 1000)
    data[damaged - 10 : damaged] = bytes(10)  # the page of a column that nobody asks for
    path.write_bytes(data)
    assert [document.url for document in documents(path, url_field="meta.url")] == ["u"]


def test_a_damaged_row_group_costs_itself(tmp_path: Path) -> None:
    texts = [f"text {number} " + "x" * 50 for number in range(10)]
    path = write_parquet(
        tmp_path / "a.parquet", {"text": texts}, row_group_size=2, compression="none", write_page_checksum=True
    )
    data = bytearray(path.read_bytes())
    data[data.index(b"text 4") + 2] ^= 1
    path.write_bytes(data)
    found = records(path)
    assert [record.text for record in found if isinstance(record, Document)] == [*texts[:4], *texts[6:]]
    refused = [record for record in found if isinstance(record, Quarantined)]
    assert [(record.reference, record.reason) for record in refused] == [
        (f"{path}:5", "damaged_row_group"),
        (f"{path}:6", "damaged_row_group"),
    ]
    assert refused[0].detail.startswith("row group 2: ")


@pytest.mark.parametrize("keep", [0, 4, 100, -1, -8])
def test_a_file_that_is_cut_off_is_one_record(tmp_path: Path, keep: int) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": ["a", "b"]})
    path.write_bytes(path.read_bytes()[:keep])
    (refused,) = records(path)
    assert isinstance(refused, Quarantined)
    assert (refused.reference, refused.reason) == (str(path), "not_a_table")


def test_many_lost_rows_are_one_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_LOST_ROWS", 3)
    path = write_parquet(
        tmp_path / "a.parquet", {"text": ["abcdef"] * 8}, row_group_size=4, compression="none", use_dictionary=False,
        write_page_checksum=True,
    )  # fmt: skip
    data = path.read_bytes().replace(b"abcdef", b"abcxef")
    path.write_bytes(data)
    assert [record.detail[-8:] for record in records(path) if isinstance(record, Quarantined)] == ["; 4 rows"] * 2


def test_a_dictionary_that_makes_every_row_long_is_read_a_few_rows_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MAX_EXPANDED_BYTES", 16 << 20)
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["x" * (1 << 20)]))
    path = write_parquet(tmp_path / "a.parquet", {"text": text})
    assert path.stat().st_size < 1 << 20  # of two gigabytes
    (split,) = PROSE.splits(str(path), PROSE.options())
    rows = PROSE.read(split, PROSE.options())
    before = pa.total_allocated_bytes()
    assert isinstance(next(rows), Document)
    assert pa.total_allocated_bytes() - before < 64 << 20
    rows.close()  # type: ignore[attr-defined]


SEVERAL = st.integers(1, 5)


@given(st.lists(st.sampled_from(["a", "bb", "", None, "größe"]), min_size=1, max_size=12), SEVERAL, st.integers(1, 900))
def test_any_split_size_gives_the_same_records(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], rows: int, split_bytes: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    table = pa.table({"text": pa.array(texts, pa.string())})
    write_parquet(folder / "split.parquet", table, row_group_size=rows)
    write_file(folder / "split.arrow", table, rows)
    for name, module in (("split.parquet", parquet), ("split.arrow", arrow_files)):
        whole = records(folder / name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "SPLIT_BYTES", split_bytes)
            found = PROSE.splits(str(folder / name), PROSE.options())
            assert sum(split.size_bytes for split in found) == (folder / name).stat().st_size
            assert records(folder / name) == whole
        assert len(whole) == len(texts)


def test_a_damaged_record_batch_costs_itself_and_a_text_that_is_none_its_row(tmp_path: Path) -> None:
    table = pa.table({"text": [f"text {number} " + "x" * 50 for number in range(9)]})
    path = tmp_path / "a.arrow"
    write_file(path, table)
    data = path.read_bytes().replace(b"text 1", b"\xff\xffxt 1")
    offsets = b"".join((57 * number).to_bytes(4, "little") for number in range(4))
    second = data.index(offsets, data.index(b"text 2"))
    path.write_bytes(data[:second] + b"\xff" * 16 + data[second + 16 :])
    found = records(path)
    assert [record.text[:6] for record in found if isinstance(record, Document)] == [
        f"text {number}" for number in (0, 2, 6, 7, 8)
    ]
    assert [(record.reference, record.reason) for record in found if isinstance(record, Quarantined)] == [
        (f"{path}@0:2", "not_utf8"),
        *((f"{path}@1:{row}", "damaged_record_batch") for row in (1, 2, 3)),
    ]


def test_a_stream_that_is_cut_off_gives_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    write_stream(path, pa.table({"text": [f"text {number}" for number in range(9)]}))
    path.write_bytes(path.read_bytes()[:-100])
    *read, broken = records(path)
    assert len(read) == 6
    assert isinstance(broken, Quarantined)
    assert (broken.reference, broken.reason) == (f"{path}@2", "damaged_record_batch")


def test_what_is_no_table_is_one_record(tmp_path: Path) -> None:
    for name in ("a.parquet", "notes"):
        (tmp_path / name).write_bytes(b"neither")
        assert records(tmp_path / name) == [
            Quarantined(str(tmp_path / name), "not_a_table", "neither Parquet nor Arrow, and not named as CSV")
        ]


def test_uri_is_a_file_a_folder_or_a_glob_and_formats_mix(tmp_path: Path) -> None:
    table = pa.table({"text": ["x"]})
    write_parquet(tmp_path / "a.parquet", table)
    write_stream(tmp_path / "b.arrow", table)
    pyarrow.feather.write_feather(table, str(tmp_path / "c.feather"))
    (tmp_path / "d.csv").write_text("text\nx\n")
    (tmp_path / "e.txt").write_text("x")
    assert [document.text for document in documents(tmp_path)] == ["x"] * 4
    assert len(documents(tmp_path / "*.parquet")) == 1
    with pytest.raises(FileNotFoundError, match=r"no tables at .*give a file"):
        records(tmp_path / "*.orc")

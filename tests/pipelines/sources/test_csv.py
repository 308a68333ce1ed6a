import csv
import gzip
import io
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.document import Document, Quarantined, Record
from pipelines.sources.table import SOURCE as PROSE


def records(path: Path, data: str | bytes, **options: object) -> list[Record]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    settings = PROSE.options.model_validate(options)
    return [record for split in PROSE.splits(str(path), settings) for record in PROSE.read(split, settings)]


def texts(path: Path, data: str | bytes, **options: object) -> list[str]:
    return [record.text for record in records(path, data, **options) if isinstance(record, Document)]


def test_golden(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    data = '\ufefftext,url,date,note\r\n"a ""lamp"",\nis lit",https://lamp.example,2024-05-06,n\r\n\r\nb,,,\r\n'
    first, second = records(path, data)
    assert isinstance(first, Document)
    assert (first.text, first.url, first.metadata) == ('a "lamp",\nis lit', "https://lamp.example", {"note": "n"})
    assert first.date is not None
    assert first.date.isoformat() == "2024-05-06T00:00:00+00:00"
    assert second == Document(text="b", format="page")


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("a.tsv", "text\turl\na,b\tu\n", {}),
        ("a.tab", "text\na,b\n", {}),
        ("a.csv", "text;url\na,b;u\n", {"delimiter": ";"}),
        ("a.csv", "text|url\n'a,b'|u\n", {"delimiter": "|", "quote": "'"}),
        ("a.csv", "u\ta,b\n", {"delimiter": "\t", "column_names": ["url", "text"]}),
        ("notes.dat", "u\ta,b\n", {"delimiter": "\t", "column_names": ["url", "text"]}),
        ("a.csv", "text,url\na\\,b,u\n", {"escape": "\\"}),
        ("a.tsv.gz", gzip.compress(b"text\turl\na,b\tu\n", mtime=0), {}),
        ("a.csv", ' text ,url\n"a,b",u', {}),
    ],
)
def test_dialects(tmp_path: Path, name: str, data: str | bytes, options: dict[str, object]) -> None:
    assert texts(tmp_path / name, data, **options) == ["a,b"]


def test_without_quotes_a_quote_is_a_character(tmp_path: Path) -> None:
    assert texts(tmp_path / "a.tsv", 'text\n"a\nb"\n5" disk\n', quote=None) == ['"a', 'b"', '5" disk']


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,b,c", "wrong_field_count"),
        ("a", "wrong_field_count"),
        ('"a"b,u', "bad_row"),
        ("x" * 300 + ",u", "row_too_long"),
        (",u", "text_missing"),
    ],
)
def test_a_row_that_cannot_be_read_is_quarantined_and_the_next_is_read(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "a.csv"
    found = records(path, f"text,url\nbefore,u\n\n{row}\nafter,u\n", max_row_bytes=200)
    assert [record.text for record in found if isinstance(record, Document)] == ["before", "after"]
    (refused,) = (record for record in found if isinstance(record, Quarantined))
    assert (refused.reference, refused.reason) == (f"{path}:2", reason)
    assert 0 < len(refused.detail) < 400


def test_bytes_that_are_no_text_cost_their_row_or_their_field(tmp_path: Path) -> None:
    found = records(tmp_path / "a.csv", b"text,url\n\xff,u\na,\xff\n")
    assert isinstance(found[0], Quarantined)
    assert found[0].reason == "not_utf8"
    assert found[1] == Document(text="a", format="page")


def test_a_quote_that_is_not_closed_ends_with_the_limit_or_the_file(tmp_path: Path) -> None:
    many = "".join(f"row {number},u\n" for number in range(100))
    path = tmp_path / "a.csv"
    found = records(path, f'text,url\n"open,u\n{many}', max_row_bytes=100)
    assert isinstance(found[0], Quarantined)
    assert found[0].reason == "row_too_long"
    assert 80 < len(found) < 100
    assert isinstance(found[-1], Document)
    (refused,) = records(path, f'text,url\n"open,u\n{many}')
    assert isinstance(refused, Quarantined)
    assert refused.reason == "bad_row"


@pytest.mark.parametrize("header", ["text,text\n", '"text"x\n', "x" * 400 + "\n"])
def test_a_file_without_a_header_is_one_record(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    (refused,) = records(path, f"{header}a,b\n", max_row_bytes=200)
    assert isinstance(refused, Quarantined)
    assert (refused.reference, refused.reason) == (str(path), "bad_header")


def test_empty_files_have_no_rows(tmp_path: Path) -> None:
    assert records(tmp_path / "a.csv", "") == records(tmp_path / "a.csv", "text,url\n") == []


def test_a_bomb_is_read_in_bounded_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(b"text\n" + b'"' + b"\n" * 3_000_000)
    found = records(tmp_path / "a.csv.gz", bomb, max_row_bytes=1 << 20)
    assert Counter(type(record) for record in found) == {Quarantined: 1}


def test_a_cut_file_gives_what_was_whole(tmp_path: Path) -> None:
    data = b"text\n" + b"".join(b"%d\n" % (number * 7919 % 100_003) for number in range(60_000))
    *read, broken = records(tmp_path / "a.csv.gz", gzip.compress(data)[:-20_000])
    assert isinstance(broken, Quarantined)
    assert broken.reason == "broken_compression"
    assert len(read) > 1000


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": '"'},
        {"delimiter": "\n"},
        {"delimiter": ";;"},
        {"quote": ""},
        {"escape": ","},
        {"column_names": ["a", "a"]},
    ],
)
def test_dialects_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"1 validation error|String should have|must be different|a name twice"):
        PROSE.options.model_validate(options)


fields = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.tuples(fields, fields), max_size=8), st.sampled_from([",", "\t", ";"]), st.booleans())
def test_what_pythons_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str, quote_all: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
    writer.writerow(["text", "note"])
    writer.writerows(rows)
    found = records(path, written.getvalue(), delimiter=delimiter)
    expected = [(text, {"note": note} if note else {}) for text, note in rows if text and not text.isspace()]
    assert len(found) == len(rows)
    assert [(record.text, record.metadata) for record in found if isinstance(record, Document)] == expected


def test_real_answers_of_github_as_csv() -> None:
    folder = os.environ.get("MIXDOWN_DATA")
    if folder is None:
        pytest.skip("MIXDOWN_DATA is not set")
    path = Path(folder) / "events" / "rest" / "_raw_github_api_issues.csv"
    settings = PROSE.options.model_validate({"text_field": "data", "date_field": "created_at"})
    found = [record for split in PROSE.splits(str(path), settings) for record in PROSE.read(split, settings)]
    with path.open(newline="") as file:
        expected = [row["data"] for row in csv.DictReader(file)]
    assert [record.text for record in found if isinstance(record, Document)] == expected
    assert len(expected) > 10

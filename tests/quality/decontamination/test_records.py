import gzip
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quality.decontamination.benchmark_texts import benchmark_names, benchmark_texts, strings_of
from quality.decontamination.records import BenchmarkFileError, read_records
from quality.input_file import InputFile

RECORDS = [{"question": "Où est-il?", "choices": ["a", "b"]}, {"question": "Why\nnot?", "choices": []}]
JSONL = "".join(f"{json.dumps(record)}\n" for record in RECORDS).encode()


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    compressed: bytes = sink.getvalue().to_pybytes()
    return compressed


def parquet(records: list[dict[str, object]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(records), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def file_of(folder: Path, name: str, content: bytes) -> InputFile:
    (folder / name).write_bytes(content)
    return InputFile(uri=str(folder / name))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", JSONL),
        ("a.NDJSON", b"\xef\xbb\xbf\n" + JSONL.replace(b"\n", b"\r\n") + b"  \n"),
        ("a.jsonl.gz", gzip.compress(JSONL[:40], mtime=0) + gzip.compress(JSONL[40:], mtime=0)),
        ("a.jsonl.zst", zstd(JSONL)),
        ("a.json", json.dumps(RECORDS, indent=1).encode()),
        ("a.json", json.dumps({"version": "1", "tags": [], "data": RECORDS}).encode()),
        ("a.parquet", parquet(RECORDS)),
        ("a.parquet.zst", zstd(parquet(RECORDS))),
    ],
)
def test_every_format_gives_the_records(name: str, content: bytes, tmp_path: Path) -> None:
    assert read_records(file_of(tmp_path, name, content)) == RECORDS


def test_an_object_without_a_list_is_one_record(tmp_path: Path) -> None:
    assert read_records(file_of(tmp_path, "a.json", b'{"question": "Why?"}')) == [{"question": "Why?"}]


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t")])
def test_cells_have_the_names_of_the_first_row_which_is_looked_at_too(
    name: str, delimiter: str, tmp_path: Path
) -> None:
    content = f'question{delimiter}answer\n"Why, or\nwhy not?"{delimiter}No\n\n'.encode()
    assert read_records(file_of(tmp_path, name, content)) == [
        {"question": "question", "answer": "answer"},
        {"question": "Why, or\nwhy not?", "answer": "No"},
    ]


def test_cells_under_equal_names_have_none(tmp_path: Path) -> None:
    assert read_records(file_of(tmp_path, "a.csv", b"Why?,4,4\nHow?,1,2\n")) == [["Why?", "4", "4"], ["How?", "1", "2"]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", r"a\.jsonl holds no records"),
        ("a.json", b" ", r"a\.json holds no records"),
        ("a.csv", b"\n", r"a\.csv holds no records"),
        ("a.jsonl", JSONL + b'{"question": "Wh', r"a\.jsonl, line 3: no JSON \(Unterminated string"),
        ("a.jsonl", b"[" * 100_000, r"a\.jsonl, line 1: no JSON \(maximum recursion depth"),
        ("a.json", b'[\n{"a": 1},\n{"a" 2}]', r"a\.json: no JSON \(.*line 3 column 6"),
        ("a.jsonl", JSONL + '{"question": "Où?"}'.encode("latin-1"), r"a\.jsonl, line 3: not UTF-8"),
        ("a.jsonl", JSONL.decode().encode("utf-16"), r"a\.jsonl, line 1: not UTF-8"),
        ("a.csv", b"question,answer\nWhy?,No\nWhy?,No,Yes\n", r"a\.csv, line 3: 3 cells, but 2 in the first row"),
        ("a.csv", b'question,answer\n"Why?,No\n', r"a\.csv, line 2: unexpected end of data"),
        ("a.jsonl.gz", gzip.compress(JSONL, mtime=0)[:-9], r"a\.jsonl\.gz cannot be decompressed"),
        ("a.jsonl.gz", JSONL, r"a\.jsonl\.gz cannot be decompressed"),
        ("a.jsonl.zst", zstd(JSONL)[:-1], r"a\.jsonl\.zst cannot be decompressed"),
        ("a.parquet", parquet(RECORDS)[:-20], r"a\.parquet is no whole Parquet file"),
        ("README.md", b"# A benchmark", r"README\.md: its name ends with none of jsonl, .*folder/\*\*/\*\.jsonl"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFileError, match=message):
        read_records(file_of(tmp_path, name, content))


def test_texts_know_their_items(tmp_path: Path) -> None:
    first = file_of(tmp_path, "first.jsonl", JSONL)
    second = file_of(tmp_path, "second.json", json.dumps([{"text": "lone \ud800", "id": 7}]).encode())
    items, found = benchmark_texts([first, second], (), ())
    assert items.benchmarks == ("first", "second")
    assert items.item_benchmark.tolist() == [0, 0, 1]
    assert items.item_number.tolist() == [0, 1, 0]
    assert found.item_of.tolist() == [0, 0, 0, 1, 2]
    cuts = found.offsets.tolist()
    texts = [found.data[a:b].tobytes().decode() for a, b in pairwise(cuts)]
    assert texts == ["Où est-il?", "a", "b", "Why\nnot?", "lone ?"]


NESTED = {
    "id": "x1",
    "qa": {"question": "q", "answers": [{"text": "t1", "by": "me"}, {"text": "t2"}]},
    "n": 3,
    "o": None,
}


@pytest.mark.parametrize(
    ("fields", "skip_fields", "texts"),
    [
        ((), (), ["x1", "q", "t1", "me", "t2"]),
        (("qa",), (), ["q", "t1", "me", "t2"]),
        (("qa.answers.text",), (), ["t1", "t2"]),
        ((), ("id", "qa.answers"), ["q"]),
        (("qa",), ("qa.answers.by",), ["q", "t1", "t2"]),
        (("text",), (), []),
    ],
)
def test_fields_are_named_by_the_keys_that_lead_to_them(
    fields: tuple[str, ...], skip_fields: tuple[str, ...], texts: list[str]
) -> None:
    assert list(strings_of(NESTED, fields, skip_fields)) == texts


def test_names_tell_files_apart_with_no_more_than_they_need() -> None:
    uris = ["/a/arc.jsonl.gz", "s3://b/boolq/test-0.parquet", "s3://b/piqa/test-0.parquet", "/a/mmlu.test.csv"]
    assert benchmark_names(uris) == ("arc", "boolq/test-0", "piqa/test-0", "mmlu.test")
    assert benchmark_names(["/a/x.csv", "/a/x.json"]) == ("/a/x.csv", "/a/x.json")


def test_a_file_that_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_records(InputFile(uri=str(tmp_path / "none.jsonl")))


READERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": zstd}


@pytest.mark.parametrize("suffix", READERS)
def test_no_cut_of_a_compressed_file_is_read_in_silence(suffix: str, tmp_path: Path) -> None:
    whole = READERS[suffix](JSONL)
    for cut in range(1, len(whole)):
        with pytest.raises(BenchmarkFileError):
            read_records(file_of(tmp_path, f"cut{cut}.jsonl{suffix}", whole[:cut]))

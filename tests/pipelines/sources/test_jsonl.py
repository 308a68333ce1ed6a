import bz2
import gzip
import json
import lzma
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.document import Document, Quarantined, Record, Rejected, check_storable, to_table
from pipelines.readers.jsonl import Line, lines_of, splits_of
from pipelines.source import SourceKind, Split, source_kinds
from pipelines.sources.jsonl import SOURCE as PROSE
from pipelines.sources.jsonl_code import SOURCE as CODE
from tests.pipelines.sources.object_store import BUCKET, object_store, put
from tests.pipelines.sources.web_server import Served, serving

MAX_LINE_BYTES = 1 << 20


def records(path: Path, data: bytes, kind: SourceKind = PROSE, **options: object) -> list[Record]:
    """What a kind makes of a file with content `data`, written to `path`."""
    path.write_bytes(data)
    settings = kind.options.model_validate(options)
    return [record for split in kind.splits(str(path), settings) for record in kind.read(split, settings)]


def only(path: Path, value: object, kind: SourceKind = PROSE, **options: object) -> Document:
    (record,) = records(path, json.dumps(value).encode(), kind, **options)
    assert isinstance(record, Document)
    return record


def lines(path: Path, split_bytes: int, max_line_bytes: int = MAX_LINE_BYTES) -> list[Line | Quarantined]:
    return [line for split in splits_of(str(path), split_bytes) for line in lines_of(split, max_line_bytes)]


def zstd(data: bytes) -> bytes:
    compressed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return compressed


def test_both_kinds_are_found_and_differ_in_what_their_text_is() -> None:
    kinds = source_kinds()
    assert (kinds["jsonl"].group, kinds["jsonl"].code_like) == ("text", False)
    assert (kinds["jsonl_code"].group, kinds["jsonl_code"].code_like) == ("code", True)


def test_golden_prose(tmp_path: Path) -> None:
    value = {
        "id": "<urn:uuid:7>",
        "text": "The lamp is lit.",
        "url": "https://lamp.example/log",
        "date": "2024-05-06T07:08:09Z",
        "license": "CC-BY-4.0",
        "language": "en",
        "nothing": None,
    }
    assert only(tmp_path / "a.jsonl", value) == Document(
        text="The lamp is lit.",
        format="page",
        url="https://lamp.example/log",
        date=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        license="CC-BY-4.0",
        metadata={"id": "<urn:uuid:7>", "language": "en"},
    )


def test_golden_code_with_the_stacks_field_names(tmp_path: Path) -> None:
    value = {
        "content": "print(1)\n",
        "max_stars_repo_name": "lamp/house",
        "max_stars_repo_path": "src/größe.py",
        "max_stars_repo_licenses": ["MIT", "Apache-2.0 OR ISC"],
        "lang": "Python",
        "avg_line_length": 8.0,
    }
    fields = {
        "text_field": "content",
        "repository_field": "max_stars_repo_name",
        "path_field": "max_stars_repo_path",
        "license_field": "max_stars_repo_licenses",
        "language_field": "lang",
    }
    assert only(tmp_path / "a.jsonl", value, CODE, **fields) == Document(
        text="print(1)\n",
        format="file",
        repository="lamp/house",
        path="src/größe.py",
        license="MIT AND (Apache-2.0 OR ISC)",
        language_hint="Python",
        metadata={"avg_line_length": 8.0},
    )


def test_dots_reach_into_objects_and_a_name_with_dots_comes_first(tmp_path: Path) -> None:
    value = {"text": "x", "metadata": {"url": "inner", "x": {"y": "deep"}}, "a.b": "whole", "a": {"b": "inner"}}
    document = only(tmp_path / "a.jsonl", value, url_field="metadata.url")
    assert (document.url, document.metadata["metadata"]) == ("inner", value["metadata"])
    assert only(tmp_path / "a.jsonl", value, url_field="metadata.x.y").url == "deep"
    assert only(tmp_path / "a.jsonl", value, url_field="a.b").url == "whole"
    assert only(tmp_path / "a.jsonl", value, url_field="text.x").url is None
    assert only(tmp_path / "a.jsonl", value, url_field=None).url is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", 7),
        ("url", ["a"]),
        ("url", ""),
        ("date", "yesterday"),
        ("date", 1714979289),
        ("license", ["MIT", None]),
        ("license", []),
        ("license", {"id": "MIT"}),
    ],
)
def test_a_value_that_is_no_fit_stays_in_the_metadata(tmp_path: Path, field: str, value: object) -> None:
    document = only(tmp_path / "a.jsonl", {"text": "x", field: value})
    assert getattr(document, field) is None
    assert document.metadata == {field: value}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-05-06", datetime(2024, 5, 6, tzinfo=UTC)),
        ("2024-05-06 07:08:09", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09.250+02:00", datetime(2024, 5, 6, 5, 8, 9, 250_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_dates(tmp_path: Path, written: str, expected: datetime | None) -> None:
    assert only(tmp_path / "a.jsonl", {"text": "x", "date": written}).date == expected


def test_metadata_fits_its_limit(tmp_path: Path) -> None:
    value: dict[str, Any] = {"text": "x", "big": "y" * 5000, "small": 1, "inner": {"a": [1, 2]}}
    assert only(tmp_path / "a.jsonl", value).metadata == {"small": 1, "inner": {"a": [1, 2]}}
    assert only(tmp_path / "a.jsonl", value, max_metadata_bytes=12).metadata == {"small": 1}  # {"small": 1}: 12 bytes
    assert only(tmp_path / "a.jsonl", value, max_metadata_bytes=11).metadata == {}


HOSTILE_FIELDS = [
    '"a": ' + "[" * 500 + "]" * 500,
    '"a": "\\ud800"',
    '"\\ud800": 1',
    '"a": 1e999',
    '"a": NaN',
    '"a": -Infinity',
    '"url": "\\udfff"',
    '"a": 1, "a": 2',
]


@pytest.mark.parametrize("field", HOSTILE_FIELDS)
def test_hostile_fields_leave_a_document_that_can_be_stored(tmp_path: Path, field: str) -> None:
    (record,) = records(tmp_path / "a.jsonl", ('{"text": "x", ' + field + "}").encode())
    assert isinstance(record, Document)
    check_storable(record)
    stored = to_table("s", [record]).column("metadata")[0].as_py()
    assert json.loads(stored, parse_constant=pytest.fail) == ({"a": 2} if "2" in field else {})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "cut', "bad_json"),
        (b"<html>", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"text": "x", "a": ' + b"9" * 5000 + b"}", "bad_json"),
        (b'{"text": "\xff"}', "not_utf8"),
        (b'"text"', "not_an_object"),
        (b"[1]", "not_an_object"),
        (b"{}", "text_missing"),
        (b'{"text": null}', "text_missing"),
        (b'{"content": "x"}', "text_missing"),
        (b'{"text": 7}', "text_not_a_string"),
        (b'{"text": ["x"]}', "text_not_a_string"),
        (b'{"text": "\\ud800"}', "invalid_unicode"),
        (b'{"text": "' + b"x" * 200_000 + b'"}', "line_too_long"),
    ],
)
def test_what_cannot_be_read_is_quarantined_and_the_next_line_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    found = records(path, b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n', max_line_bytes=150_000)
    assert [record.text for record in found if isinstance(record, Document)] == ["a", "b"]
    (refused,) = (record for record in found if isinstance(record, Quarantined))
    assert (refused.reference, refused.reason) == (f"{path}@14", reason)
    assert 0 < len(refused.detail) < 400


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_rejected(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    assert records(path, json.dumps({"text": text}).encode()) == [Rejected(f"{path}@0", "empty_text")]


def test_line_ends_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"text": "a"}\r\n\n  \n{"text": "\xc3\xa9"}'
    found = records(tmp_path / "a.jsonl", data)
    assert [record.text for record in found if isinstance(record, Document)] == ["a", "é"]
    assert len(found) == 2


def test_a_line_of_just_the_limit_is_read(tmp_path: Path) -> None:
    line = b'{"text": "abc"}'
    for end in (b"", b"\n"):
        (read,) = records(tmp_path / "a.jsonl", line + end, max_line_bytes=len(line))
        assert isinstance(read, Document)
        (refused,) = records(tmp_path / "a.jsonl", line + end, max_line_bytes=len(line) - 1)
        assert isinstance(refused, Quarantined)


some_lines = st.lists(st.binary(max_size=30).map(lambda line: line.translate(None, b"\n\xef")), max_size=12)


@given(some_lines, st.integers(1, 60), st.integers(1, 30), st.booleans())
def test_any_split_size_gives_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], split_bytes: int, max_line_bytes: int, ends: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "split.jsonl"
    data = b"#" + b"\n".join(parts) + b"\n" * ends  # never a compressed file's first bytes
    path.write_bytes(data)
    whole = lines(path, 1 << 30, max_line_bytes)
    assert lines(path, split_bytes, max_line_bytes) == whole
    contents = [None if len(line) > max_line_bytes else line.strip() for line in data.split(b"\n")]
    found = [line.data if isinstance(line, Line) else None for line in whole]
    assert found == [content for content in contents if content != b""]


@pytest.mark.parametrize("split_bytes", [1, 13, 14, 15, 1000])
def test_splits_cover_the_file_once(tmp_path: Path, split_bytes: int) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a"}\n' * 9)
    found = splits_of(str(path), split_bytes)
    assert sum(split.size_bytes for split in found) == 9 * 14
    ranges = [(split.start, split.stop) for split in found]
    if len(found) > 1:
        assert [start for start, _ in ranges[1:]] == [stop for _, stop in ranges[:-1]]
    assert len(lines(path, split_bytes)) == 9
    assert len({split.identity for split in found}) == 1


def lz4(data: bytes) -> bytes:
    """Arrow's `lz4` is the frame format."""
    compressed: bytes = pa.Codec("lz4").compress(data, asbytes=True)
    return compressed


@pytest.mark.parametrize("compress", [gzip.compress, zstd, bz2.compress, lzma.compress, lz4])
def test_compressed_files_are_one_split_whatever_their_name(tmp_path: Path, compress: Any) -> None:
    data = b"".join(b'{"text": "%d"}\n' % number for number in range(2000))
    for name in ("a.jsonl.gz", "b.jsonl"):
        path = tmp_path / name
        path.write_bytes(compress(data[:7000]) + compress(data[7000:]))  # several members or frames
        (split,) = splits_of(str(path), 100)
        assert (split.start, split.stop) == (0, None)
        plain = tmp_path / "plain.jsonl"
        plain.write_bytes(data)
        found = [line for line in lines(path, 100) if isinstance(line, Line)]
        assert [line.data for line in found] == [line.data for line in lines(plain, 100) if isinstance(line, Line)]
        assert found[1].reference == f"{path}@14"


@pytest.mark.parametrize("compress", [gzip.compress, zstd, bz2.compress, lzma.compress])
def test_a_cut_file_gives_what_was_whole_and_one_quarantined(tmp_path: Path, compress: Any) -> None:
    data = b"".join(b'{"text": "%d"}\n' % (number * 7919 % 100_003) for number in range(60_000))
    *read, broken = records(tmp_path / "a.jsonl.gz", compress(data)[:-20_000])
    assert isinstance(broken, Quarantined)
    assert broken.reason == "broken_compression"
    assert len(read) > 1000
    texts = [record.text for record in read if isinstance(record, Document)]
    assert texts == [json.loads(line)["text"] for line in data.split(b"\n")[: len(read)]]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_of_one_line_is_quarantined_in_bounded_memory(tmp_path: Path, compress: Any) -> None:
    bomb = compress(b" " * 30_000_000)
    (refused,) = records(tmp_path / "a.jsonl.gz", bomb, max_line_bytes=1000)
    assert isinstance(refused, Quarantined)
    assert refused.reason == "line_too_long"


def test_uri_is_a_file_a_folder_or_a_glob(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/c.json.gz", "a/d.jsonl.zst", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}\n")

    def names(uri: Path) -> list[str]:
        return [Path(split.uri).relative_to(tmp_path).as_posix() for split in splits_of(str(uri))]

    assert names(tmp_path) == ["a/c.json.gz", "a/d.jsonl.zst", "b.jsonl"]
    assert names(tmp_path / "notes.txt") == ["notes.txt"]
    assert names(tmp_path / "**" / "*.zst") == ["a/d.jsonl.zst"]
    for nothing in ("none", "*.parquet"):
        with pytest.raises(FileNotFoundError, match=r"no JSON lines at .*give a file"):
            splits_of(str(tmp_path / nothing))


def test_identity_follows_name_size_and_time_and_not_the_folder(tmp_path: Path) -> None:
    def identity(folder: str, data: bytes, time_ns: int) -> str:
        path = tmp_path / folder / "a.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(time_ns, time_ns))
        return splits_of(str(path))[0].identity

    assert identity("one", b"{}", 1) == identity("two", b"{}", 1)
    assert len({identity("one", *edit) for edit in ((b"{}", 1), (b"{} ", 1), (b"{}", 2))}) == 3


@pytest.mark.parametrize("damage", [b"", b"BZh9junk", b"\xfd7zXZ\x00junk"])
def test_what_follows_a_compressed_stream_is_told(tmp_path: Path, damage: bytes) -> None:
    found = records(tmp_path / "a.jsonl.bz2", bz2.compress(b'{"text": "a"}\n') + damage)
    assert isinstance(found[0], Document)
    assert [record.reason for record in found[1:] if isinstance(record, Quarantined)] == ["broken_compression"] * bool(
        damage
    )


def test_an_xz_file_that_asks_for_much_memory_is_quarantined(tmp_path: Path) -> None:
    data = bytearray(lzma.compress(b'{"text": "a"}\n'))
    size = data.index(b"\x21\x01") + 2  # behind the filter's id and the size of its properties: the dictionary's size
    data[size] = 40  # 4 GiB
    header_bytes = (data[12] + 1) * 4 - 4
    data[12 + header_bytes : 16 + header_bytes] = zlib.crc32(data[12 : 12 + header_bytes]).to_bytes(4, "little")
    (refused,) = records(tmp_path / "a.jsonl.xz", bytes(data))
    assert isinstance(refused, Quarantined)
    assert refused.reason == "broken_compression"
    assert "Memory usage limit" in refused.detail


def test_lines_in_an_object_store_and_on_the_web() -> None:
    data = b"".join(b'{"text": "%d"}\n' % number for number in range(2000))
    texts = [str(number) for number in range(2000)]

    def read(uri: str, split_bytes: int) -> list[str]:
        found = [line for split in splits_of(uri, split_bytes) for line in lines_of(split, 100)]
        return [json.loads(line.data)["text"] for line in found if isinstance(line, Line)]

    with pytest.MonkeyPatch.context() as patch, object_store(patch) as client:
        put(client, {"set/a.jsonl": data[:14], "set/b.jsonl.gz": gzip.compress(data[14:])})
        assert read(f"s3://{BUCKET}/set", 5000) == texts
    for ranges in (True, False):
        with serving(Served({"/a.jsonl": data}, ranges=ranges)) as served:
            assert read(f"{served.address}/a.jsonl", 5000) == texts
            assert len(splits_of(f"{served.address}/a.jsonl", 5000)) == (7 if ranges else 1)


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    assert records(tmp_path / "a.jsonl", b"") == []
    assert list(lines_of(Split(uri=str(tmp_path / "a.jsonl"), identity="", size_bytes=0), 100)) == []


def real_data() -> Path:
    folder = os.environ.get("MIXDOWN_DATA")
    if folder is None:
        pytest.skip("MIXDOWN_DATA is not set")
    return Path(folder) / "events" / "full"


def test_real_event_lines_with_a_dotted_text_field() -> None:
    options = PROSE.options.model_validate(
        {"text_field": "payload.comment.body", "url_field": "payload.comment.html_url", "date_field": "created_at"}
    )
    found = [
        record
        for split in PROSE.splits(str(real_data() / "*.json.gz"), options)
        for record in PROSE.read(split, options)
    ]
    documents = [record for record in found if isinstance(record, Document)]
    assert len(found) > 5_000
    assert len(documents) > 100
    assert all(document.url and document.date for document in documents)
    assert {record.reason for record in found if not isinstance(record, Document)} <= {"text_missing", "empty_text"}  # type: ignore[union-attr]

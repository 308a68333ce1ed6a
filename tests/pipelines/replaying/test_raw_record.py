import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.recipe_keys.sources import SourceSpec
from pipelines.replaying.raw_record import raw_record

RECORDS = [b"WARC/1.0\r\nfirst\r\n\r\n", b"WARC/1.0\r\nsecond, \xff\r\n\r\n", b"WARC/1.0\r\nthird\r\n\r\n"]


def web(path: Path, data: bytes) -> list[SourceSpec]:
    path.write_bytes(data)
    return [SourceSpec(name="pages", kind="web", uri=str(path))]


def test_a_plain_file_from_an_offset(tmp_path: Path) -> None:
    sources = web(tmp_path / "a.warc", b"".join(RECORDS))
    place = f"{tmp_path}/a.warc@{len(RECORDS[0])}"
    found = raw_record(sources, f"{place} https://lamp.example/?a=1@2", 20)
    assert (found.data, found.note) == (RECORDS[1][:20], "")


def test_the_gzip_member_at_an_offset(tmp_path: Path) -> None:
    members = [gzip.compress(record) for record in RECORDS]
    sources = web(tmp_path / "a.warc.gz", b"".join(members))
    found = raw_record(sources, f"a.warc.gz@{len(members[0])}", 1000)
    assert (found.data, found.note) == (RECORDS[1], "")


def test_a_damaged_member_shows_what_is_left(tmp_path: Path) -> None:
    member = gzip.compress(RECORDS[1] * 3)
    assert (
        raw_record(web(tmp_path / "a.gz", member[:-9]), "a.gz@0", 1000).note == "the gzip member is cut off behind this"
    )
    broken = raw_record(web(tmp_path / "b.gz", member[:10] + b"\xff" * 30), "b.gz@0", 1000)
    assert broken.data.startswith(b"\x1f\x8b")
    assert broken.note.startswith("not decompressed")


def test_zstd_by_offset_in_its_content(tmp_path: Path) -> None:
    data = pa.Codec("zstd").compress(b"".join(RECORDS), asbytes=True)
    assert raw_record(web(tmp_path / "a.warc.zst", data), f"a.warc.zst@{len(RECORDS[0])}", 8).data == b"WARC/1.0"


@pytest.mark.parametrize(("line", "expected"), [(1, b"one"), (2, b"two \xff"), (3, b""), (4, b"")])
def test_a_line_by_its_number(tmp_path: Path, line: int, expected: bytes) -> None:
    (tmp_path / "h.json.gz").write_bytes(gzip.compress(b"one\ntwo \xff\n"))
    sources = [SourceSpec(name="events", kind="pull_requests", uri=str(tmp_path))]
    assert raw_record(sources, f"{tmp_path}/h.json.gz:{line}", 100).data == expected

"""Splits inside archives: whatever the cuts, the splits together give every record exactly once."""

import gzip
import itertools
import random
import zlib
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.readers.web.archives import Damage, read_archive, split_starts
from pipelines.readers.web.member_starts import next_member
from pipelines.sources import web
from pipelines.sources.web import SOURCE, WebOptions
from tests.pipelines.sources.web_samples import arc_file, http, members, response, warc_record

RANDOM = random.Random(5)
SMALL = [response(f"<p>page {number}</p>".encode()) for number in range(6)]
NESTED_GZIP = members(*[response(RANDOM.randbytes(300)) for _ in range(40)])
NESTED_PLAIN = b"".join(SMALL[:3])
FAKES = [
    b"\x1f\x8b\x08\x00 no member at all",
    NESTED_GZIP[:20_000],
    NESTED_PLAIN,
    b"WARC/1.0\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n" * 30,
]
RECORDS = [
    *SMALL,
    *[warc_record("resource", fake) for fake in FAKES],
    warc_record("resource", NESTED_GZIP * 8),
    response(RANDOM.randbytes(90_000)),
    *SMALL,
]


def stored(record: bytes) -> bytes:
    """A gzip member whose content stands in it as it is."""
    compressor = zlib.compressobj(0, zlib.DEFLATED, 31)
    return compressor.compress(record) + compressor.flush()


GZIP = b"".join(stored(record) if len(record) > 2000 else gzip.compress(record, mtime=0) for record in RECORDS)
PLAIN = b"".join(RECORDS)
ARC = arc_file(*[(f"http://a.example/{number}", http(RANDOM.randbytes(3000))) for number in range(30)])


def read_range(data: bytes, start: int, stop: int | None) -> list[tuple[str, int, bytes]]:
    return [
        ("damage", record.offset, b"") if isinstance(record, Damage) else (record.kind, record.offset, record.block)
        for record in read_archive(BytesIO(data), 1 << 20, start, stop)
    ]


def joined(data: bytes, cuts: list[int]) -> list[tuple[str, int, bytes]]:
    edges = [0, *sorted(set(cuts)), None]
    return [record for start, stop in itertools.pairwise(edges) for record in read_range(data, start, stop)]


@given(st.lists(st.integers(1, len(GZIP) + 10), max_size=6))
@hypothesis_settings(max_examples=60, deadline=None)
def test_gzip_members_cut_at_any_bytes_give_the_whole(cuts: list[int]) -> None:
    whole = read_range(GZIP, 0, None)
    assert [block for _, _, block in whole] == [record.partition(b"\r\n\r\n")[2][:-4] for record in RECORDS]
    assert joined(GZIP, cuts) == whole


def test_every_byte_may_be_a_cut() -> None:
    data = members(*SMALL[:3])
    for cut in range(1, len(data) + 2):
        assert joined(data, [cut]) == read_range(data, 0, None)


@given(st.lists(st.integers(1, len(GZIP)), max_size=5), st.lists(st.integers(2, len(GZIP) - 1), min_size=1, max_size=4))
@hypothesis_settings(max_examples=60, deadline=None)
def test_splits_of_a_damaged_file_give_what_reading_it_whole_gives(cuts: list[int], flips: list[int]) -> None:
    data = bytearray(GZIP)
    for at in flips:
        data[at] ^= 0x10
    assert joined(bytes(data), cuts) == read_range(bytes(data), 0, None)


def test_a_damaged_member_costs_itself() -> None:
    first = members(*SMALL[:2])
    damaged = bytearray(gzip.compress(SMALL[2], mtime=0))
    damaged[len(damaged) // 2] ^= 0xFF
    found = read_range(first + bytes(damaged) + members(*SMALL[3:]), 0, None)
    assert [kind for kind, _, _ in found] == ["response"] * 2 + ["damage"] + ["response"] * 3
    assert found[2][1] == len(first)


@pytest.mark.parametrize("data", [gzip.compress(PLAIN), pa.compress(PLAIN, "zstd", asbytes=True)])
def test_an_archive_that_is_one_stream_is_one_split(data: bytes) -> None:
    assert split_starts(BytesIO(data), len(data), 1000) == [0]


@pytest.mark.parametrize("data", [PLAIN, ARC])
@pytest.mark.parametrize("split_bytes", [1, 700, 5000, 100_000])
def test_plain_archives_are_split_at_their_own_records(data: bytes, split_bytes: int) -> None:
    starts = split_starts(BytesIO(data), len(data), split_bytes)
    assert len(starts) > (3 if split_bytes < len(data) // 5 else 0)
    assert joined(data, starts[1:]) == read_range(data, 0, None)


def test_headers_of_large_records_are_found_without_reading_the_content() -> None:
    class Counting(BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.read_bytes += len(data)
            return data

    data = b"".join(warc_record("resource", bytes(3 << 20)) for _ in range(5))
    file = Counting(data)
    assert len(split_starts(file, len(data), 1 << 20)) == 5
    assert file.read_bytes < len(data) // 10


def test_a_nested_archive_is_no_place_to_enter() -> None:
    data = stored(warc_record("resource", NESTED_GZIP * 8))
    assert next_member(BytesIO(data), 0) == 0
    assert next_member(BytesIO(data), 1) is None
    assert next_member(BytesIO(data + members(*SMALL)), 1) == len(data)


def test_the_source_cuts_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SPLIT_BYTES", 400)
    for name, data in {"a.warc.gz": members(*SMALL), "b.warc": b"".join(SMALL), "c.warc.gz": b""}.items():
        (tmp_path / name).write_bytes(data)
    splits = SOURCE.splits(str(tmp_path), WebOptions())
    assert len(splits) > 5
    assert sum(split.size_bytes for split in splits) == sum(file.stat().st_size for file in tmp_path.iterdir())
    found = [record for split in splits for record in SOURCE.read(split, WebOptions())]
    assert len(found) == 2 * len(SMALL)

"""Framing: offsets, splits, damage, compression; nothing in an archive may crash or hang the reader."""

import gzip
import time
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.document import Document, Quarantined
from pipelines.readers.web.archives import ArchiveRecord, Damage, read_archive
from pipelines.readers.web.forward_reader import READ_BYTES, ForwardReader
from tests.pipelines.sources.web_samples import arc_file, http, members, outcomes, part, response, warc_record

RECORDS = [warc_record("warcinfo", b"software: x"), response(), response(b"", "404 Gone"), response()]
SMALL_GZIP = members(*RECORDS)
SMALL_ARC = arc_file(("http://a.example/", http()), ("http://b.example/", http(b"", "404 Gone")))


def read_all(data: bytes) -> list[ArchiveRecord | Damage]:
    return list(read_archive(BytesIO(data), 1 << 20))


def lz4(data: bytes) -> bytes:
    return bytes(pa.compress(data, "lz4", asbytes=True))


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lz4, zstd])
def test_every_compression_gives_the_same_records(compress) -> None:
    plain = b"".join(RECORDS)
    found = read_all(compress(plain))
    assert [(type(record), getattr(record, "block", None)) for record in found] == [
        (type(record), getattr(record, "block", None)) for record in read_all(plain)
    ]
    assert len(found) == len(RECORDS)


@given(st.integers(0, 4), st.integers(0, 4), st.booleans())
@hypothesis_settings(max_examples=30, deadline=None)
def test_two_splits_cut_at_a_record_give_the_whole(tmp_path_factory, cut: int, stop_shift: int, is_gzip: bool) -> None:
    path = tmp_path_factory.mktemp("split") / "a.warc"
    pieces = [gzip.compress(record) for record in RECORDS] if is_gzip else RECORDS
    path.write_bytes(b"".join(pieces))
    boundary = sum(map(len, pieces[:cut]))
    # A stop inside a record still leaves that record to the split in which it begins.
    inside = 0 if cut == 0 else -min(stop_shift, 4)
    assert part(path, 0, boundary + inside) + part(path, boundary, None) == part(path, 0, None)


def test_offsets_lead_back_to_the_record(tmp_path: Path) -> None:
    for data in (SMALL_GZIP, b"".join(RECORDS)):
        for outcome in outcomes(tmp_path / "a.warc", data):
            if isinstance(outcome, Document):
                offset = outcome.metadata["offset"]
                assert isinstance(offset, int)
                assert part(tmp_path / "a.warc", offset, offset + 1) == [outcome]


def test_a_cut_off_archive_keeps_what_came_before(tmp_path: Path) -> None:
    found = outcomes(tmp_path / "a.warc.gz", SMALL_GZIP[:-40])
    assert [type(outcome).__name__ for outcome in found] == ["Rejected", "Document", "Rejected", "Quarantined"]
    assert isinstance(found[-1], Quarantined)
    assert found[-1].reason == "corrupt_archive"
    assert found[-1].reference == f"{tmp_path / 'a.warc.gz'}@{len(members(*RECORDS[:3]))}"


def test_reading_goes_on_behind_damage_in_plain_files() -> None:
    damaged = RECORDS[1].replace(b"Content-Length: ", b"Content-Length: 1")  # claims more than there is
    short = RECORDS[1].replace(b"</html>", b"</html>\n<p>more than the length says</p>\n\n")
    found = read_all(RECORDS[0] + short + b"rubbish\nmore rubbish\n" + RECORDS[3] + damaged)
    assert [type(record).__name__ for record in found] == [
        "ArchiveRecord",
        "ArchiveRecord",
        "Damage",
        "ArchiveRecord",
        "Damage",
    ]


@pytest.mark.parametrize("length", ["", "-1", "abc", "1e3", "٣", "9" * 40])
def test_a_length_that_is_no_number_is_damage(length: str) -> None:
    record = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\nHTTP/1.1 200\r\n\r\n"
    (damage,) = [found for found in read_all(record.encode() + RECORDS[1]) if isinstance(found, Damage)][:1]
    assert "Content-Length" in damage.detail
    assert isinstance(read_all(record.encode() + RECORDS[1])[-1], ArchiveRecord)


def test_bare_line_feeds_and_folded_headers_are_read() -> None:
    record = b"WARC/1.0\nwarc-type: conversion\nWARC-Target-URI: <http://a\n\t.example/>\nContent-Length: 2\n\nhi\n\n"
    (found,) = read_all(record)
    assert isinstance(found, ArchiveRecord)
    assert (found.kind, found.url, found.block) == ("conversion", "http://a .example/", b"hi")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-01-11T23:24:42.123456789Z", "2016-01-11T23:24:42.123456+00:00"),
        ("2016-01-11T23:24:42+02:00", "2016-01-11T21:24:42+00:00"),
        ("2016-01", "2016-01-01T00:00:00+00:00"),
        ("2016", "2016-01-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+00:00"),
        ("2016-99-11", None),
        ("yesterday", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    (found,) = read_all(RECORDS[1].replace(b"2024-05-06T07:08:09Z", text.encode()))
    assert isinstance(found, ArchiveRecord)
    assert (found.date.isoformat() if found.date else None) == expected


def test_a_block_longer_than_the_limit_is_not_kept_whole() -> None:
    found = list(read_archive(BytesIO(RECORDS[1] + RECORDS[3]), max_block_bytes=50))
    assert [(len(record.block), record.is_whole) for record in found if isinstance(record, ArchiveRecord)] == [
        (50, False),
        (50, False),
    ]


def test_a_gzip_bomb_is_read_in_bounded_pieces() -> None:
    bomb = gzip.compress(bytes(200 << 20), compresslevel=1)
    reader = ForwardReader(BytesIO(bomb))
    assert len(reader.readline(1000)) == 1000
    assert reader.skip(300 << 20) == (200 << 20) - 1000


@pytest.mark.parametrize("filling", [b"\n", b" \r\n", b"x\n"])
def test_a_bomb_of_blank_or_foreign_lines_is_passed_over_quickly(filling: bytes) -> None:
    began = time.process_time()
    found = read_all(gzip.compress(filling * (100_000_000 // len(filling)) + RECORDS[1], compresslevel=1))
    assert isinstance(found[-1], ArchiveRecord)
    assert time.process_time() - began < 10  # line by line it takes a minute


@given(st.integers(0, 12), st.integers(0, 3), st.booleans())
@hypothesis_settings(max_examples=40, deadline=None)
def test_the_next_record_is_found_across_pieces(shift: int, newlines: int, is_gzip: bool) -> None:
    rubbish = b"r" * (READ_BYTES - 6 + shift) + b"\n" + b"WARC\n" * newlines
    data = rubbish + RECORDS[1]
    damage, record = read_all(
        gzip.compress(rubbish[:40]) + gzip.compress(rubbish[40:] + RECORDS[1]) if is_gzip else data
    )
    assert isinstance(damage, Damage)
    assert isinstance(record, ArchiveRecord)
    assert record.block == http(headers="Content-Type: text/html")
    if not is_gzip:
        assert record.offset == len(rubbish)


@given(st.binary(max_size=400), st.integers(1, 50))
@hypothesis_settings(max_examples=60, deadline=None)
def test_lines_join_to_the_content(data: bytes, limit: int) -> None:
    for stored in (b"\n" + data, gzip.compress(b"\n" + data[:100]) + b"\0\0" + gzip.compress(data[100:])):
        reader = ForwardReader(BytesIO(stored))
        lines = list(iter(lambda: reader.readline(limit), b""))  # noqa: B023
        assert b"".join(lines) == b"\n" + data
        assert all(len(line) <= limit for line in lines)


@given(
    st.sampled_from([SMALL_GZIP, b"".join(RECORDS), SMALL_ARC, lz4(b"".join(RECORDS)), zstd(b"".join(RECORDS))]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=6),
    st.floats(0, 1),
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_flipped_bits_and_lost_tails_never_crash(
    tmp_path_factory, data: bytes, flips: list[tuple[float, int]], kept_share: float
) -> None:
    damaged = bytearray(data)
    for position, mask in flips:
        damaged[int(position * len(data))] ^= mask
    if kept_share < 0.5:
        del damaged[int(2 * kept_share * len(damaged)) :]
    path = tmp_path_factory.getbasetemp() / "fuzz.warc"
    found = outcomes(path, bytes(damaged))
    assert len(found) <= 2 * len(RECORDS) + 1
    if damaged and bytes(damaged) != data:
        assert all(isinstance(outcome.metadata["offset"], int) for outcome in found if isinstance(outcome, Document))


@given(st.binary(max_size=300))
@hypothesis_settings(max_examples=100, deadline=None)
def test_rubbish_is_damage_or_nothing(data: bytes) -> None:
    assert all(isinstance(found, Damage) for found in read_all(data))

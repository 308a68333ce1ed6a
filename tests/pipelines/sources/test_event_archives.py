"""Lines of event archives: found, counted and kept apart from what is broken."""

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.document import Quarantined
from pipelines.readers.github.event_archives import Line, archive_files, file_lines, identity_of, split_lines


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def lines_of(path: Path, max_line_bytes: int = 1 << 20) -> list[Line | Quarantined]:
    return [line for file in archive_files(str(path)) for line in file_lines(file, max_line_bytes)]


@given(
    st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), max_size=12),
    st.integers(1, 7),
    st.integers(1, 10),
)
@settings(max_examples=100, deadline=None)
def test_lines_do_not_depend_on_the_pieces(lines: list[bytes], piece_bytes: int, max_line_bytes: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    pieces = [data[at : at + piece_bytes] for at in range(0, len(data), piece_bytes)]
    expected = [line if len(line) <= max_line_bytes else None for line in lines]
    assert list(split_lines(pieces, max_line_bytes)) == expected


def test_last_line_needs_no_end_and_blank_lines_are_no_records(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b"{}\n\n  \r\n[]")
    assert lines_of(path) == [Line(f"{path}:1", b"{}"), Line(f"{path}:4", b"[]")]


def test_too_long_line_is_quarantined_and_the_next_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json.gz", b"1\n" + b"x" * 300_000 + b"\n2\n")
    first, long, last = lines_of(path, max_line_bytes=1_000)
    assert (first, last) == (Line(f"{path}:1", b"1"), Line(f"{path}:3", b"2"))
    assert isinstance(long, Quarantined)
    assert (long.reference, long.reason) == (f"{path}:2", "line_too_long")


def test_cut_gzip_gives_what_was_whole_and_one_quarantined(tmp_path: Path) -> None:
    data = b"".join(f"{number * 7919 % 10_007}\n".encode() for number in range(5_000))
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(data)[:-3_000])
    *read, broken = lines_of(path)
    assert isinstance(broken, Quarantined)
    assert (broken.reason, broken.reference) == ("broken_gzip", f"{path}:{len(read) + 1}")
    assert len(read) > 100
    assert [line.data for line in read if isinstance(line, Line)] == data.split(b"\n")[: len(read)]


def test_file_that_is_no_gzip_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "b.json", b"{}\n")
    (tmp_path / "a.json.gz").write_bytes(b"<html>not found</html>")
    assert [type(line).__name__ for line in lines_of(tmp_path)] == ["Quarantined", "Line"]


def test_members_and_zero_padding_are_one_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b"1\n2") + gzip.compress(b"3\n4\n") + b"\0" * 512)
    assert [line.data for line in lines_of(path) if isinstance(line, Line)] == [b"1", b"23", b"4"]


def test_uri_is_a_file_a_directory_or_a_glob(tmp_path: Path) -> None:
    for name in ("2025-03-01-10.json.gz", "2025-03-01-9.json.gz", "old/2015-01-01-0.json.gz", "old/b.json"):
        write(tmp_path / name, b"{}\n")
    write(tmp_path / "notes.txt", b"no events\n")

    def names(uri: Path) -> list[str]:
        return [file.name for file in archive_files(str(uri))]

    everything = ["2025-03-01-10.json.gz", "2025-03-01-9.json.gz", "old/2015-01-01-0.json.gz", "old/b.json"]
    assert names(tmp_path) == everything
    assert names(tmp_path / "old" / "b.json") == ["b.json"]
    assert names(tmp_path / "2025-*-1?.json.gz") == ["2025-03-01-10.json.gz"]
    assert names(tmp_path / "*" / "*.json.gz") == ["old/2015-01-01-0.json.gz"]


@pytest.mark.parametrize("uri", ["none.json.gz", "empty", "none/*.json.gz", "empty/*.json"])
def test_uri_without_a_match_is_named(tmp_path: Path, uri: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no event archive at .*give a file, a glob pattern"):
        archive_files(str(tmp_path / uri))


def test_identity_follows_names_sizes_and_times(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b"{}\n")

    def identity() -> str:
        return identity_of(archive_files(str(tmp_path)))

    seen = [identity()]
    assert identity() == seen[0]
    os.utime(path, ns=(1, 1))
    seen.append(identity())
    write(path, b"{}\n{}\n")
    os.utime(path, ns=(1, 1))
    seen.append(identity())
    path.rename(tmp_path / "b.json")
    seen.append(identity())
    assert len(set(seen)) == 4

"""Rows as the published data sets have them, by preset; all contents are made up."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixer.segments import TextWithMarks
from pipelines.document import Document, Quarantined, Record, Rejected, check_storable
from pipelines.readers.tables.presets import PRESETS
from pipelines.source import source_kinds

FINEWEB = {
    "text": "The lamp is lit.",
    "id": "<urn:uuid:7>",
    "dump": "CC-MAIN-2024-10",
    "url": "https://lamp.example/log",
    "date": "2024-02-24T07:08:09Z",
    "file_path": "s3://commoncrawl/crawl-data/x.warc.gz",
    "language": "en",
    "language_score": 0.97,
    "token_count": 6,
}
SLIMPAJAMA = {"text": "The lamp is lit.", "meta": {"redpajama_set_name": "RedPajamaC4"}}
REDPAJAMA = {
    "text": "print(1)\n",
    "meta": {
        "content_hash": "ab",
        "timestamp": "2023-03-20T00:00:00",
        "url": "https://lamp.example/1",
        "source": "github",
        "language": [{"name": "Python", "bytes": "9"}],
        "license": "apache-2.0",
        "repo_name": "lamp/house",
        "path": "src/a.py",
    },
    "red_pajama_subset": "github",
}
DOLMA = {
    "id": "7",
    "text": "The lamp is lit.",
    "source": "common-crawl",
    "added": "2023-04-11T09:57:03.044571+00:00",
    "created": "2020-01-17T12:48:45.123Z",
    "metadata": {"url": "https://lamp.example/log", "language": "en"},
}
STACK_V1 = {
    "hexsha": "9f",
    "size": 9,
    "ext": "py",
    "lang": "Python",
    "max_stars_repo_path": "src/a.py",
    "max_stars_repo_name": "lamp/house",
    "max_stars_repo_head_hexsha": "abc",
    "max_stars_repo_licenses": ["MIT", "Apache-2.0"],
    "max_stars_count": 12,
    "max_issues_repo_path": "src/a.py",
    "content": "print(1)\n",
    "avg_line_length": 8.0,
}
STACK_V2 = {
    "blob_id": "b",
    "directory_id": "d",
    "path": "/src/a.py",
    "content_id": "c",
    "detected_licenses": ["MIT"],
    "license_type": "permissive",
    "repo_name": "lamp/house",
    "revision_id": "abc",
    "branch_name": "refs/heads/main",
    "committer_date": "2016-09-06T00:23:36",
    "src_encoding": "UTF-8",
    "language": "Python",
    "is_generated": False,
    "length_bytes": 9,
    "content": "print(1)\n",
}
STARCODER = {
    "max_stars_repo_path": "src/a.py",
    "max_stars_repo_name": "lamp/house",
    "max_stars_count": 12,
    "id": "7",
    "content": "<reponame>lamp/house<filename>src/a.py<gh_stars>10-100\nprint(1)\n",
}
COMMITPACK = {
    "commit": "abc",
    "old_file": "src/a.py",
    "new_file": "src/b.py",
    "old_contents": "print(1)\n",
    "new_contents": "print(2)\n",
    "subject": "Print two",
    "message": "Print two\n\nOne was too few.\n",
    "lang": "Python",
    "license": "bsd-3-clause",
    "repos": "lamp/house,fork/house",
}
ROWS: dict[str, dict[str, Any]] = {
    "fineweb": FINEWEB,
    "slimpajama": SLIMPAJAMA,
    "redpajama": REDPAJAMA,
    "dolma": DOLMA,
    "stack_v1": STACK_V1,
    "stack_v2": STACK_V2,
    "starcoderdata": STARCODER,
    "commitpack": COMMITPACK,
}
WHERE = {"repository": "lamp/house", "path": "src/a.py", "format": "file", "text": "print(1)\n"}
COMMIT_TEXT, COMMIT_MARKS = (
    TextWithMarks()
    .mark("<commit_before>")
    .text("print(1)\n")
    .mark("<commit_msg>")
    .text("Print two")
    .mark("<commit_after>")
    .text("print(2)\n")
    .build()
)
EXPECTED: dict[str, dict[str, Any]] = {
    "fineweb": {
        "text": "The lamp is lit.",
        "format": "page",
        "url": "https://lamp.example/log",
        "date": datetime(2024, 2, 24, 7, 8, 9, tzinfo=UTC),
    },
    "slimpajama": {"text": "The lamp is lit.", "format": "page"},
    "redpajama": {
        **WHERE,
        "url": "https://lamp.example/1",
        "license": "Apache-2.0",
        "date": datetime(2023, 3, 20, tzinfo=UTC),
    },
    "dolma": {
        "text": "The lamp is lit.",
        "format": "page",
        "url": "https://lamp.example/log",
        "date": datetime(2020, 1, 17, 12, 48, 45, 123_000, tzinfo=UTC),
    },
    "stack_v1": {**WHERE, "commit": "abc", "license": "MIT AND Apache-2.0", "language_hint": "Python"},
    "stack_v2": {
        **WHERE,
        "commit": "abc",
        "license": "MIT",
        "language_hint": "Python",
        "date": datetime(2016, 9, 6, 0, 23, 36, tzinfo=UTC),
    },
    "starcoderdata": WHERE,
    "commitpack": {
        "repository": "lamp/house",
        "path": "src/b.py",
        "format": "commit",
        "text": COMMIT_TEXT,
        "marks": COMMIT_MARKS,
        "commit": "abc",
        "license": "BSD-3-Clause",
        "language_hint": "Python",
    },
}
METADATA: dict[str, dict[str, object]] = {
    "fineweb": {"dump": "CC-MAIN-2024-10", "language": "en", "language_score": 0.97, "token_count": 6},
    "slimpajama": {"meta": {"redpajama_set_name": "RedPajamaC4"}},
    "redpajama": {"red_pajama_subset": "github"},
    "dolma": {"source": "common-crawl", "id": "7"},
    "stack_v1": {"max_stars_count": 12, "hexsha": "9f"},
    "stack_v2": {"license_type": "permissive", "blob_id": "b", "is_generated": False},
    "starcoderdata": {"max_stars_count": 12, "stars": "10-100"},
    "commitpack": {"message": "Print two\n\nOne was too few.\n", "repos": "lamp/house,fork/house"},
}


def records(path: Path, kind_name: str, **options: object) -> list[Record]:
    kind = source_kinds()[kind_name]
    settings = kind.options.model_validate(options)
    settings = kind.options.model_validate(settings.plain())  # as a task gets them
    return [record for split in kind.splits(str(path), settings) for record in kind.read(split, settings)]


def read_in(folder: Path, form: str, preset: str, row: dict[str, Any], **options: object) -> Record:
    """The one record of a row that is kept as `form`: jsonl, parquet or csv."""
    suffix = "_code" if EXPECTED[preset]["format"] != "page" else ""
    path = folder / f"a.{form}"
    if form == "jsonl":
        path.write_text(json.dumps(row))
    else:
        pq.write_table(pa.Table.from_pylist([row]), path)
    (record,) = records(path, ("jsonl" if form == "jsonl" else "table") + suffix, preset=preset, **options)
    return record


def test_every_preset_is_tested() -> None:
    assert set(ROWS) == set(EXPECTED) == set(METADATA) == set(PRESETS)


@pytest.mark.parametrize("preset", ROWS)
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_golden_row(tmp_path: Path, form: str, preset: str) -> None:
    record = read_in(tmp_path, form, preset, ROWS[preset])
    assert isinstance(record, Document)
    check_storable(record)
    provenance = {
        name: value
        for name in Document.__dataclass_fields__
        if name != "metadata" and (value := getattr(record, name)) not in (None, ())
    }
    assert provenance == EXPECTED[preset]
    assert METADATA[preset].items() <= record.metadata.items()


@pytest.mark.parametrize("preset", ["slimpajama", "redpajama", "dolma"])
def test_objects_that_are_json_in_a_column(tmp_path: Path, preset: str) -> None:
    row = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in ROWS[preset].items()}
    assert read_in(tmp_path, "parquet", preset, row) == read_in(tmp_path, "jsonl", preset, ROWS[preset])
    for broken in ("{", "[1]", "7", "{" * 5000, '{"a": 1e999}'):
        row["metadata" if preset == "dolma" else "meta"] = broken
        record = read_in(tmp_path, "parquet", preset, row)
        assert isinstance(record, Document)
        check_storable(record)


def test_own_options_come_before_the_presets(tmp_path: Path) -> None:
    record = read_in(tmp_path, "parquet", "fineweb", FINEWEB, url_field="id", date_field=None, license_field="dump")
    assert isinstance(record, Document)
    assert (record.url, record.date, record.license) == ("<urn:uuid:7>", None, "CC-MAIN-2024-10")


def test_a_preset_of_code_is_no_preset_of_prose() -> None:
    for kind in ("jsonl", "table"):
        with pytest.raises(ValueError, match="preset 'stack_v1' is code: use the kind of the same name with `_code`"):
            source_kinds()[kind].options.model_validate({"preset": "stack_v1"})
        with pytest.raises(ValueError, match="Input should be"):
            source_kinds()[kind].options.model_validate({"preset": "stack_v9"})


def test_the_stack_2_without_content_is_quarantined_with_that_reason(tmp_path: Path) -> None:
    row = {name: value for name, value in STACK_V2.items() if name != "content"}
    for form in ("jsonl", "parquet"):
        record = read_in(tmp_path, form, "stack_v2", row)
        assert isinstance(record, Quarantined)
        assert record.reason == "content_not_downloaded"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("SHIFT_JIS", "# ランプ\n"), ("KOI8-R", "# лампа\n"), ("ISO-8859-1", "# größe\n"), ("UTF-16", "# 灯\n")],
)
def test_bytes_of_the_stack_2_are_decoded(tmp_path: Path, encoding: str, text: str) -> None:
    row = {**STACK_V2, "content": text.encode(encoding), "src_encoding": encoding}
    record = read_in(tmp_path, "parquet", "stack_v2", row)
    assert isinstance(record, Document)
    assert record.text == text


@pytest.mark.parametrize("encoding", ["zlib", "idna", "unicode_escape", "utf-7", "none", "", "UTF-8", "a" * 5000])
def test_bytes_that_do_not_decode_are_quarantined(tmp_path: Path, encoding: str) -> None:
    record = read_in(
        tmp_path, "parquet", "stack_v2", {**STACK_V2, "content": b"\xff\xfe+AGE-", "src_encoding": encoding}
    )
    assert isinstance(record, Quarantined)
    assert record.reason == "not_utf8"


SENTINELS = [
    ("print(1)\n", "print(1)\n", None),
    ("<gh_stars>0\nprint(1)\n", "print(1)\n", "0"),
    ("<filename>a<b.py<gh_stars>1000+\nx", "x", "1000+"),
    ("<filename>a.py\nx", "x", None),
    ("<reponame>a/b\n<gh_stars>1-10\nx", "<gh_stars>1-10\nx", None),
    ("<gh_stars>many\nx", "<gh_stars>many\nx", None),
    ("<reponame>a/b", "<reponame>a/b", None),
    ("x\n<gh_stars>0\n", "x\n<gh_stars>0\n", None),
    ("<filename>" + "a" * 100_000, "<filename>" + "a" * 100_000, None),
]


@pytest.mark.parametrize(("content", "text", "stars"), SENTINELS)
def test_sentinels_before_the_content_become_fields(tmp_path: Path, content: str, text: str, stars: str | None) -> None:
    record = read_in(tmp_path, "jsonl", "starcoderdata", {"content": content})
    assert isinstance(record, Document)
    assert (record.text, record.metadata.get("stars"), record.marks) == (text, stars, ())
    if content.startswith("<filename>a.py"):
        assert record.path == "a.py"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"old_contents": "print(2)\n"}, (Rejected, "no_file_changes")),
        ({"subject": None}, (Quarantined, "commit_incomplete")),
        ({"old_contents": 7}, (Quarantined, "commit_incomplete")),
        ({"old_contents": "\ud800"}, (Quarantined, "commit_incomplete")),
        ({"new_contents": None}, (Quarantined, "text_missing")),
        ({"new_contents": ""}, (Rejected, "empty_text")),
    ],
)
def test_commits_that_are_none(tmp_path: Path, changed: dict[str, Any], expected: tuple[type, str]) -> None:
    record = read_in(tmp_path, "jsonl", "commitpack", {**COMMITPACK, **changed})
    assert (type(record), getattr(record, "reason", None)) == expected


def test_a_new_file_has_nothing_before(tmp_path: Path) -> None:
    record = read_in(tmp_path, "jsonl", "commitpack", {**COMMITPACK, "old_contents": "", "repos": "lamp/house"})
    assert isinstance(record, Document)
    assert record.marks[:2] == [(0, "<commit_before>"), (0, "<commit_msg>")]
    assert "repos" not in record.metadata

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.source import source_kinds
from pipelines.sources.web import SOURCE, WebOptions
from tests.pipelines.sources.web_samples import PARAGRAPH, arc_file, http, members, outcomes, response, warc_record


def reason(outcome: Record) -> str:
    return outcome.reason if isinstance(outcome, Rejected | Quarantined) else "kept"


def test_a_page_becomes_a_document_with_its_provenance(tmp_path: Path) -> None:
    (document,) = outcomes(tmp_path / "a.warc.gz", members(response()))
    assert isinstance(document, Document)
    assert document.text == f"Log\n\n{PARAGRAPH}"
    assert (document.format, document.url) == ("page", "http://a.example/")
    assert document.date == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert document.metadata == {
        "archive": "a.warc.gz",
        "offset": 0,
        "record_id": "<urn:uuid:1>",
        "content_type": "text/html",
        "charset": "utf-8",
        "charset_from": "content",
    }


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (warc_record("warcinfo", b"software: x"), "record_warcinfo"),
        (warc_record("request", b"GET / HTTP/1.1\r\n\r\n"), "record_request"),
        (warc_record("revisit", http(b"")), "record_revisit"),
        (warc_record("Made-Up-Type-7", b""), "record_unknown"),
        (response(status="404 Not Found"), "http_status"),
        (response(status="302"), "http_status"),
        (response(headers="Content-Type: image/png"), "content_type"),
        (response(headers="X-None: 1"), "content_type"),
        (response(b""), "no_text"),
        (response(b"<html><body><script>let a = 1</script></body></html>"), "no_text"),
        (warc_record("response", b"no status line"), "not_http"),
        (response(b"x" * 300_000), "payload_too_large"),
        (response(headers="Content-Type: text/html\r\nContent-Encoding: lzma", body=b"\x00\x01"), "content_encoding"),
        (response(b"\x01\x02\x03\x04 abc" * 20), "undecodable"),
        (response(b"<div>" * 600 + b"x"), "nesting_too_deep"),
        (warc_record("conversion", PARAGRAPH.encode()), "kept"),
        (response(b"plain  text\r\n", headers="Content-Type: text/plain"), "kept"),
        (response(headers="content-type:TEXT/HTML;charset=nonsense"), "kept"),
    ],
)
def test_every_record_has_one_outcome(tmp_path: Path, record: bytes, expected: str) -> None:
    found = outcomes(tmp_path / "a.warc", record + response(), max_payload_bytes=200_000)
    assert [reason(outcome) for outcome in found] == [expected, "kept"]


def test_a_large_image_is_rejected_for_its_type_not_its_size(tmp_path: Path) -> None:
    record = response(b"x" * 300_000, headers="Content-Type: image/png")
    (outcome,) = outcomes(tmp_path / "a.warc", record, max_payload_bytes=1000)
    assert outcome == Rejected(f"{tmp_path / 'a.warc'}@0 http://a.example/", "content_type")


def test_options_choose_statuses_and_content_types(tmp_path: Path) -> None:
    data = response(status="404 Not Found") + response(b"a,b", headers="Content-Type: text/csv")
    found = outcomes(tmp_path / "a.warc", data, statuses=[404], content_types=["text/html"])
    assert [reason(outcome) for outcome in found] == ["kept", "http_status"]


def test_plain_text_stays_as_it_is_but_for_line_ends_and_controls(tmp_path: Path) -> None:
    body = b"if a<b:\r\n\tx = '&amp;'\x00\rlast line with enough text around the control character\n"
    (document,) = outcomes(tmp_path / "a.warc", response(body, headers="Content-Type: text/plain"))
    assert isinstance(document, Document)
    assert document.text == "if a<b:\n\tx = '&amp;'\nlast line with enough text around the control character"


def test_a_cut_page_says_so(tmp_path: Path) -> None:
    (document,) = outcomes(tmp_path / "a.warc", warc_record("response", http(), extra="WARC-Truncated: length\r\n"))
    assert isinstance(document, Document)
    assert document.metadata["truncated"] == "length"


def test_arc_records_are_read_with_spaces_in_urls(tmp_path: Path) -> None:
    data = arc_file(("http://a.example/x y", http()), ("dns:a.example", b"20080430 1.2.3.4"))
    description, document, dns = outcomes(tmp_path / "a.arc", data)
    assert reason(description) == "record_warcinfo"
    assert isinstance(document, Document)
    assert document.url == "http://a.example/x y"
    assert document.date == datetime(2008, 4, 30, 20, 48, 26, tzinfo=UTC)
    assert reason(dns) == "content_type"


def test_splits_find_archives_in_folders_and_by_pattern(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.warc.gz", "deep/a.warc.wet.gz", "deep/c.arc", "deep/notes.txt", "d.warc.wat.gz"):
        (tmp_path / name).write_bytes(b"x")
    os.utime(tmp_path / "b.warc.gz", ns=(5, 7))

    def names(uri: str) -> list[str]:
        return [Path(split.uri).name for split in SOURCE.splits(uri, WebOptions())]

    assert names(str(tmp_path)) == ["b.warc.gz", "d.warc.wat.gz", "a.warc.wet.gz", "c.arc"]
    assert names(str(tmp_path / "**" / "*.txt")) == ["notes.txt"]
    (split,) = SOURCE.splits(str(tmp_path / "b.warc.gz"), WebOptions())
    assert (split.identity, split.size_bytes, split.start, split.stop) == ("b.warc.gz:1:7", 1, 0, None)


@pytest.mark.parametrize("uri", ["missing.warc", "nothing*.warc", "."])
def test_a_uri_without_archives_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no web archive at .* \*\.warc"):
        SOURCE.splits(uri, WebOptions())


def test_the_kind_is_found_and_refuses_unknown_options() -> None:
    assert source_kinds()["web"] is SOURCE
    with pytest.raises(ValidationError):
        WebOptions.model_validate({"max_payload": 1})


def test_real_archives_balance_against_fastwarc() -> None:
    """Where fastwarc reads an archive without complaint and nothing is damaged, the counts are the same."""
    from fastwarc.warc import ArchiveIterator

    if "MIXDOWN_DATA" not in os.environ:
        pytest.skip("MIXDOWN_DATA is not set")
    compared = 0
    for split in SOURCE.splits(str(Path(os.environ["MIXDOWN_DATA"]) / "web" / "archives"), WebOptions()):
        counts = Counter(reason(outcome) for outcome in SOURCE.read(split, WebOptions()))
        try:
            expected = sum(1 for _ in ArchiveIterator(split.uri, parse_http=False, fsspec_args=False))
        except OSError:
            continue
        if not counts["corrupt_archive"]:
            assert counts.total() == expected, split.uri
            compared += 1
    assert compared > 50

"""Digests of records: which ones hold, and that a wrong one costs its record alone."""

import base64
import hashlib
from pathlib import Path

import pytest

from pipelines.document import Document, Quarantined
from pipelines.readers.web.digests import is_wrong_digest
from tests.pipelines.sources.web_samples import PAGE, http, outcomes, response, warc_record

CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)
HEADERS = "Content-Type: text/html\r\nTransfer-Encoding: chunked"


def base32(data: bytes) -> str:
    return base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize(
    "digest",
    [
        f"sha1:{base32(b'abc')}",
        f"SHA1:{base32(b'abc').lower()}",
        "sha-256:" + hashlib.sha256(b"abc").hexdigest(),
        "md5:" + hashlib.md5(b"abc", usedforsecurity=False).hexdigest().upper(),
        "sha256:" + base64.b32encode(hashlib.sha256(b"abc").digest()).decode().rstrip("="),
    ],
)
def test_digests_in_all_their_forms(digest: str) -> None:
    assert not is_wrong_digest(digest, [b"abc"])
    assert not is_wrong_digest(digest, [b"other", b"abc"])
    assert is_wrong_digest(digest, [b"abd"])


@pytest.mark.parametrize("digest", [None, "", "sha1", "sha1:", "blake3:abc", "sha1:nonsense!", "sha1:\u0663", ":"])
def test_what_cannot_be_checked_is_not_wrong(digest: str | None) -> None:
    assert not is_wrong_digest(digest, [b"abc"])


@pytest.mark.parametrize("payload", [CHUNKED, PAGE, http(CHUNKED, headers=HEADERS)])
def test_the_payload_may_be_digested_with_or_without_chunks(tmp_path: Path, payload: bytes) -> None:
    extra = f"WARC-Payload-Digest: sha1:{base32(payload)}\r\n"
    record = warc_record("response", http(CHUNKED, headers=HEADERS), extra=extra)
    (document,) = outcomes(tmp_path / "a.warc", record)
    assert isinstance(document, Document)


@pytest.mark.parametrize("name", ["Block", "Payload"])
def test_a_wrong_digest_is_quarantined(tmp_path: Path, name: str) -> None:
    record = warc_record("response", http(), extra=f"WARC-{name}-Digest: sha1:{base32(b'other')}\r\n")
    wrong, right = outcomes(tmp_path / "a.warc", record + response())
    assert isinstance(wrong, Quarantined)
    assert wrong.reason == "bad_digest"
    assert isinstance(right, Document)
    assert isinstance(outcomes(tmp_path / "a.warc", record, check_digests=False)[0], Document)


def test_truncated_records_are_not_checked(tmp_path: Path) -> None:
    extra = f"WARC-Truncated: length\r\nWARC-Payload-Digest: sha1:{base32(b'whole')}\r\n"
    (document,) = outcomes(tmp_path / "a.warc", warc_record("response", http(), extra=extra))
    assert isinstance(document, Document)


def test_a_wet_records_digests_are_not_looked_at(tmp_path: Path) -> None:
    record = warc_record("conversion", b"text of a page", extra=f"WARC-Block-Digest: sha1:{base32(b'other')}\r\n")
    (document,) = outcomes(tmp_path / "a.warc", record)
    assert isinstance(document, Document)

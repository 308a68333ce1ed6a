"""The document: one schema for every source.

A document is plain text plus *marks*: special tokens as values, each with the byte offset before which the
tokenizer inserts it (`<commit_msg>` before byte 1200). Text from the outside therefore can never become a
special token, and quality signals and shingles read ordinary text.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa

MARK_TYPE = pa.struct([("at_bytes", pa.int32()), ("token", pa.string())])

DOCUMENT_SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),  # 32 hex digits, see `document_id`
        ("source", pa.string()),  # name of the recipe's source
        ("format", pa.string()),  # page, file, commit, pull_request
        ("text", pa.string()),
        ("marks", pa.list_(MARK_TYPE)),
        ("url", pa.string()),
        ("repository", pa.string()),
        ("commit", pa.string()),
        ("path", pa.string()),
        ("license", pa.string()),  # SPDX expression; null: none found
        ("language_hint", pa.string()),  # programming language for code, else null
        ("date", pa.timestamp("us", tz="UTC")),
        ("metadata", pa.string()),  # JSON object of what this source alone knows
    ]
)

# What ingest did not turn into documents: one row a record, so that nothing is lost silently.
REFUSED_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("outcome", pa.string()),  # rejected (by rule) or quarantined (could not be read)
        ("reference", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Document:
    """What a source yields for one document; its id and its source's name are added when it is written."""

    text: str
    format: str
    marks: Sequence[tuple[int, str]] = ()
    url: str | None = None
    repository: str | None = None
    commit: str | None = None
    path: str | None = None
    license: str | None = None
    language_hint: str | None = None
    date: datetime | None = None
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is no document by rule (a redirect, a binary file): counted by its reason."""

    reference: str
    reason: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not be read: kept with its reference, so that it can be looked at and replayed."""

    reference: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A record that became part of another record's document (a review, of its pull request's)."""

    reference: str


Record = Document | Rejected | Quarantined | Absorbed


def document_id(source: str, document: Document) -> str:
    """128 bits over the source's name, the provenance and the text, as hex: the same wherever it is computed."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (source, document.url, document.repository, document.commit, document.path, document.text):
        data = (part or "").encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _utc(date: datetime | None) -> datetime | None:
    """The moment in UTC; a date without a zone is taken as UTC, never as this machine's."""
    if date is None:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def check_storable(document: Document) -> None:
    """ValueError (or OverflowError, for a date) when a document cannot be stored or tokenized.

    Lone surrogates are no text; marks must ascend, inside the text, between characters.
    """
    data = document.text.encode()
    texts = (
        document.url,
        document.repository,
        document.commit,
        document.path,
        document.license,
        document.language_hint,
    )
    for text in (*texts, document.format, json.dumps(document.metadata, sort_keys=True, ensure_ascii=False)):
        (text or "").encode()
    _utc(document.date)
    position = 0
    for at_bytes, token in document.marks:
        inside = at_bytes < len(data) and data[at_bytes] & 0xC0 == 0x80
        if not position <= at_bytes <= len(data) or inside:
            raise ValueError(f"mark {token!r} at byte {at_bytes} of {len(data)}, behind byte {position}")
        position = at_bytes


def to_table(source: str, documents: Iterable[Document]) -> pa.Table:
    """Documents of source `source` as a table of DOCUMENT_SCHEMA."""
    rows = [
        {
            "doc_id": document_id(source, document),
            "source": source,
            "format": document.format,
            "text": document.text,
            "marks": [{"at_bytes": at, "token": token} for at, token in document.marks],
            "url": document.url,
            "repository": document.repository,
            "commit": document.commit,
            "path": document.path,
            "license": document.license,
            "language_hint": document.language_hint,
            "date": _utc(document.date),
            "metadata": json.dumps(document.metadata, sort_keys=True, ensure_ascii=False),
        }
        for document in documents
    ]
    return pa.Table.from_pylist(rows, schema=DOCUMENT_SCHEMA)

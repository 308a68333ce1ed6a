"""Documents of a mixture's sources: found by what names them, and where they come from."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.document import DOCUMENT_SCHEMA
from pipelines.explaining.reference import Reference, place_text
from pipelines.explaining.stored_rows import StageFiles, Stored, part_uris, rows_of_stage
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.mixture import document_sources

LISTED = 20  # of many documents that one reference names
NOWHERE = "no address given"
NEAREST = 5  # addresses that are like one that was not found

_PROVENANCE = [name for name in DOCUMENT_SCHEMA.names if name not in ("text", "marks")]


@dataclass(frozen=True)
class Provenance:
    """Where a document comes from, and the first characters of its text as far as they were asked for."""

    doc_id: str
    source: str
    part: int  # of each stage's output
    row: int  # in the part
    format: str
    url: str | None
    repository: str | None
    commit: str | None
    path: str | None
    license: str | None
    language_hint: str | None
    date: datetime | None
    metadata: dict[str, Any]
    text: str | None = None

    @property
    def place(self) -> str:
        """Its address, or repository@commit:path as far as it has them."""
        return self.url or place_text(self.repository, self.commit, self.path) or NOWHERE


@dataclass
class Found:
    """What a reference names: the first LISTED of `count` documents, or if there are none what is near."""

    documents: list[Stored] = field(default_factory=list)
    count: int = 0
    near: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Refusal:
    """A record that ingest made no document of."""

    source: str
    outcome: str  # rejected or quarantined
    reference: str
    reason: str
    detail: str


def with_ids(files: StageFiles, source: str, ids: Collection[str]) -> Iterator[Stored]:
    """Every document of `source` whose id is among `ids`: one pass over that column."""
    wanted = pa.array(sorted(ids), pa.string())
    with reading(f"Documents of {source}"):
        for part, uri in part_uris(files, "ingest", source).items():
            row = 0
            for table in storage.row_groups(uri, ["doc_id"]):
                yield from _at(table, pc.is_in(table.column("doc_id"), value_set=wanted), source, part, row)
                row += table.num_rows


def named(files: StageFiles, sources: Iterable[str], reference: Reference) -> Found:
    """The documents of those sources that `reference` names; reads the columns that hold such names."""
    found = Found()
    for source in sources:
        with reading(f"Documents of {source}"):
            for part, uri in part_uris(files, "ingest", source).items():
                row = 0
                for table in storage.row_groups(uri, reference.columns):
                    _collect(found, reference, table, (source, part, row))
                    row += table.num_rows
    return found


def _collect(found: Found, reference: Reference, table: pa.Table, place: tuple[str, int, int]) -> None:
    """Add a row group's documents; `place` is its source, part and first row."""
    mask = reference.matches(table)
    hits = pc.sum(mask).as_py() or 0
    found.count += hits
    if hits:
        found.documents += _at(table, mask, *place, limit=LISTED - len(found.documents))
    if reference.doc_id is None and not found.count and len(found.near) < NEAREST:
        near = table.filter(reference.is_near(table)).slice(0, NEAREST - len(found.near)).to_pylist()
        found.near += [row["url"] or place_text(row["repository"], row["commit"], row["path"]) for row in near]


def _at(
    table: pa.Table, mask: pa.ChunkedArray, source: str, part: int, first_row: int, limit: int | None = None
) -> Iterator[Stored]:
    at = pc.indices_nonzero(mask)[:limit]
    ids = table.column("doc_id").take(at).to_pylist()
    for row, doc_id in zip(at.to_pylist(), ids, strict=True):
        yield Stored(source, part, first_row + row, doc_id)


def provenance(files: StageFiles, stored: Iterable[Stored], text_chars: int = 0) -> dict[Stored, Provenance]:
    """Where each document comes from; its text is read only if some of it is asked for."""
    columns = [*_PROVENANCE, "text"] if text_chars else _PROVENANCE
    with reading("Documents"):
        rows = rows_of_stage(files, "ingest", stored, lambda _: columns)
        return {document: _provenance(document, row, text_chars) for document, row in rows.items()}


def _provenance(stored: Stored, row: dict[str, Any], text_chars: int) -> Provenance:
    metadata = json.loads(row.pop("metadata") or "{}")
    text = row.pop("text")[:text_chars] if text_chars else None
    return Provenance(part=stored.part, row=stored.row, metadata=metadata, text=text, **row)


def refused(files: MixtureFiles, reference: Reference) -> tuple[list[Refusal], int]:
    """The first LISTED records that ingest refused under that reference, and how many there are."""
    found: list[Refusal] = []
    count = 0
    for source in document_sources(files.manifest):
        with reading(f"Refused records of {source}"):
            for uri in part_uris(files, "ingest", source, "refused-").values():
                for table in storage.row_groups(uri, ["source", "outcome", "reference", "reason", "detail"]):
                    hits = table.filter(reference.refused(table.column("reference")))
                    count += hits.num_rows
                    found += [Refusal(**row) for row in hits.slice(0, max(0, LISTED - len(found))).to_pylist()]
    return found, count

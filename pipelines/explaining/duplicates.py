"""Duplicates: what a document was removed in favour of, and what was removed in favour of it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.explaining.documents import Provenance, provenance, with_ids
from pipelines.explaining.stored_rows import StageFiles, Stored, by_part, part_uris
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.mixture import document_sources
from pipelines.steps.deduplicate import REMOVED_SCHEMA

MEMBERS_SHOWN = 5


@dataclass(frozen=True)
class Removal:
    """Why a document was removed, and the one kept in its place; None: that one is not in the lake any more."""

    reason: str  # such as near_duplicate
    survivor_id: str
    cluster_size: int  # documents that the survivor stands for, itself included
    survivor: Provenance | None


@dataclass(frozen=True)
class Member:
    """A document that was removed in favour of another."""

    reason: str
    document: Provenance


@dataclass(frozen=True)
class Cluster:
    """What a survivor stands for: `size` documents, itself included, and the first few of the others."""

    size: int
    members: list[Member]


def removals(files: MixtureFiles, stored: Iterable[Stored]) -> dict[Stored, Removal]:
    """Those of the documents that dedup removed; survivors may be of any source."""
    with reading("Duplicates"):
        found = removed_rows(files, stored)
    survivors = _survivors(files, {row["survivor_id"] for row in found.values()})
    return {
        document: Removal(row["reason"], row["survivor_id"], row["cluster_size"], survivors.get(row["survivor_id"]))
        for document, row in found.items()
    }


def removed_rows(files: StageFiles, stored: Iterable[Stored]) -> dict[Stored, dict[str, Any]]:
    """The rows of REMOVED_SCHEMA of those of the documents that dedup removed."""
    found: dict[Stored, dict[str, Any]] = {}
    uris: dict[str, dict[int, str]] = {}
    for (source, part), documents in by_part(stored).items():
        if source not in uris:
            uris[source] = part_uris(files, "dedup", source, "removed-")
        if part in uris[source]:
            rows = _removed_rows(uris[source][part], [document.row for document in documents])
            found |= {document: rows[document.row] for document in documents if document.row in rows}
    return found


def _removed_rows(uri: str, rows: list[int]) -> dict[int, dict[str, Any]]:
    """Those of the part's rows that are in its list of removed ones."""
    wanted = pa.array(rows, pa.int32())
    table = storage.read_table(uri, REMOVED_SCHEMA.names)
    return {row["row"]: row for row in table.filter(pc.is_in(table.column("row"), value_set=wanted)).to_pylist()}


def _survivors(files: MixtureFiles, ids: Collection[str]) -> dict[str, Provenance]:
    """The documents of those ids, whatever their source."""
    missing = set(ids)
    stored: list[Stored] = []
    for source in document_sources(files.manifest):
        if missing:
            own = {document.doc_id: document for document in with_ids(files, source, missing)}
            stored += own.values()
            missing -= own.keys()
    return {document.doc_id: found for document, found in provenance(files, stored).items()}


def clusters(files: MixtureFiles, survivor_ids: Collection[str]) -> dict[str, Cluster]:
    """What each survivor stands for, those without duplicates left out; reads the lists of all sources."""
    shown: dict[str, list[tuple[Stored, dict[str, Any]]]] = {survivor_id: [] for survivor_id in survivor_ids}
    with reading("Duplicates"):
        for source in document_sources(files.manifest):
            for part, uri in part_uris(files, "dedup", source, "removed-").items():
                for row in _wanted_members(uri, shown):
                    members = shown[row["survivor_id"]]
                    if len(members) < MEMBERS_SHOWN:
                        members.append((Stored(source, part, row["row"], ""), row))
    described = provenance(files, (place for members in shown.values() for place, _ in members))
    return {
        survivor_id: Cluster(
            members[0][1]["cluster_size"], [Member(row["reason"], described[place]) for place, row in members]
        )
        for survivor_id, members in shown.items()
        if members
    }


def _wanted_members(uri: str, shown: dict[str, list[tuple[Stored, dict[str, Any]]]]) -> Iterator[dict[str, Any]]:
    """Removed rows of a part whose survivor still has room for members to show."""
    for table in storage.row_groups(uri, REMOVED_SCHEMA.names):
        wanted = sorted(survivor_id for survivor_id, members in shown.items() if len(members) < MEMBERS_SHOWN)
        is_wanted = pc.is_in(table.column("survivor_id"), value_set=pa.array(wanted, pa.string()))
        yield from table.filter(is_wanted).to_pylist()

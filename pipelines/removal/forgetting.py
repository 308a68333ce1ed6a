"""Forgetting: what a tombstone would take out of a lake, and which copies under another name it would leave."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.blocks import block_name, block_of
from mixer.order import document_order_hash
from pipelines.block_sets import read_block_set
from pipelines.conditions.columns import read_part
from pipelines.conditions.condition import Condition
from pipelines.lake import Lake, StageManifest
from pipelines.removal.generations import Generation
from pipelines.removal.tombstones import Tombstone, columns_of, matches_of

Rows = npt.NDArray[np.int64]  # of a part


@dataclass
class SourceMatches:
    """Ids of one source's stored documents that a tombstone forgets."""

    source: str
    documents: set[str] = field(default_factory=set)
    in_blocks: set[str] = field(default_factory=set)  # of those, the ones in token blocks
    removed: set[str] = field(default_factory=set)  # of those, the ones that some dedup removed as duplicates


@dataclass
class Forgetting:
    """What a tombstone forgets, and the copies that it does not match."""

    tombstone: Tombstone
    sources: list[SourceMatches] = field(default_factory=list)
    # Ids of documents that do not match and are duplicates of some that do, sorted.
    surviving_copies: list[str] = field(default_factory=list)  # dedup kept them: they stand for what is forgotten
    removed_copies: list[str] = field(default_factory=list)  # dedup removed them; another recipe may keep them

    def with_duplicates(self) -> Tombstone:
        """The tombstone that forgets the copies too."""
        ids = sorted({*self.tombstone.ids, *self.surviving_copies, *self.removed_copies})
        return Tombstone.model_validate(self.tombstone.model_dump() | {"ids": ids})


def new_tombstone(
    match: str | None, ids: Sequence[str], note: str, classifiers: Collection[str] | None = None
) -> Tombstone:
    """A tombstone of today; ConditionError or ValidationError when it cannot be used.

    `classifiers` are those that documents in the lake are scored by; None: whatever the condition names.
    """
    if match is not None:
        Condition.parse(match, classifiers)
    return Tombstone(
        match=match,
        ids=tuple(sorted(set(ids))),
        note=note,
        created=date.today().isoformat(),
        mixdown=metadata.version("mixdown"),
    )


def match_of(match: str | None, url: str | None, license_id: str | None) -> str | None:
    """One condition for what was asked: documents that match, or have the address, or name the licence."""
    parts = [match] if match is not None else []
    if url is not None:
        parts.append(f"url = {_quoted(url)}")
    if license_id is not None:
        # The ids of every choice that the licence's expression offers, in lower case.
        parts.append(f"list_contains(flatten(license_choices), {_quoted(license_id.lower())})")
    return parts[0] if len(parts) == 1 else " OR ".join(f"({part})" for part in parts) or None


def find_matches(lake: Lake, tombstone: Tombstone, generations: Sequence[Generation]) -> Forgetting:
    """What the tombstone forgets of the given generations; reads no text."""
    rows_of: dict[tuple[int, int], Rows] = {}
    survivors: set[str] = set()  # that dedup kept in place of a document that matches
    by_source = {generation.source: SourceMatches(generation.source) for generation in generations}
    for index, generation in enumerate(generations):
        own = by_source[generation.source]
        for number, documents_uri, annotated_uri in generation.parts(lake):
            table = read_part(documents_uri, annotated_uri, columns_of([tombstone]))
            (mask,) = matches_of([tombstone], table)
            rows_of[index, number] = np.flatnonzero(mask)
            ids = table.column("doc_id")
            own.documents.update(ids.filter(pa.array(mask)).to_pylist())
            for uri in generation.removed_of_part(lake, number):
                removed = storage.read_table(uri, ["row", "survivor_id"])
                removed = removed.filter(pc.is_in(removed.column("row"), value_set=_int32(rows_of[index, number])))
                survivors.update(removed.column("survivor_id").to_pylist())
                own.removed.update(ids.take(removed.column("row")).to_pylist())
        own.in_blocks |= _in_blocks(lake, generation.blocks, own.documents)
    matched = set().union(*(own.documents for own in by_source.values()))
    copies = _removed_copies(lake, generations, rows_of, pa.array(sorted(matched | survivors), pa.string()))
    return Forgetting(
        tombstone,
        [by_source[name] for name in sorted(by_source)],
        surviving_copies=sorted(survivors - matched),
        removed_copies=sorted(copies - matched - survivors),
    )


def _removed_copies(
    lake: Lake, generations: Sequence[Generation], rows_of: dict[tuple[int, int], Rows], survivors: pa.Array
) -> set[str]:
    """Ids of the documents that were removed as duplicates of one of `survivors`.

    `rows_of` has the rows, by generation and part, that are left out.
    """
    found: set[str] = set()
    for index, generation in enumerate(generations):
        for number, _, annotated_uri in generation.parts(lake):
            rows: set[int] = set()
            for uri in generation.removed_of_part(lake, number):
                removed = storage.read_table(uri, ["row", "survivor_id"])
                copies = removed.filter(pc.is_in(removed.column("survivor_id"), value_set=survivors))
                rows.update(copies.column("row").to_pylist())
            rows.difference_update(rows_of[index, number].tolist())
            if rows:
                ids = storage.read_table(annotated_uri, ["doc_id"]).column("doc_id")
                found.update(ids.take(pa.array(sorted(rows))).to_pylist())
    return found


def _in_blocks(lake: Lake, tokenized: Sequence[StageManifest], ids: set[str]) -> set[str]:
    """Those of a source's documents that are in token blocks; looks into those blocks alone that could hold them."""
    found: set[str] = set()
    for manifest in tokenized:
        salt, bits = manifest.settings["salt"], manifest.settings["block_bits"]
        folders = read_block_set(lake, manifest).folders
        for block in sorted({block_of(document_order_hash(salt, doc_id), bits) for doc_id in ids} & set(folders)):
            stored = storage.read_table(f"{folders[block]}/{block_name(block)}", ["doc_id"]).column("doc_id")
            found.update(ids.intersection(stored.to_pylist()))
    return found


def _int32(rows: Rows) -> pa.Array:
    """Row numbers as lists of removed rows store them."""
    return pa.array(rows, pa.int32())


def _quoted(text: str) -> str:
    """The text as a string in SQL."""
    return "'" + text.replace("'", "''") + "'"

"""From a document to what became of it: refused, rejected, a duplicate, left out, or in which rows."""

from dataclasses import dataclass
from typing import Literal

from pipelines.explaining.accounts import Account, accounts
from pipelines.explaining.documents import Found, Provenance, Refusal, named, provenance, refused
from pipelines.explaining.places import Locator, Presence, names_over
from pipelines.explaining.plain_text import plain
from pipelines.explaining.question import NotInMixture
from pipelines.explaining.reference import Reference
from pipelines.explaining.selection import condition_of, forgotten_by, read_today, why_left_out
from pipelines.explaining.stored_rows import Stored
from pipelines.mixture import Mixture
from pipelines.reporting.mixture import document_sources

TOLD = 5  # documents of one name that are told about in full; of more, the list is shown

Outcome = Literal["unmeasured", "rejected", "duplicate", "nothing_left", "left_out", "not_reached", "mixed"]


@dataclass(frozen=True)
class Mixing:
    """What became of a surviving document in a source or one of its tiers."""

    mixed_as: str
    where: str | None  # the condition that chose its documents
    presence: Presence | None  # None: left out
    left_out_by: list[str]  # its condition, tombstones; empty: it is present, or the lake does not show why not


@dataclass(frozen=True)
class Trail:
    """One document, from its input to the rows that it is in."""

    outcome: Outcome
    account: Account
    mixed: list[Mixing]  # empty unless it survived
    tombstones: list[str]  # that the lake has today


@dataclass(frozen=True)
class DocumentStory:
    """All that goes by one name: up to TOLD documents in full, more as a list, and records that ingest refused."""

    asked: str
    documents: int
    trails: list[Trail]
    listed: list[Provenance]  # the first few, when there are too many to tell about
    refused_records: int
    refused: list[Refusal]


def explain_document(mixture: Mixture, name: str, text_chars: int = 0) -> DocumentStory:
    """What became of the document of that id, address or repository@commit:path.

    NotInMixture when nothing in the lake goes by that name; Gone when the lake lost what the answer takes.
    """
    reference = Reference(name.encode("utf-8", "replace").decode())  # an argument that is no text names nothing
    found = named(mixture.files, document_sources(mixture.manifest), reference)
    refusals, refused_records = ([], 0) if reference.doc_id else refused(mixture.files, reference)
    if not found.count and not refused_records:
        raise NotInMixture(_nowhere(mixture, name, found))
    copies = len({stored.doc_id for stored in found.documents}) == 1  # the same page, met several times
    asked = found.documents if copies or found.count <= TOLD else []
    known = accounts(mixture.files, asked, text_chars)
    told = asked if len(asked) <= TOLD else sorted(asked, key=lambda stored: not known[stored].survives)[:TOLD]
    listed = [] if told else list(provenance(mixture.files, found.documents).values())
    trails = [_trail(mixture, stored, known[stored]) for stored in told]
    return DocumentStory(name, found.count, trails, listed, refused_records, refusals)


def _trail(mixture: Mixture, stored: Stored, account: Account) -> Trail:
    mixed = [_mixing(mixture, stored, name) for name in names_over(mixture, stored.source)] if account.survives else []
    tombstones = forgotten_by(mixture.files, stored, read_today(mixture.files))
    return Trail(_outcome(account, mixed), account, mixed, tombstones)


def _mixing(mixture: Mixture, stored: Stored, name: str) -> Mixing:
    presence = Locator(mixture, name).presence([stored.doc_id]).get(stored.doc_id)
    reasons = [] if presence else why_left_out(mixture, stored, name)
    return Mixing(name, condition_of(mixture, name), presence, reasons)


def _outcome(account: Account, mixed: list[Mixing]) -> Outcome:
    if account.verdict.unmeasured is not None:
        return "unmeasured"
    if not account.verdict.keep:
        return "rejected"
    if account.removal is not None:
        return "duplicate"
    if account.is_emptied:
        return "nothing_left"
    present = [mixing.presence for mixing in mixed if mixing.presence is not None]
    if not present:
        return "left_out"
    return "mixed" if any(presence.held for presence in present) else "not_reached"


def _nowhere(mixture: Mixture, name: str, found: Found) -> str:
    sources = document_sources(mixture.manifest)
    books = [mixture.files.stage("ingest", source).books for source in sources]
    looked = (
        f"looked through {sum(book.kept for book in books):,} documents and "
        f"{sum(book.rejected + book.quarantined for book in books):,} refused records of {', '.join(sources)}"
    )
    near = f". Near it: {' '.join(plain(name) for name in found.near)}" if found.near else ""
    absorbed = sum(book.absorbed for book in books)
    also = f". {absorbed:,} records became part of another's document and have no name of their own" if absorbed else ""
    return f"no document goes by {name!r}: {looked}{also}{near}"

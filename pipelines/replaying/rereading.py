"""One split read again, in a task, and compared with what the lake has of it. Nothing is written."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mixer import storage
from pipelines.document import Absorbed, Document, Quarantined, Rejected, document_id
from pipelines.ingesting.earlier_parts import EarlierPart
from pipelines.replaying.alignment import Comparison, Outcome, compare
from pipelines.source import Split, source_kind
from pipelines.steps.ingest import refused_row, storable


class RereadTask(BaseModel):
    """A split, and the part that an earlier ingest made of it."""

    source: str
    kind: str
    options: dict[str, Any]
    split: Split
    part: EarlierPart


@dataclass(frozen=True)
class Reread:
    """How the two readings of a split differ."""

    split: Split
    differs: bool
    documents_before: int
    documents_now: int
    quarantined_before: int
    quarantined_now: int
    comparison: Comparison


def read_again(task: RereadTask) -> Reread:
    """Read the split with the code and the input of now."""
    kind = source_kind(task.kind)
    records = kind.read(task.split, kind.options.model_validate(task.options))
    now = [_outcome(task.source, storable(record)) for record in records]
    old_ids, old_refused = stored_ids(task.part), stored_refused(task.part)
    new_ids = [outcome.doc_id for outcome in now if outcome.kind == "document"]
    new_refused = [outcome for outcome in now if outcome.kind in ("rejected", "quarantined")]
    return Reread(
        split=task.split,
        differs=old_ids != new_ids or old_refused != new_refused,
        documents_before=len(old_ids),
        documents_now=len(new_ids),
        quarantined_before=task.part.counted.books.quarantined,
        quarantined_now=sum(outcome.kind == "quarantined" for outcome in now),
        comparison=compare(old_ids, old_refused, now),
    )


def stored_refused(part: EarlierPart) -> list[Outcome]:
    """What was rejected or quarantined of a split, in order."""
    rows = [row for uri in _uris(part, "refused-") for row in storage.read_table(uri).to_pylist()]
    return [Outcome(row["outcome"], row["reference"], row["reason"], row["detail"]) for row in rows]


def stored_ids(part: EarlierPart) -> list[str]:
    """Ids of a split's documents, in order."""
    tables = [storage.read_table(uri, ["doc_id"]) for uri in _uris(part, "part-")]
    return [doc_id for table in tables for doc_id in table.column("doc_id").to_pylist()]


def _uris(part: EarlierPart, prefix: str) -> list[str]:
    return [f"{part.folder}/{file.path}" for file in part.files if file.path.startswith(prefix)]


def _outcome(source: str, record: Any) -> Outcome:
    match record:
        case Document():
            return Outcome("document", doc_id=document_id(source, record))
        case Absorbed(reference):
            return Outcome("absorbed", reference)
        case Rejected(reference, reason):
            row = refused_row(source, "rejected", reference, reason, "")
            return Outcome("rejected", row["reference"], row["reason"])
        case Quarantined(reference, reason, detail):
            row = refused_row(source, "quarantined", reference, reason, detail)
            return Outcome("quarantined", row["reference"], row["reason"], row["detail"])
        case _:
            raise TypeError(f"source {source!r} yielded {type(record).__name__}, not one of the record types")

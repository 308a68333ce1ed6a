"""A cluster's documents with their texts compared: what a removed document says that its survivor does not."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.duplicate_listing.choosing import Shown
from pipelines.duplicate_listing.differences import Differences, differences
from pipelines.duplicate_listing.removed_counts import ClusterCounts, Removed
from pipelines.duplicate_listing.similarity import jaccard, ngrams
from pipelines.explaining.documents import Provenance, provenance
from pipelines.explaining.stored_rows import StageFiles, Stored, rows_of_stage
from pipelines.explaining.trained_text import trained_on
from pipelines.final_text import CHANGE_COLUMNS

DIFFERENCES_SHOWN = 5


@dataclass(frozen=True)
class Text:
    """A document and the text that it is trained on, which is what dedup compares."""

    document: Provenance
    text: str


@dataclass(frozen=True)
class Survivor:
    """The document that is kept; `document.text` is the beginning of its text."""

    document: Provenance
    bytes: int  # of the text that it is trained on


@dataclass(frozen=True)
class Member:
    """A document that was removed, compared with its survivor; None where that is not in the lake any more."""

    reason: str
    document: Provenance
    bytes: int
    similarity: float | None  # Jaccard, of the sets of word 5-grams; None too where a text has fewer than five words
    differences: Differences | None


@dataclass(frozen=True)
class Cluster:
    """Documents that count as one: `size` of them, the survivor included."""

    survivor_id: str
    size: int
    removed: list[Removed]
    reasons: dict[str, int]  # documents removed, over all sources
    survivor: Survivor | None
    members: list[Member]  # those that are shown


def compared(files: StageFiles, counts: ClusterCounts, shown: Shown, text_chars: int) -> Cluster:
    """The cluster with the documents that are shown, and `text_chars` of its survivor's text."""
    places = [place for place, _ in shown.members]
    texts = _texts(files, places if shown.survivor is None else [shown.survivor, *places])
    survivor = None if shown.survivor is None else texts[shown.survivor]
    grams = None if survivor is None or not places else ngrams(survivor.text)
    members = []
    for place, reason in shown.members:
        own = texts[place]
        members.append(
            Member(
                reason,
                replace(own.document, text=None),
                len(own.text.encode()),
                None if grams is None else jaccard(grams, ngrams(own.text)),
                None if survivor is None else differences(survivor.text, own.text, DIFFERENCES_SHOWN),
            )
        )
    reasons: dict[str, int] = {}
    for each in counts.removed:
        reasons[each.reason] = reasons.get(each.reason, 0) + each.documents
    return Cluster(
        counts.survivor_id,
        counts.size,
        counts.removed,
        dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        None if survivor is None else _survivor(survivor, text_chars),
        members,
    )


def _survivor(own: Text, text_chars: int) -> Survivor:
    beginning = own.text[:text_chars] if text_chars else None
    return Survivor(replace(own.document, text=beginning), len(own.text.encode()))


def _texts(files: StageFiles, places: Sequence[Stored]) -> dict[Stored, Text]:
    """Each document with its whole text."""
    documents = provenance(files, places, text_chars=sys.maxsize)
    changes = rows_of_stage(files, "annotate", places, lambda _: CHANGE_COLUMNS)
    return {
        place: Text(document, trained_on(document.text or "", changes[place])) for place, document in documents.items()
    }

"""Documents that entered and left: exact counts for each source, and samples with where from and why."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from pipelines.diffing.absence import OUTCOMES, Absence, Detail, why_absent
from pipelines.diffing.document_ids import Ids, hex_of, no_ids, positions_in
from pipelines.diffing.provenance import references
from pipelines.diffing.trained import TrainedSource, trained_source
from pipelines.mixture import Mixture
from pipelines.reporting.files import Gone, reading

DEFAULT_SAMPLES = 5


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SampleDocument(_Part):
    """One document, and why the mixture that lacks it does."""

    doc_id: str
    tokens: int  # of the whole document
    reference: str  # address or repository@commit:path; empty: not in the lake any more
    outcome: str  # an `Outcome`
    reasons: list[str]
    survivor: str  # what was kept in its place: where it comes from, else its id; empty where none was


class Moved(_Part):
    """Documents that one mixture trains on and the other does not."""

    documents: int
    tokens: int  # of whole documents
    outcomes: dict[str, int]  # what became of them in the mixture that lacks them; adds up to `documents`
    reasons: dict[str, dict[str, int]]  # by outcome: rules failed (a document may fail several), kinds of duplicates
    samples: list[SampleDocument]  # those with the smallest ids, which are hashes: as good as random, never others


class SourceDocuments(_Part):
    """A source or tier whose trained documents differ."""

    source: str
    entered: Moved
    left: Moved


class DocumentChanges(_Part):
    """All sources whose trained documents differ; `notes` say what could not be found out."""

    sources: list[SourceDocuments]
    notes: list[str]


@dataclass(frozen=True)
class _Missing:
    """Documents that `holder` trains on and `lacker` does not; samples are the first `samples` of them."""

    source: str
    holder: Mixture
    lacker: Mixture
    tokens: int
    sample_tokens: list[int]
    absence: Absence

    @property
    def sample_ids(self) -> list[str]:
        return [hex_of(document_id) for document_id in self.absence.ids[: len(self.sample_tokens)]]


def document_changes(before: Mixture, after: Mixture, samples: int = DEFAULT_SAMPLES) -> DocumentChanges:
    """What entered and left between two mixtures, source by source; `samples` documents of each are shown.

    Holds one source's ids of one mixture at a time (16 bytes a document), and those that entered or left.
    """
    names = dict.fromkeys(source.name for mixture in (before, after) for source in mixture.manifest.sources)
    found: list[tuple[_Missing, _Missing]] = []
    notes: list[str] = []
    for name in names:
        try:
            found.append(_of_source(name, before, after, samples))
        except Gone as gone:
            notes.append(str(gone))
    found = [pair for pair in found if any(len(missing.absence.ids) for missing in pair)]
    notes += [note for pair in found for missing in pair for note in missing.absence.notes]
    where, gone_notes = _references([missing for pair in found for missing in pair], (before, after))
    sources = [
        SourceDocuments(source=entered.source, entered=_moved(entered, where), left=_moved(left, where))
        for entered, left in found
    ]
    return DocumentChanges(sources=sources, notes=list(dict.fromkeys([*notes, *gone_notes])))


def _of_source(name: str, before: Mixture, after: Mixture, samples: int) -> tuple[_Missing, _Missing]:
    """What entered and what left."""
    old, new = trained_source(before, name), trained_source(after, name)
    shared = old.shared_with(new)
    entered = _missing(name, (after, new), (before, old), shared, samples)
    return entered, _missing(name, (before, old), (after, new), shared, samples)


def _missing(
    name: str,
    holder: tuple[Mixture, TrainedSource],
    lacker: tuple[Mixture, TrainedSource],
    shared: frozenset[int],
    samples: int,
) -> _Missing:
    with reading(f"Token blocks of {name}"):
        ids, tokens = _only_in(holder[1], lacker[1], shared)
    absence = why_absent(lacker[0], name, lacker[1], ids, range(min(samples, len(ids))))
    return _Missing(name, holder[0], lacker[0], int(tokens.sum()), tokens[:samples].tolist(), absence)


def _only_in(this: TrainedSource, other: TrainedSource, shared: frozenset[int]) -> tuple[Ids, npt.NDArray[np.int64]]:
    """Ids, ascending, and tokens of the documents that `this` trains on and `other` does not."""
    known = other.sorted_ids(shared)
    ids, tokens = [no_ids()], [np.empty(0, np.int64)]
    for block in sorted(this.reached - shared):
        documents = this.documents(block)
        is_new = positions_in(known, documents.ids) < 0
        ids.append(documents.ids[is_new])
        tokens.append(documents.tokens[is_new])
    all_ids = np.concatenate(ids)
    order = np.argsort(all_ids)
    return all_ids[order], np.concatenate(tokens)[order]


def _references(found: Iterable[_Missing], mixtures: tuple[Mixture, Mixture]) -> tuple[dict[str, str], list[str]]:
    """Id -> where it comes from, for all samples and for what was kept in their place; each mixture is asked once."""
    found = list(found)
    where: dict[str, str] = {}
    notes: list[str] = []
    for mixture in mixtures:
        wanted: dict[str, set[str]] = {}
        for missing in found:
            if missing.holder is mixture:
                wanted.setdefault(mixture.base_of(missing.source), set()).update(missing.sample_ids)
        survivors = {
            detail.survivor_id
            for missing in found
            if missing.lacker is mixture
            for detail in missing.absence.details.values()
            if detail.survivor_id
        }
        own, own_notes = references(mixture.files, wanted, survivors)
        where |= own
        notes += own_notes
    return where, notes


def _moved(missing: _Missing, where: dict[str, str]) -> Moved:
    absence = missing.absence
    samples = []
    for position, (doc_id, tokens) in enumerate(zip(missing.sample_ids, missing.sample_tokens, strict=True)):
        detail = absence.details.get(position, Detail(()))
        samples.append(
            SampleDocument(
                doc_id=doc_id,
                tokens=tokens,
                reference=where.get(doc_id, ""),
                outcome=OUTCOMES[absence.outcomes[position]].value,
                reasons=list(detail.reasons),
                survivor=where.get(detail.survivor_id, detail.survivor_id),
            )
        )
    return Moved(
        documents=len(absence.ids),
        tokens=missing.tokens,
        outcomes=absence.counts(),
        reasons={outcome: dict(sorted(counts.items())) for outcome, counts in absence.reasons.items() if counts},
        samples=samples,
    )

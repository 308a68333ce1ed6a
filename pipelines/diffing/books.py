"""Books: what came into each stage of each source, what was kept, and why not the rest, in two mixtures."""

from pydantic import BaseModel, ConfigDict

from pipelines.lake import Books
from pipelines.mixture import Mixture
from pipelines.reporting.files import Gone
from pipelines.reporting.funnel import STAGES

NUMBERS = ("records_in", "kept", "absorbed", "rejected", "quarantined")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageBooks(_Part):
    """One stage's books of one source where they differ; None: that mixture does not have the stage or the source."""

    stage: str
    source: str
    before: Books | None
    after: Books | None

    @property
    def loses(self) -> bool:
        """Whether the stage keeps back some record in one of the mixtures."""
        return any(books is not None and books.kept < books.records_in for books in (self.before, self.after))

    def changes(self) -> list[tuple[str, int, int]]:
        """(number or reason, before, after) of what differs; the reasons last, by name."""
        before, after = self.before or Books(), self.after or Books()
        numbers = [(name.replace("_", " "), getattr(before, name), getattr(after, name)) for name in NUMBERS]
        reasons = [
            (reason, before.reasons.get(reason, 0), after.reasons.get(reason, 0))
            for reason in sorted({*before.reasons, *after.reasons})
        ]
        return [line for line in (*numbers, *reasons) if line[1] != line[2]]


class BookChanges(_Part):
    """The stages whose books differ, in the stages' order; `notes` name those that cannot be compared."""

    stages: list[StageBooks]
    notes: list[str]


def book_changes(before: Mixture, after: Mixture) -> BookChanges:
    """What differs between the books of two mixtures."""
    stages, notes = [], []
    for stage, source in _stage_sources(before, after):
        try:
            books = StageBooks(
                stage=stage, source=source, before=_books(before, stage, source), after=_books(after, stage, source)
            )
        except Gone as gone:
            notes.append(str(gone))
            continue
        if books.before != books.after:
            stages.append(books)
    return BookChanges(stages=stages, notes=notes)


def _stage_sources(before: Mixture, after: Mixture) -> list[tuple[str, str]]:
    """(stage, source) of both mixtures: stages in their order, sources as they come."""
    pairs = dict.fromkeys([*before.manifest.inputs, *after.manifest.inputs])
    order = {stage: number for number, stage in enumerate(STAGES)}
    split = [(stage, source) for stage, slash, source in (pair.partition("/") for pair in pairs) if slash]
    return sorted(split, key=lambda pair: order.get(pair[0], len(order)))


def _books(mixture: Mixture, stage: str, source: str) -> Books | None:
    if f"{stage}/{source}" not in mixture.manifest.inputs:
        return None
    return mixture.files.stage(stage, source).books

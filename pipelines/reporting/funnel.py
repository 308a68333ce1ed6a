"""The funnel: how many of a source's raw records came through each stage, and why the others did not."""

from dataclasses import dataclass

from mixer.manifest import SourceTotal
from pipelines.lake import Books
from pipelines.reporting.files import Gone, MixtureFiles

STAGES = ("ingest", "annotate", "decide", "dedup", "tokenize")  # those that take records in and let some through
MAX_REASONS = 20


@dataclass(frozen=True)
class FunnelStage:
    """One stage's books of one source, or why they are gone."""

    name: str
    books: Books | None
    gone: str
    kept_percent: float | None  # of the source's raw records; None: unknown
    reasons: list[tuple[str, int]]  # the most frequent first
    reasons_left_out: int


@dataclass(frozen=True)
class Funnel:
    """From raw records to trained tokens."""

    source: SourceTotal
    stages: list[FunnelStage]


def funnels(files: MixtureFiles) -> list[Funnel]:
    """A funnel a source, in the manifest's order."""
    return [funnel(files, source) for source in files.manifest.sources]


def funnel(files: MixtureFiles, source: SourceTotal) -> Funnel:
    """The funnel of one source; a stage whose output is gone says so."""
    stages: list[FunnelStage] = []
    raw_records: int | None = None
    for name in STAGES:
        try:
            books = files.stage(name, source.name).books
        except Gone as gone:
            stages.append(FunnelStage(name, None, str(gone), None, [], 0))
            continue
        if name == STAGES[0]:
            raw_records = books.records_in
        stages.append(_stage(name, books, raw_records))
    return Funnel(source, stages)


def _stage(name: str, books: Books, raw_records: int | None) -> FunnelStage:
    reasons = sorted(books.reasons.items(), key=lambda item: (-item[1], item[0]))
    kept_percent = round(100 * books.kept / raw_records, 3) if raw_records else None
    return FunnelStage(name, books, "", kept_percent, reasons[:MAX_REASONS], max(0, len(reasons) - MAX_REASONS))

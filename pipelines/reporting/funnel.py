"""The funnel: how many of a source's raw records came through each stage to trained tokens, and why not the others."""

from dataclasses import dataclass

from mixer.manifest import SourceTotal
from pipelines.lake import Books
from pipelines.reporting.charts import Bar, ranked
from pipelines.reporting.files import Gone, MixtureFiles
from pipelines.reporting.mixture import base_sources

# Stages that take records in and let some through, with what those that came through are.
STAGES = {
    "ingest": "documents",
    "annotate": "measured",
    "decide": "kept by the rules",
    "dedup": "left by dedup",
    "repeats": "left without repeats",
    "tokenize": "tokenized",
    "select": "chosen for the mixture",
}
REPEATS = "repeats"  # runs for a source whose repeated lines or spans are cut
SELECT = "select"  # runs for a source or tier that takes some of a source's documents
PASSES_ALL = ("annotate", "tokenize")  # lose nothing by design: shown when they do, or when their output is gone
MAX_REASONS = 20


@dataclass(frozen=True)
class FunnelStage:
    """One stage's books of one source, or why they are gone."""

    name: str
    result: str
    books: Books | None
    gone: str
    kept_percent: float | None  # of the source's raw records; None: unknown
    reasons: list[tuple[str, int]]  # the most frequent first
    reasons_left_out: int


@dataclass(frozen=True)
class Funnel:
    """From raw records to trained tokens."""

    source: SourceTotal
    tier_of: str  # the source that a tier's documents come from, where the reasons stand; else empty
    raw_records: int | None  # None: unknown
    stages: list[FunnelStage]
    tokens: list[Bar]  # available in an epoch, and trained on

    @property
    def end(self) -> str:
        """What became of the available tokens."""
        source = self.source
        if not source.available_tokens:
            return "No document is left to train on."
        if source.actual_tokens >= source.available_tokens:
            return f"Every token is trained on, {source.epochs:.2f} times on average."
        unused = 1 - source.actual_tokens / source.available_tokens
        return f"{unused:.1%} of the tokens are not trained on: the phases ask for no more."


def funnels(files: MixtureFiles) -> list[Funnel]:
    """A funnel a source or tier, in the manifest's order."""
    base = base_sources(files.manifest)
    return [funnel(files, source, base[source.name]) for source in files.manifest.sources]


def funnel(files: MixtureFiles, source: SourceTotal, base: str) -> Funnel:
    """The funnel of one source, or of one tier of source `base`; a stage whose output is gone says so."""
    is_tier = base != source.name
    stages: list[FunnelStage] = []
    raw_records: int | None = None
    for name in STAGES:
        if name == SELECT and f"{SELECT}/{source.name}" not in files.manifest.inputs:
            continue
        if name == REPEATS and f"{REPEATS}/{base}" not in files.manifest.inputs:
            continue
        try:
            books = files.stage(name, source.name if name == SELECT else base).books
        except Gone as gone:
            stages.append(FunnelStage(name, STAGES[name], None, str(gone), None, [], 0))
            continue
        if name == "ingest":
            raw_records = books.records_in
        if name not in PASSES_ALL or books.kept < books.records_in:
            stages.append(_stage(name, books, raw_records, with_reasons=not is_tier or name == SELECT))
    tokens = [("available in one epoch", source.available_tokens), ("trained on", source.actual_tokens)]
    bars = ranked(tokens, max(count for _, count in tokens))
    return Funnel(source, base if is_tier else "", raw_records, stages, bars)


def _stage(name: str, books: Books, raw_records: int | None, *, with_reasons: bool) -> FunnelStage:
    reasons = sorted(books.reasons.items(), key=lambda item: (-item[1], item[0])) if with_reasons else []
    kept_percent = round(100 * books.kept / raw_records, 3) if raw_records else None
    left_out = max(0, len(reasons) - MAX_REASONS)
    return FunnelStage(name, STAGES[name], books, "", kept_percent, reasons[:MAX_REASONS], left_out)

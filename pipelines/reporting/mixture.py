"""The mixture in numbers: what was asked and what is in the shards, by source and by phase."""

from collections import Counter
from dataclasses import dataclass

from mixer.manifest import MixtureManifest, Phase, PhaseShare, SourceTotal
from mixer.request import is_code
from pipelines.previews.table import code_share
from pipelines.reporting.charts import Bar, stacked

SHARE_PARTS = 1_000_000  # shares become whole parts of this for the stacked bars


@dataclass(frozen=True)
class MixtureLine:
    """A source's line of the mixture table."""

    total: SourceTotal
    colour: int  # which of the page's colours stands for the source
    fill: float  # share of its rows' places that hold tokens; 1 without padding
    cut_share: float  # of its rows: those that end inside a document


@dataclass(frozen=True)
class PhaseLine:
    """A source's line of a phase's table."""

    part: PhaseShare
    colour: int


@dataclass(frozen=True)
class PhaseShares:
    """A phase as stacked bars and a table; `target` is None where it is what was asked."""

    name: str
    first_row: int
    rows: int
    tokens: int
    padding_tokens: int
    asked_code_share: float
    target_code_share: float
    code_share: float
    asked: list[Bar]
    target: list[Bar] | None
    actual: list[Bar]
    lines: list[PhaseLine]


@dataclass(frozen=True)
class Headline:
    """What to know first."""

    tokens: int
    code_share: float
    rows: int
    shards: int
    phases: int
    sources: int
    documents: int
    shard_bytes: int
    padding_tokens: int
    fill: float
    cut_share: float


def headline(manifest: MixtureManifest) -> Headline:
    """The mixture in a few numbers."""
    tokens = sum(source.actual_tokens for source in manifest.sources)
    padding_tokens = sum(source.padding_tokens for source in manifest.sources)
    return Headline(
        tokens=tokens,
        code_share=code_share(manifest.sources),
        rows=manifest.rows,
        shards=len(manifest.files),
        phases=len(manifest.phases),
        sources=len(manifest.sources),
        documents=sum(source.documents for source in manifest.sources),
        shard_bytes=sum(file.bytes for file in manifest.files),
        padding_tokens=padding_tokens,
        fill=_fill(tokens, padding_tokens),
        cut_share=sum(_cut_rows(manifest).values()) / manifest.rows,
    )


def mixture_lines(manifest: MixtureManifest) -> list[MixtureLine]:
    """A line a source, in the manifest's order."""
    colours = source_colours(manifest)
    cut = _cut_rows(manifest)
    return [
        MixtureLine(
            source,
            colours[source.name],
            _fill(source.actual_tokens, source.padding_tokens),
            cut[source.name] / source.rows if source.rows else 0.0,
        )
        for source in manifest.sources
    ]


def phase_shares(manifest: MixtureManifest) -> list[PhaseShares]:
    """The phases in training order; every bar has the sources in the same order and colours."""
    code = code_sources(manifest)
    colours = source_colours(manifest)
    return [_phase(phase, code, colours) for phase in manifest.phases]


def _phase(phase: Phase, code: set[str], colours: dict[str, int]) -> PhaseShares:
    own = [part for part in phase.sources if part.source in code]
    withheld = any(part.target_share != part.asked_share for part in phase.sources)

    def bars(name: str) -> list[Bar]:
        shares = [(part.source, getattr(part, name), colours[part.source]) for part in phase.sources]
        return stacked([(source, round(share * SHARE_PARTS), colour) for source, share, colour in shares])

    return PhaseShares(
        name=phase.name,
        first_row=phase.first_row,
        rows=phase.rows,
        tokens=sum(part.actual_tokens for part in phase.sources),
        padding_tokens=sum(part.padding_tokens for part in phase.sources),
        asked_code_share=sum(part.asked_share for part in own),
        target_code_share=sum(part.target_share for part in own),
        code_share=sum(part.share for part in own),
        asked=bars("asked_share"),
        target=bars("target_share") if withheld else None,
        actual=bars("share"),
        lines=[PhaseLine(part, colours[part.source]) for part in phase.sources],
    )


def source_colours(manifest: MixtureManifest) -> dict[str, int]:
    """A colour's number for every source."""
    return {source.name: index for index, source in enumerate(manifest.sources)}


def code_sources(manifest: MixtureManifest) -> set[str]:
    """Names of the sources that the code ratio counts as code."""
    return {source.name for source in manifest.sources if is_code(source.group)}


def base_sources(manifest: MixtureManifest) -> dict[str, str]:
    """Source or tier -> the source that its documents come from; a source is its own."""
    tiers = {tier["name"]: tier["from"] for tier in manifest.recipe.get("tiers", [])}
    return {source.name: tiers.get(source.name, source.name) for source in manifest.sources}


def document_sources(manifest: MixtureManifest) -> list[str]:
    """The sources that documents were read for, in the manifest's order: tiers left out."""
    return list(dict.fromkeys(base_sources(manifest).values()))


def _cut_rows(manifest: MixtureManifest) -> Counter[str]:
    """source -> rows that end inside a document, over all shards."""
    cut: Counter[str] = Counter()
    for file in manifest.files:
        cut.update(file.cut_rows)
    return cut


def _fill(tokens: int, padding_tokens: int) -> float:
    return tokens / (tokens + padding_tokens) if tokens else 1.0

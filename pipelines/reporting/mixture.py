"""The mixture in numbers: what was asked and what is in the shards, by source and by phase."""

from dataclasses import dataclass

from mixer.manifest import MixtureManifest, SourceTotal
from pipelines.preview import code_share
from pipelines.recipe import TEXT_GROUP
from pipelines.reporting.charts import Bar, stacked


@dataclass(frozen=True)
class MixtureLine:
    """A source's line of the mixture table."""

    total: SourceTotal
    max_epochs: float | None  # None: no cap
    colour: int  # which of the page's colours stands for the source


@dataclass(frozen=True)
class PhaseBar:
    """A phase as a stacked bar."""

    name: str
    first_row: int
    rows: int
    tokens: int
    asked_code_share: float
    code_share: float
    bars: list[Bar]


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


def headline(manifest: MixtureManifest) -> Headline:
    """The mixture in eight numbers."""
    return Headline(
        tokens=manifest.rows * manifest.sequence_length,
        code_share=code_share(manifest.sources),
        rows=manifest.rows,
        shards=len(manifest.files),
        phases=len(manifest.phases),
        sources=len(manifest.sources),
        documents=sum(source.documents for source in manifest.sources),
        shard_bytes=sum(file.bytes for file in manifest.files),
    )


def mixture_lines(manifest: MixtureManifest) -> list[MixtureLine]:
    """A line a source, in the manifest's order."""
    default = manifest.recipe.get("max_epochs")
    caps = {spec["name"]: spec.get("max_epochs") or default for spec in manifest.recipe.get("sources", [])}
    colours = source_colours(manifest)
    return [MixtureLine(source, caps.get(source.name, default), colours[source.name]) for source in manifest.sources]


def phase_bars(manifest: MixtureManifest) -> list[PhaseBar]:
    """A bar a phase; every bar has the sources in the same order and colours."""
    colours = source_colours(manifest)
    code = code_sources(manifest)
    return [
        PhaseBar(
            name=phase.name,
            first_row=phase.first_row,
            rows=phase.rows,
            tokens=phase.rows * manifest.sequence_length,
            asked_code_share=sum(part.asked_share for part in phase.sources if part.source in code),
            code_share=sum(part.rows for part in phase.sources if part.source in code) / phase.rows,
            bars=stacked([(part.source, part.rows, colours[part.source]) for part in phase.sources]),
        )
        for phase in manifest.phases
    ]


def source_colours(manifest: MixtureManifest) -> dict[str, int]:
    """A colour's number for every source."""
    return {source.name: index for index, source in enumerate(manifest.sources)}


def code_sources(manifest: MixtureManifest) -> set[str]:
    """Names of the sources that the code ratio counts as code."""
    return {source.name for source in manifest.sources if source.group != TEXT_GROUP}

"""Composition: what each source got in each phase of two mixtures; from their manifests alone."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from mixer.manifest import MixtureManifest, Phase
from pipelines.previews.table import code_share


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WholeFigures(_Part):
    """A mixture as a whole."""

    rows: int
    tokens: int
    padding_tokens: int
    code_share: float


class SourceFigures(_Part):
    """A source over all phases."""

    documents: int
    available_tokens: int
    asked_tokens: float
    tokens: int
    share: float
    epochs: float


class PhaseFigures(_Part):
    """A phase as a whole."""

    rows: int
    tokens: int


class PhaseSourceFigures(_Part):
    """A source in one phase."""

    asked_share: float
    tokens: int
    share: float


Figures = TypeVar("Figures", bound=BaseModel)


class Pair(_Part, Generic[Figures]):
    """Figures of one thing in both mixtures; None: that mixture does not have it."""

    name: str
    before: Figures | None
    after: Figures | None


class PhaseChange(_Part):
    """A phase that differs, with the sources that do."""

    phase: Pair[PhaseFigures]
    sources: list[Pair[PhaseSourceFigures]]


class Composition(_Part):
    """What differs; `whole` is None where the mixtures as a whole do not."""

    whole: Pair[WholeFigures] | None
    sources: list[Pair[SourceFigures]]
    phases: list[PhaseChange]


def share_change(pair: Pair[SourceFigures] | Pair[PhaseSourceFigures]) -> float:
    """Share after less share before; what a mixture does not have has the share 0."""
    return (pair.after.share if pair.after else 0.0) - (pair.before.share if pair.before else 0.0)


def composition(before: MixtureManifest, after: MixtureManifest) -> Composition:
    """What differs between two mixtures; sources and phases are matched by name."""
    whole = Pair[WholeFigures](name="all", before=_whole(before), after=_whole(after))
    return Composition(
        whole=whole if whole.before != whole.after else None,
        sources=differing(_sources(before), _sources(after)),
        phases=_phases(before.phases, after.phases),
    )


def differing(before: Mapping[str, Figures], after: Mapping[str, Figures]) -> list[Pair[Figures]]:
    """The names, those of `before` first, whose figures differ."""
    return [
        Pair(name=name, before=before.get(name), after=after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _phases(before: Iterable[Phase], after: Iterable[Phase]) -> list[PhaseChange]:
    old = {phase.name: phase for phase in before}
    new = {phase.name: phase for phase in after}
    changes = []
    for name in dict.fromkeys([*old, *new]):
        totals = [_phase(phases[name]) if name in phases else None for phases in (old, new)]
        parts = [_phase_sources(phases[name]) if name in phases else {} for phases in (old, new)]
        sources = differing(*parts)
        if sources or totals[0] != totals[1]:
            phase = Pair[PhaseFigures](name=name, before=totals[0], after=totals[1])
            changes.append(PhaseChange(phase=phase, sources=sources))
    return changes


def _whole(manifest: MixtureManifest) -> WholeFigures:
    return WholeFigures(
        rows=manifest.rows,
        tokens=sum(source.actual_tokens for source in manifest.sources),
        padding_tokens=sum(source.padding_tokens for source in manifest.sources),
        code_share=code_share(manifest.sources),
    )


def _sources(manifest: MixtureManifest) -> dict[str, SourceFigures]:
    return {
        source.name: SourceFigures(
            documents=source.documents,
            available_tokens=source.available_tokens,
            asked_tokens=source.asked_tokens,
            tokens=source.actual_tokens,
            share=source.share,
            epochs=source.epochs,
        )
        for source in manifest.sources
    }


def _phase(phase: Phase) -> PhaseFigures:
    return PhaseFigures(rows=phase.rows, tokens=sum(part.actual_tokens for part in phase.sources))


def _phase_sources(phase: Phase) -> dict[str, PhaseSourceFigures]:
    return {
        part.source: PhaseSourceFigures(asked_share=part.asked_share, tokens=part.actual_tokens, share=part.share)
        for part in phase.sources
    }

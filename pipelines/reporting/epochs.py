"""Epochs: how often each source's tokens are seen, against the cap that the recipe sets."""

from dataclasses import dataclass

from mixer.manifest import MixtureManifest, SourceTotal

MARGIN = 1.08  # of the longest bar or cap: a line at the very edge would be cut off


@dataclass(frozen=True)
class EpochBar:
    """A source's epochs as a bar, its cap as a line over it; all sources share one scale."""

    source: str
    epochs: float
    cap: float | None
    available_tokens: int
    actual_tokens: int
    fill_percent: float
    cap_percent: float | None

    @property
    def is_past_cap(self) -> bool:
        """Whether the page warns: more epochs than the cap in the digits that the page shows."""
        return self.cap is not None and round(self.epochs, 2) > self.cap

    @property
    def of_cap(self) -> float | None:
        """Epochs as a share of the cap."""
        return None if self.cap is None else self.epochs / self.cap


def epoch_bars(manifest: MixtureManifest) -> list[EpochBar]:
    """A bar a source, in the manifest's order."""
    longest = max([source.epochs for source in manifest.sources] + [s.max_epochs or 0.0 for s in manifest.sources])
    return [_bar(source, longest * MARGIN or 1.0) for source in manifest.sources]


def _bar(source: SourceTotal, whole: float) -> EpochBar:
    return EpochBar(
        source=source.name,
        epochs=source.epochs,
        cap=source.max_epochs,
        available_tokens=source.available_tokens,
        actual_tokens=source.actual_tokens,
        fill_percent=round(100 * source.epochs / whole, 3),
        cap_percent=None if source.max_epochs is None else round(100 * source.max_epochs / whole, 3),
    )

"""Counts the rows fed per source and compares them with the manifest as each phase ends."""

import numpy as np
from numpy.typing import NDArray

from mixer.manifest import MixtureManifest, Phase
from trainer.errors import ShardError


class SourceAudit:
    """What rows [0, next row) held, by source, over all ranks."""

    def __init__(self, manifest: MixtureManifest) -> None:
        self._names = [source.name for source in manifest.sources]
        self._phases = manifest.phases
        self._sequence_length = manifest.sequence_length
        self._total_rows = np.zeros(len(self._names), dtype=np.int64)
        self._phase_rows = np.zeros(len(self._names), dtype=np.int64)
        self._next_row = 0
        self._phase = 0

    def feed(self, source_indices: NDArray[np.int64]) -> None:
        """Count the next rows, given by index into the manifest's sources; ShardError at a phase that differs."""
        while len(source_indices):
            end_row = self._phase_end()
            here = source_indices[: end_row - self._next_row]
            counts = np.bincount(here, minlength=len(self._names))
            self._total_rows += counts
            self._phase_rows += counts
            self._next_row += len(here)
            source_indices = source_indices[len(here) :]
            if self._next_row == end_row:
                self._finish_phase(self._phases[self._phase])

    def tokens_by_source(self) -> dict[str, int]:
        """Packed training tokens fed so far: rows times sequence length."""
        tokens = self._total_rows * self._sequence_length
        return dict(zip(self._names, tokens.tolist(), strict=True))

    def _phase_end(self) -> int:
        """End of the phase that holds the next row."""
        while self._phase < len(self._phases):
            phase = self._phases[self._phase]
            if phase.first_row + phase.rows > self._next_row:
                return phase.first_row + phase.rows
            self._phase += 1
        raise ShardError(f"row {self._next_row} belongs to no phase of the manifest: build the mixture again")

    def _finish_phase(self, phase: Phase) -> None:
        promised = {share.source: share.rows for share in phase.sources}
        fed = dict(zip(self._names, self._phase_rows.tolist(), strict=True))
        wrong = [
            f"{name}: {promised.get(name, 0)} promised, {fed[name]} found"
            for name in self._names
            if fed[name] != promised.get(name, 0)
        ]
        if wrong:
            raise ShardError(
                f"phase {phase.name!r} differs from its manifest, in rows: {'; '.join(wrong)}; build the mixture again"
            )
        self._phase_rows[:] = 0

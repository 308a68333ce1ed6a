"""Counts the rows and tokens fed per source and compares them with the manifest as each phase ends."""

import numpy as np

from mixer.manifest import MixtureManifest, Phase
from trainer.errors import ShardError
from trainer.open_shard import RowSizes


class SourceAudit:
    """What rows [0, next row) held, by source, over all ranks."""

    def __init__(self, manifest: MixtureManifest) -> None:
        self._names = [source.name for source in manifest.sources]
        self._phases = manifest.phases
        self._total_tokens = np.zeros(len(self._names), dtype=np.int64)
        self._phase_tokens = np.zeros(len(self._names), dtype=np.int64)
        self._phase_rows = np.zeros(len(self._names), dtype=np.int64)
        self._next_row = 0
        self._phase = 0

    def feed(self, sizes: RowSizes) -> None:
        """Count the next rows; ShardError at a phase that differs."""
        sources, n_tokens = sizes
        while len(sources):
            end_row = self._phase_end()
            here = slice(0, end_row - self._next_row)
            tokens = np.zeros(len(self._names), dtype=np.int64)
            np.add.at(tokens, sources[here], n_tokens[here])
            self._total_tokens += tokens
            self._phase_tokens += tokens
            self._phase_rows += np.bincount(sources[here], minlength=len(self._names))
            self._next_row += len(sources[here])
            sources, n_tokens = sources[here.stop :], n_tokens[here.stop :]
            if self._next_row == end_row:
                self._finish_phase(self._phases[self._phase])

    def tokens_by_source(self) -> dict[str, int]:
        """Packed training tokens fed so far, padding left out; at the end the manifest's `actual_tokens`."""
        return dict(zip(self._names, self._total_tokens.tolist(), strict=True))

    def _phase_end(self) -> int:
        """End of the phase that holds the next row."""
        while self._phase < len(self._phases):
            phase = self._phases[self._phase]
            if phase.first_row + phase.rows > self._next_row:
                return phase.first_row + phase.rows
            self._phase += 1
        raise ShardError(f"row {self._next_row} belongs to no phase of the manifest: build the mixture again")

    def _finish_phase(self, phase: Phase) -> None:
        promised = {share.source: (share.rows, share.actual_tokens) for share in phase.sources}
        found = zip(self._phase_rows.tolist(), self._phase_tokens.tolist(), strict=True)
        wrong = [
            f"{name}: {asked[0]} rows and {asked[1]} tokens promised, {got[0]} and {got[1]} found"
            for name, got in zip(self._names, found, strict=True)
            if got != (asked := promised.get(name, (0, 0)))
        ]
        if wrong:
            raise ShardError(
                f"phase {phase.name!r} differs from its manifest: {'; '.join(wrong)}; build the mixture again"
            )
        self._phase_rows[:] = 0
        self._phase_tokens[:] = 0

"""The training order: the code share along the rows, and which rows to show; reads the shards' `source` column only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.manifest import MixtureManifest, Phase
from pipelines.reporting.charts import LINE_WIDTH, step_path
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.mixture import code_sources

MAX_WINDOWS = 120
MIN_WINDOW_ROWS = 16  # in fewer rows a single one moves the share visibly


@dataclass(frozen=True)
class PhaseOrder:
    """The code share of one phase's windows."""

    name: str
    windows: int
    window_rows: float
    asked: float
    actual: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class TrainingOrder:
    """The code share along the rows, and three rows of each source."""

    phases: list[PhaseOrder]
    path: str  # SVG, the share in each window
    asked_path: str  # SVG, the share that each phase asks for
    boundaries: list[float]  # where phases begin, but for the first, in units of the chart's width
    sample_rows: dict[str, list[int]]  # source -> its first, middle and last row in training order


def training_order(files: MixtureFiles) -> TrainingOrder:
    """Read every shard's `source` column; Gone when a shard cannot be read."""
    manifest = files.manifest
    edges = window_edges(manifest)
    code_rows = np.zeros(len(edges) - 1, np.int64)
    samples = _SampleRows(manifest)
    code = code_sources(manifest)
    with reading("Shards"):
        for first_row, names, indices in source_column(files):
            is_code = np.array([name in code for name in names], bool)[indices]
            window = np.searchsorted(edges, first_row + np.flatnonzero(is_code), side="right") - 1
            code_rows += np.bincount(window, minlength=len(code_rows))
            samples.add(first_row, names, indices)
    shares = code_rows / np.diff(edges)
    steps = list(zip(edges[:-1].tolist(), edges[1:].tolist(), shares.tolist(), strict=True))
    asked = [(p.first_row, p.first_row + p.rows, _asked_code(p, code)) for p in manifest.phases]
    return TrainingOrder(
        phases=[_phase_order(phase, code, edges, code_rows) for phase in manifest.phases],
        path=step_path(steps, manifest.rows),
        asked_path=step_path(asked, manifest.rows),
        boundaries=[round(p.first_row * LINE_WIDTH / manifest.rows, 2) for p in manifest.phases[1:]],
        sample_rows=samples.rows,
    )


def window_edges(manifest: MixtureManifest) -> npt.NDArray[np.int64]:
    """Where windows begin, and the end of the last: about equal, none across two phases."""
    window_rows = max(MIN_WINDOW_ROWS, -(-manifest.rows // MAX_WINDOWS))
    edges = []
    for phase in manifest.phases:
        windows = max(1, phase.rows // window_rows)
        edges += [phase.first_row + index * phase.rows // windows for index in range(windows)]
    return np.array([*edges, manifest.rows], np.int64)


def source_column(files: MixtureFiles) -> Iterator[tuple[int, list[str], npt.NDArray[np.int64]]]:
    """(first row, names, index into names of each row) of every row group, in training order."""
    for shard_first_row, uri in files.shards():
        first_row = shard_first_row
        with storage.open_parquet(uri) as file:
            for group in range(file.num_row_groups):
                column = file.read_row_group(group, ["source"], use_threads=False).column("source").combine_chunks()
                if not pa.types.is_dictionary(column.type):
                    column = column.dictionary_encode()
                yield first_row, column.dictionary.to_pylist(), column.indices.to_numpy().astype(np.int64)
                first_row += len(column)


class _SampleRows:
    """Notes the rows of wanted occurrences of each source while the order passes by."""

    def __init__(self, manifest: MixtureManifest) -> None:
        self.rows: dict[str, list[int]] = {source.name: [] for source in manifest.sources}
        self._seen = dict.fromkeys(self.rows, 0)
        self._wanted = {
            source.name: _first_middle_last(source.actual_tokens // manifest.sequence_length)
            for source in manifest.sources
        }

    def add(self, first_row: int, names: list[str], indices: npt.NDArray[np.int64]) -> None:
        for index, name in enumerate(names):
            at = np.flatnonzero(indices == index)
            if name not in self.rows:
                continue
            seen = self._seen[name]
            here = [number - seen for number in self._wanted[name] if seen <= number < seen + len(at)]
            self.rows[name] += [first_row + int(at[number]) for number in here]
            self._seen[name] += len(at)


def _first_middle_last(rows: int) -> list[int]:
    return sorted({0, rows // 2, rows - 1}) if rows else []


def _asked_code(phase: Phase, code: set[str]) -> float:
    return sum(part.asked_share for part in phase.sources if part.source in code)


def _phase_order(
    phase: Phase, code: set[str], edges: npt.NDArray[np.int64], code_rows: npt.NDArray[np.int64]
) -> PhaseOrder:
    inside = (edges[:-1] >= phase.first_row) & (edges[:-1] < phase.first_row + phase.rows)
    shares = code_rows[inside] / np.diff(edges)[inside]
    return PhaseOrder(
        name=phase.name,
        windows=len(shares),
        window_rows=phase.rows / len(shares),
        asked=_asked_code(phase, code),
        actual=int(code_rows[inside].sum()) / phase.rows,
        lowest=float(shares.min()),
        highest=float(shares.max()),
    )

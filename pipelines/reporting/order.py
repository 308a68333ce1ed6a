"""The training order: shares along the rows, and which rows to show; reads two narrow columns of the shards."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.manifest import MixtureManifest, Phase
from pipelines.reporting.charts import LINE_WIDTH, step_area, step_path
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.mixture import code_sources, source_colours

MAX_WINDOWS = 120
MIN_WINDOW_ROWS = 16  # in fewer rows a single one moves the share visibly

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PhaseOrder:
    """The code share of one phase's windows."""

    name: str
    windows: int
    window_rows: float
    asked: float
    target: float
    actual: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Window:
    """Some rows that follow each other: [first_row, end_row)."""

    first_row: int
    end_row: int
    tokens: int
    code_share: float


@dataclass(frozen=True)
class SourceArea:
    """A source's share along the rows, as an area on top of the sources before it."""

    source: str
    colour: int
    path: str  # SVG
    lowest: float
    highest: float


@dataclass(frozen=True)
class TrainingOrder:
    """Shares of the tokens along the rows, and three rows of each source."""

    phases: list[PhaseOrder]
    windows: list[Window]
    areas: list[SourceArea]
    path: str  # SVG, the code share in each window
    target_path: str  # SVG, the code share that each phase aims at
    boundaries: list[float]  # where phases begin, but for the first, in units of the chart's width
    sample_rows: dict[str, list[int]]  # source -> its first, middle and last row in training order


@dataclass(frozen=True)
class RowGroup:
    """Whose the rows of a shard's row group are."""

    first_row: int
    names: list[str]
    indices: Integers  # [rows], into names
    n_tokens: Integers  # [rows], padding left out


def training_order(files: MixtureFiles) -> TrainingOrder:
    """Read the columns `source` and `n_tokens` of every shard; Gone when a shard cannot be read."""
    manifest = files.manifest
    edges = window_edges(manifest)
    tokens = np.zeros((len(manifest.sources), len(edges) - 1), np.int64)
    samples = _SampleRows(manifest)
    rows_of = source_colours(manifest)
    with reading("Shards"):
        for group in row_groups(files):
            if unknown := set(group.names) - rows_of.keys():
                raise ValueError(f"rows of sources that the manifest does not name: {sorted(unknown)}")
            _count(tokens, edges, group, np.array([rows_of[name] for name in group.names], np.int64))
            samples.add(group)
    code = code_sources(manifest)
    is_code = np.array([source.name in code for source in manifest.sources], np.bool_)
    code_tokens, all_tokens = tokens[is_code].sum(axis=0), tokens.sum(axis=0)
    shares = _ratio(code_tokens, all_tokens)
    steps = list(zip(edges[:-1].tolist(), edges[1:].tolist(), shares.tolist(), strict=True))
    target = [(p.first_row, p.first_row + p.rows, _code_sum(p, code, "target_share")) for p in manifest.phases]
    return TrainingOrder(
        phases=[_phase_order(phase, code, edges, code_tokens, all_tokens) for phase in manifest.phases],
        windows=[Window(low, high, int(n), share) for (low, high, share), n in zip(steps, all_tokens, strict=True)],
        areas=_areas(manifest, edges, _ratio(tokens, all_tokens)),
        path=step_path(steps, manifest.rows),
        target_path=step_path(target, manifest.rows),
        boundaries=[round(p.first_row * LINE_WIDTH / manifest.rows, 2) for p in manifest.phases[1:]],
        sample_rows=samples.rows,
    )


def window_edges(manifest: MixtureManifest) -> Integers:
    """Where windows begin, and the end of the last: about equal, none across two phases."""
    window_rows = max(MIN_WINDOW_ROWS, -(-manifest.rows // MAX_WINDOWS))
    edges = []
    for phase in manifest.phases:
        windows = max(1, phase.rows // window_rows)
        edges += [phase.first_row + index * phase.rows // windows for index in range(windows)]
    return np.array([*edges, manifest.rows], np.int64)


def row_groups(files: MixtureFiles) -> Iterator[RowGroup]:
    """Every row group, in training order."""
    for shard_first_row, uri in files.shards():
        first_row = shard_first_row
        for table in storage.row_groups(uri, ["source", "n_tokens"]):
            column = table.column("source").combine_chunks()
            if not pa.types.is_dictionary(column.type):
                column = column.dictionary_encode()
            n_tokens = table.column("n_tokens").to_numpy().astype(np.int64)
            yield RowGroup(
                first_row, column.dictionary.to_pylist(), column.indices.to_numpy().astype(np.int64), n_tokens
            )
            first_row += table.num_rows


def _count(tokens: Integers, edges: Integers, group: RowGroup, source_of_name: Integers) -> None:
    """Add a row group's tokens to int64[sources, windows]."""
    rows = group.first_row + np.arange(len(group.indices))
    window = np.searchsorted(edges, rows, side="right") - 1
    np.add.at(tokens, (source_of_name[group.indices], window), group.n_tokens)


class _SampleRows:
    """Notes the rows of wanted occurrences of each source while the order passes by."""

    def __init__(self, manifest: MixtureManifest) -> None:
        self.rows: dict[str, list[int]] = {source.name: [] for source in manifest.sources}
        self._seen = dict.fromkeys(self.rows, 0)
        self._wanted = {source.name: _first_middle_last(source.rows) for source in manifest.sources}

    def add(self, group: RowGroup) -> None:
        for index, name in enumerate(group.names):
            at = np.flatnonzero(group.indices == index)
            seen = self._seen[name]
            here = [number - seen for number in self._wanted[name] if seen <= number < seen + len(at)]
            self.rows[name] += [group.first_row + int(at[number]) for number in here]
            self._seen[name] += len(at)


def _first_middle_last(rows: int) -> list[int]:
    return sorted({0, rows // 2, rows - 1}) if rows else []


def _code_sum(phase: Phase, code: set[str], name: str) -> float:
    return float(sum(getattr(part, name) for part in phase.sources if part.source in code))


def _ratio(part: Integers, whole: Integers) -> npt.NDArray[np.float64]:
    return np.asarray(part / np.maximum(whole, 1), np.float64)


def _areas(manifest: MixtureManifest, edges: Integers, shares: npt.NDArray[np.float64]) -> list[SourceArea]:
    """Areas that lie on each other in the manifest's order; float64[sources, windows] in."""
    tops = np.cumsum(shares, axis=0)
    colours = source_colours(manifest)
    return [
        SourceArea(
            source.name,
            colours[source.name],
            step_area(edges.tolist(), (top - share).tolist(), top.tolist(), manifest.rows),
            float(share.min()),
            float(share.max()),
        )
        for source, share, top in zip(manifest.sources, shares, tops, strict=True)
    ]


def _phase_order(
    phase: Phase, code: set[str], edges: Integers, code_tokens: Integers, all_tokens: Integers
) -> PhaseOrder:
    inside = (edges[:-1] >= phase.first_row) & (edges[:-1] < phase.first_row + phase.rows)
    shares = _ratio(code_tokens[inside], all_tokens[inside])
    return PhaseOrder(
        name=phase.name,
        windows=len(shares),
        window_rows=phase.rows / len(shares),
        asked=_code_sum(phase, code, "asked_share"),
        target=_code_sum(phase, code, "target_share"),
        actual=float(code_tokens[inside].sum() / max(1, all_tokens[inside].sum())),
        lowest=float(shares.min()),
        highest=float(shares.max()),
    )

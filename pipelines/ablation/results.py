"""What the runs of an ablation measured: bits per byte of each source at each ratio, seed by seed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mixer.manifest import MixtureManifest
from pipelines.ablation.running import VALIDATION_LOG
from pipelines.ablation.settings import run_folder

FloatArray = npt.NDArray[np.float64]


class Measured(NamedTuple):
    """Bits per byte of validation text, less is better; `groups` have the mean of their sources, by bytes."""

    ratios: list[float]
    sources: dict[str, FloatArray]  # name -> [ratios, seeds]
    groups: dict[str, FloatArray]  # `text`, `code`, and every group between -> [ratios, seeds]

    def of(self, name: str) -> FloatArray:
        """A source's or a group's numbers, [ratios, seeds]; KeyError names what there is."""
        table = self.groups if name in self.groups else self.sources
        if name not in table:
            raise KeyError(f"{name!r} was not validated; there are {', '.join([*self.groups, *self.sources])}")
        return table[name]


def read_results(output: Path, ratios: Sequence[float], seeds: int, group_of: Mapping[str, str]) -> Measured:
    """The last validation of every run; `group_of` says which group a source counts in."""
    runs = [[last_validation(run_folder(output, ratio, seed)) for seed in range(seeds)] for ratio in ratios]
    known = {name: group for name, group in group_of.items() if all(name in run for row in runs for run in row)}
    bits = [[bits_of_run(run, known) for run in row] for row in runs]

    def table(which: int, names: Iterable[str]) -> dict[str, FloatArray]:
        return {name: np.array([[run[which][name] for run in row] for row in bits]) for name in names}

    return Measured(list(ratios), table(0, known), table(1, groups_of(known.values())))


def last_validation(folder: Path) -> dict[str, dict[str, float]]:
    """Source -> what was measured, of the last line of a run's log."""
    *_, last = (folder / VALIDATION_LOG).read_text(encoding="utf-8").splitlines()
    sources: dict[str, dict[str, float]] = json.loads(last)["sources"]
    return sources


def bits_of_run(
    validated: Mapping[str, Mapping[str, float]], group_of: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Bits per byte of one run's `last_validation`: of each source of `group_of`, and of groups, weighed by bytes."""
    sources = {name: validated[name]["bits_per_byte"] for name in group_of}
    groups = {}
    for group in groups_of(group_of.values()):
        members = [name for name, label in group_of.items() if is_within(label, group)]
        sizes = [validated[name]["bytes"] for name in members]
        groups[group] = float(np.average([sources[name] for name in members], weights=sizes))
    return sources, groups


def groups_of(labels: Iterable[str]) -> list[str]:
    """Every group that a label lies in, from the outermost on: `code/markup` lies in `code` too."""
    found: dict[str, None] = {}
    for label in labels:
        parts = label.split("/")
        found |= {"/".join(parts[:depth]): None for depth in range(1, len(parts) + 1)}
    return sorted(found, key=lambda group: (group.split("/")[0] != "text", group))


def is_within(label: str, group: str) -> bool:
    """Whether a source with this label counts in the group."""
    return label == group or label.startswith(f"{group}/")


def groups_of_manifest(manifest: MixtureManifest) -> dict[str, str]:
    """Source -> group of what the mixture validates on."""
    return {file.source: file.group for file in manifest.validation}

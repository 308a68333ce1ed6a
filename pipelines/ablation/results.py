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
    names = list(group_of)
    bits = np.full((len(ratios), seeds, len(names)), np.nan)
    sizes = np.zeros(len(names))
    for at, ratio in enumerate(ratios):
        for seed in range(seeds):
            found = last_validation(run_folder(output, ratio, seed))
            for number, name in enumerate(names):
                if name in found:
                    bits[at, seed, number] = found[name]["bits_per_byte"]
                    sizes[number] = found[name]["bytes"]
    known = [number for number in range(len(names)) if not np.isnan(bits[:, :, number]).any()]
    sources = {names[number]: bits[:, :, number] for number in known}
    groups = {
        group: np.average(bits[:, :, members], axis=2, weights=sizes[members])
        for group in groups_of(group_of[names[number]] for number in known)
        if (members := [number for number in known if is_within(group_of[names[number]], group)])
    }
    return Measured(list(ratios), sources, groups)


def last_validation(folder: Path) -> dict[str, dict[str, float]]:
    """Source -> what was measured, of the last line of a run's log."""
    *_, last = (folder / VALIDATION_LOG).read_text(encoding="utf-8").splitlines()
    sources: dict[str, dict[str, float]] = json.loads(last)["sources"]
    return sources


def measured_groups(folder: Path, group_of: Mapping[str, str]) -> dict[str, float]:
    """Bits per byte of one run by source and by group, groups weighed by bytes."""
    found = {name: values for name, values in last_validation(folder).items() if name in group_of}
    table = {name: values["bits_per_byte"] for name, values in found.items()}
    for group in groups_of(group_of[name] for name in found):
        members = [name for name in found if is_within(group_of[name], group)]
        sizes = [found[name]["bytes"] for name in members]
        table[group] = float(np.average([table[name] for name in members], weights=sizes))
    return table


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

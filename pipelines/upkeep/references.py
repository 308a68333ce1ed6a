"""Who needs which stage folder: mixtures and runs name the folders of all stages before them.

A mixture's `inputs` names every stage's folder for every source, so that alone keeps what rebuilding, explaining and a
next increment of dedup read: the documents, measurements, verdicts, removed lists with their band index, cuts and
blocks of its sources. An index of blocks that `select` wrote points into the folder of tokenize that its manifest
names; that is followed too. Splits that ingest took over were copied and need nobody.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from pipelines.lake import Lake
from pipelines.runs.record import READERS, RunRecord
from pipelines.upkeep.inventory import Folder, Inventory

Key = tuple[str, ...]  # (stage, source, fingerprint)


@dataclass
class References:
    """Stage folders by who needs them."""

    by: dict[Key, list[str]] = field(default_factory=dict)

    def add(self, key: Key, who: str) -> None:
        """`who` needs `key`."""
        names = self.by.setdefault(key, [])
        if who not in names:
            names.append(who)

    def of(self, folder: Folder) -> list[str]:
        """Who needs a folder."""
        return self.by.get(folder.key, [])


def references(
    lake: Lake, found: Inventory, runs: Iterable[RunRecord] = (), mixtures: Collection[str] | None = None
) -> References:
    """Of the mixtures (those of some names or NAME/FINGERPRINT, by default all) and runs.

    DamagedFile for a mixture's manifest that cannot be read: what it needs is not known then.
    """
    result = References()
    wanted = [folder for folder in found.mixtures if folder.is_finished and is_wanted(folder, mixtures)]
    for folder, inputs in zip(wanted, _in_threads(lambda each: _inputs(lake, each), wanted), strict=True):
        for place, fingerprint in inputs.items():
            stage, _, source = place.partition("/")
            result.add((stage, source, fingerprint), f"mixture {'/'.join(folder.key)}")
    for run in runs:
        for key in run.uses():
            result.add(key, f"run {run.id}")
    _follow_indexes(lake, found, result)
    return result


def is_wanted(folder: Folder, mixtures: Collection[str] | None) -> bool:
    """Whether a mixture is one of those that are named."""
    name, fingerprint = folder.key
    return mixtures is None or name in mixtures or f"{name}/{fingerprint}" in mixtures


def newest_and_alive(runs: list[RunRecord], newest: int, now: datetime) -> list[RunRecord]:
    """The runs whose folders are kept; `runs` has the newest first."""
    return [run for place, run in enumerate(runs) if place < newest or run.is_alive(now)]


def _follow_indexes(lake: Lake, found: Inventory, result: References) -> None:
    """Blocks that an index of `select` refers to."""
    selected = [folder for folder in found.stages if folder.key[0] == "select" and result.of(folder)]
    selected = [folder for folder in selected if folder.is_finished]
    for folder, manifest in zip(selected, _in_threads(lambda each: _json(lake, each), selected), strict=True):
        base, at = manifest.get("settings", {}).get("from"), manifest.get("inputs", {}).get("blocks_at")
        if base and at:
            for who in list(result.of(folder)):
                result.add(("tokenize", base, at), who)


def _in_threads(read: Any, folders: list[Folder]) -> Iterator[Any]:
    with ThreadPoolExecutor(READERS) as readers:
        yield from readers.map(read, folders)


def _inputs(lake: Lake, folder: Folder) -> dict[str, str]:
    inputs = _json(lake, folder).get("inputs")
    if not isinstance(inputs, dict):
        raise storage.DamagedFile(
            f"{lake.uri}/{folder.path}/{MANIFEST_NAME} names no inputs, so what it needs is not known: "
            "delete its folder, or leave it out with --mixture"
        )
    return inputs


def _json(lake: Lake, folder: Folder) -> dict[str, Any]:
    uri = f"{lake.uri}/{folder.path}/{MANIFEST_NAME}"
    try:
        found = json.loads(storage.read_bytes(uri))
    except ValueError as error:
        raise storage.DamagedFile(
            f"{uri} is no JSON, so what it needs is not known: delete its folder and build it again"
        ) from error
    return found if isinstance(found, dict) else {}

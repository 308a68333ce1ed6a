"""A mixture and all that it was made from, compared with what was written: what is damaged, and how to mend it."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pydantic import ValidationError

from mixer import storage
from mixer.manifest import MANIFEST_NAME, ManifestError, MixtureManifest, read_manifest
from pipelines.ingesting.replays import Replay
from pipelines.lake import Lake, StageManifest, folders_in
from pipelines.metering.stage_metrics import METRICS_NAME
from pipelines.removal.tombstones import read_tombstone
from pipelines.reporting.files import LAKE_LEVELS
from pipelines.runs.record import read_runs
from pipelines.upkeep.damage import Damage, build_command
from pipelines.upkeep.folder_checks import (
    Expected,
    Problem,
    check_contents,
    check_sizes,
    check_stage,
    hash_differs,
)
from pipelines.upkeep.inventory import inventory
from pipelines.upkeep.mixture_checks import fingerprint_faults, manifest_faults, shard_counts, shard_faults

THREADS = max(4, 2 * (os.cpu_count() or 1))  # hashing is done outside of Python's lock
RUNS_ASKED = 200  # newest runs that may tell by which command a mixture was built


@dataclass
class Verification:
    """What was compared, and what differs."""

    lake: str
    mixtures: list[str] = field(default_factory=list)
    folders: int = 0
    files: int = 0
    bytes: int = 0
    damages: list[Damage] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing differs."""
        return not self.damages


@dataclass
class _Collected:
    """What all mixtures of one verification have in common is looked at once."""

    expected: dict[str, list[Expected]] = field(default_factory=dict)  # by folder
    command_of: dict[str, str] = field(default_factory=dict)  # by folder
    stages: dict[str, StageManifest] = field(default_factory=dict)  # by folder
    damages: dict[tuple[str, str], Damage] = field(default_factory=dict)


class Verifier:
    """Verifies mixtures of one lake; `say` hears what is at work, `read` of every file's bytes."""

    def __init__(
        self,
        lake: Lake,
        quick: bool,
        begin: Callable[[int], None] = lambda _: None,
        read: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._lake = lake
        self._quick = quick
        self._begin = begin
        self._read = read
        self._found = _Collected()

    def mixtures(self, folders: Iterable[str]) -> Verification:
        """Verify mixtures by their folders, from the lake's on, and all stages that they were made from."""
        result = Verification(self._lake.uri)
        runs = read_runs(self._lake, RUNS_ASKED)
        manifests: dict[str, MixtureManifest] = {}
        for folder in folders:
            result.mixtures.append(folder)
            command = build_command(self._lake, folder.split("/")[1], folder, runs)
            manifest = self._manifest(folder, command)
            if manifest is not None:
                manifests[folder] = manifest
        self._files()
        for folder, manifest in manifests.items():
            self._mixture(folder, manifest)
        self._everything(result)
        return result

    def stages(self, folders: Iterable[tuple[str, str, str]]) -> Verification:
        """Verify stage folders by (stage, source, fingerprint)."""
        result = Verification(self._lake.uri)
        for place in folders:
            self._stage(*place, f"mixdown build <a recipe of source {place[1]}> --lake {self._lake.uri}")
        self._files()
        self._everything(result)
        return result

    def _everything(self, result: Verification) -> None:
        found = self._found
        result.folders = len(found.expected)
        result.files = sum(map(len, found.expected.values()))
        result.bytes = sum(file.bytes for files in found.expected.values() for file in files)
        result.damages = [found.damages[key] for key in sorted(found.damages)]

    def _add(self, problems: Iterable[Problem], command: str) -> None:
        for path, what, folder in problems:
            self._found.damages.setdefault((path, what), Damage(path, what, folder, command))

    def _manifest(self, folder: str, command: str) -> MixtureManifest | None:
        """The mixture's manifest, with its files and its stages noted to be verified."""
        path = f"{folder}/{MANIFEST_NAME}"
        try:
            manifest = read_manifest(f"{self._lake.uri}/{path}")
        except FileNotFoundError:
            self._add([(path, "is missing", "")], command)
            return None
        except (ManifestError, ValidationError, UnicodeDecodeError) as error:
            self._add([(path, f"is no manifest of a mixture any more ({str(error)[:160]})", folder)], command)
            return None
        if hash_differs(f"{self._lake.uri}/{folder}"):
            self._add([(path, f"was altered: its hash is not the one that {METRICS_NAME} has", folder)], command)
        if "/".join(folder.split("/")[1:]) != f"{manifest.name}/{manifest.fingerprint}":
            self._add([(path, "is the manifest of another folder", folder)], command)
        files = [Expected(folder, each.path, each.bytes, each.sha256, each.rows) for each in manifest.files]
        files += [Expected(folder, each.path, each.bytes, each.sha256, each.rows) for each in manifest.validation]
        self._found.expected[folder] = files
        self._found.command_of[folder] = command
        for place, name in sorted(manifest.inputs.items()):
            stage, _, source = place.partition("/")
            self._stage(stage, source, name, command)
        return manifest

    def _stage(self, stage: str, source: str, name: str, command: str) -> None:
        folder = f"stages/{stage}/{source}/{name}"
        if folder in self._found.command_of:
            return
        self._found.command_of[folder] = command
        manifest, problems = check_stage(self._lake, stage, source, name)
        self._add(problems, command)
        if manifest is not None:
            self._found.stages[folder] = manifest
            self._found.expected[folder] = [
                Expected(folder, file.path, file.bytes, file.sha256, file.rows) for file in manifest.files
            ]

    def _files(self) -> None:
        """Sizes of all files, and unless it must be quick, their hashes and rows."""
        found = self._found
        for folder, files in found.expected.items():
            self._add(check_sizes(self._lake, folder, files), found.command_of[folder])
        if self._quick:
            return
        bad = {path for path, _ in found.damages}
        files = [file for each in found.expected.values() for file in each if file.path not in bad]
        self._begin(sum(file.bytes for file in files))
        for file, what in check_contents(self._lake, files, THREADS, self._read):
            self._add([(file.path, what, file.folder)], found.command_of[file.folder])

    def _mixture(self, folder: str, manifest: MixtureManifest) -> None:
        """The manifest against itself, its stages and its shards, as far as those are whole."""
        path = f"{folder}/{MANIFEST_NAME}"
        command = self._found.command_of[folder]
        stages = {
            place: found
            for place, name in manifest.inputs.items()
            if (found := self._found.stages.get(f"stages/{place}/{name}")) is not None
        }
        faults = [*manifest_faults(manifest), *self._chain_faults(manifest, stages)]
        damaged = {damage.folder for damage in self._found.damages.values()}
        if not any(f"stages/{place}/{name}" in damaged for place, name in manifest.inputs.items()):
            faults += fingerprint_faults(manifest, self._lake, stages)
        if not self._quick and folder not in damaged:
            counted = [(file, *shard_counts(f"{self._lake.uri}/{folder}/{file.path}")) for file in manifest.files]
            faults += shard_faults(manifest, counted)
        self._add([(path, fault, folder) for fault in faults], command)

    def _chain_faults(self, manifest: MixtureManifest, stages: dict[str, StageManifest]) -> list[str]:
        """Each stage was made from what the others put out, of the same mixture; judged where all are there."""
        if len(stages) < len(manifest.inputs):
            return []
        known = {name for found in stages.values() for name in (found.output, found.fingerprint)}
        return [
            f"{place} was made from another {name} than this mixture names"
            for place, found in sorted(stages.items())
            for name, output in found.inputs.items()
            if output not in known
        ]


def verify_mixture(uri: str, quick: bool, **heard: Callable[[int], None]) -> Verification:
    """Verify the mixture at `uri` (its folder or its manifest) and its stages; FileNotFoundError for no folder."""
    place = uri if "://" in uri else os.path.abspath(uri)
    folder = place.removesuffix(f"/{MANIFEST_NAME}").rstrip("/")
    lake_uri, *levels = folder.rsplit("/", LAKE_LEVELS)
    if len(levels) != LAKE_LEVELS or levels[0] != "mixtures":
        raise FileNotFoundError(f"{uri} is no mixture's folder, which is <lake>/mixtures/<name>/<fingerprint>")
    if not storage.sizes_in(folder):
        raise FileNotFoundError(f"no mixture at {folder}")
    return Verifier(Lake(lake_uri), quick, **heard).mixtures(["/".join(levels)])


def verify_lake(lake: Lake, quick: bool, **heard: Callable[[int], None]) -> Verification:
    """Verify every mixture, every finished stage folder, and what people decided about a lake."""
    found = inventory(lake)
    verifier = Verifier(lake, quick, **heard)
    finished = [folder for folder in found.mixtures if folder.is_finished]
    result = verifier.mixtures(folder.path for folder in finished)
    stages = verifier.stages((s, n, f) for s, n, f in (each.key for each in found.stages if each.is_finished))
    stages.mixtures = result.mixtures
    stages.damages += list(_decisions(lake, [file.path for file in found.others]))
    for name in folders_in(f"{lake.uri}/mixtures"):
        stages.damages += _pointer(lake, name, {folder.path for folder in finished})
    return stages


def _decisions(lake: Lake, paths: list[str]) -> Iterable[Damage]:
    """Tombstones and replays that are not what they were: nobody but a person can make them again."""
    for path in sorted(paths):
        top, *_, name = path.split("/")
        try:
            if top == "tombstones" and path.count("/") == 1 and name.endswith(".json"):
                read_tombstone(lake, name.removesuffix(".json"))
            elif top == "replays":
                Replay.model_validate_json(storage.read_bytes(f"{lake.uri}/{path}"))
        except (OSError, ValueError) as error:
            again = "mixdown forget" if top == "tombstones" else "mixdown replay"
            yield Damage(path, f"is not what was written ({str(error).splitlines()[0][:160]})", path, again)


def _pointer(lake: Lake, name: str, finished: set[str]) -> list[Damage]:
    path = f"mixtures/{name}/latest"
    try:
        latest = storage.read_bytes(f"{lake.uri}/{path}").decode(errors="replace").strip()
    except FileNotFoundError:
        return []
    if f"mixtures/{name}/{latest}" in finished:
        return []
    command = build_command(lake, name, f"mixtures/{name}/{latest}", read_runs(lake, RUNS_ASKED))
    return [Damage(path, f"names {latest[:40]!r}, which is no finished mixture", "", command)]

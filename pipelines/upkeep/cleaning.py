"""What a lake can do without: found, shown, and removed so that an interruption at any moment does no harm."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from mixer.object_store.abandoned_uploads import abandoned_uploads, abort_uploads
from pipelines.lake import Lake
from pipelines.runs.record import RunRecord, read_runs
from pipelines.upkeep.inventory import Folder, Inventory, inventory
from pipelines.upkeep.references import newest_and_alive, references

DAY_SECONDS = 86_400
LIVING_SECONDS = 3600  # an upload that is younger may have a writer; no task takes so long for one file

Kind = Literal["unreferenced", "unfinished", "leftover", "upload"]


class LakeInUse(RuntimeError):
    """A run is at work on the lake."""


@dataclass(frozen=True)
class Removal:
    """Something that nobody needs."""

    kind: Kind
    path: str  # from the lake's folder on
    bytes: int
    age_days: float
    upload: Any = None  # of an object store: what `abort_uploads` takes


@dataclass(frozen=True)
class Keeping:
    """What is kept whatever it is."""

    days: float  # everything younger
    newest_runs: int  # what they found or made
    mixtures: Collection[str] | None = None  # whose stage folders are kept; None: of all


@dataclass(frozen=True)
class Cleaning:
    """What was found."""

    removals: list[Removal]
    alive: list[RunRecord]
    kept_folders: int
    kept_bytes: int

    def bytes(self) -> int:
        """Of all that can go."""
        return sum(removal.bytes for removal in self.removals)


def find_removals(lake: Lake, keeping: Keeping, now: datetime | None = None) -> Cleaning:
    """What nobody needs.

    FileNotFoundError for a lake, or a mixture that is named, that is not there; DamagedFile where a mixture's manifest
    cannot be read.
    """
    now = now or datetime.now(UTC)
    runs = read_runs(lake)  # before the listing: a run that begins later only finds what is still there
    found = inventory(lake)
    _check_names(found, keeping.mixtures)
    needed = references(lake, found, newest_and_alive(runs, keeping.newest_runs, now), keeping.mixtures)
    oldest = now.timestamp() - keeping.days * DAY_SECONDS

    def age(modified: float) -> float:
        return max(0.0, now.timestamp() - modified) / DAY_SECONDS

    removals: list[Removal] = []
    for folder in (*found.stages, *found.mixtures):
        kind = _kind_of(folder, bool(needed.of(folder)))
        if kind is not None and folder.modified <= oldest:
            removals.append(Removal(kind, folder.path, folder.bytes, age(folder.modified)))
    gone = {removal.path for removal in removals}
    for file in found.leftovers:
        if file.modified <= oldest and not any(file.path.startswith(f"{path}/") for path in _parents(file.path, gone)):
            removals.append(Removal("leftover", file.path, file.bytes, age(file.modified)))
    removals += _uploads(lake, keeping.days)
    kept = [folder for folder in (*found.stages, *found.mixtures) if folder.path not in gone]
    alive = [run for run in runs if run.is_alive(now)]
    return Cleaning(removals, alive, len(kept), sum(folder.bytes for folder in kept))


def remove(lake: Lake, cleaning: Cleaning) -> Iterator[Removal]:
    """Remove what was found, one after another; LakeInUse, and nothing is removed, while a run is at work.

    A folder's manifest goes first: what is left of a folder without one counts as not done, so that a build after an
    interruption makes it anew.
    """
    alive = [run for run in read_runs(lake) if run.is_alive(datetime.now(UTC))]
    if alive:
        names = ", ".join(run.id for run in alive)
        raise LakeInUse(
            f"at work on {lake.uri}: {names}. Nothing was removed: run `mixdown gc --delete` when they have ended"
        )
    for removal in cleaning.removals:
        if removal.kind == "upload":
            abort_uploads([removal.upload])
        elif removal.kind == "leftover":
            _delete_file(f"{lake.uri}/{removal.path}")
        else:
            delete_folder(f"{lake.uri}/{removal.path}")
        yield removal


def delete_folder(uri: str) -> None:
    """Remove a folder, its manifest before everything else."""
    _delete_file(f"{uri}/{MANIFEST_NAME}")
    filesystem, path = storage.resolve(uri)
    with suppress(FileNotFoundError):
        filesystem.delete_dir(path)


def _kind_of(folder: Folder, is_needed: bool) -> Kind | None:
    if not folder.is_finished:
        return "unfinished"
    return None if is_needed or folder.path.startswith("mixtures/") else "unreferenced"


def _check_names(found: Inventory, mixtures: Collection[str] | None) -> None:
    there = {name for folder in found.mixtures for name in (folder.key[0], "/".join(folder.key))}
    unknown = sorted(set(mixtures or ()) - there)
    if unknown:
        raise FileNotFoundError(
            f"no mixture {', '.join(unknown)} in this lake; it has {', '.join(sorted(there)) or 'none'}"
        )


def _parents(path: str, folders: Collection[str]) -> Sequence[str]:
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    return [parent for parent in above if parent in folders]


def _delete_file(uri: str) -> None:
    filesystem, path = storage.resolve(uri)
    with suppress(FileNotFoundError):
        filesystem.delete_file(path)


def _uploads(lake: Lake, days: float) -> list[Removal]:
    """Uploads to an object store that nobody completes any more."""
    found = abandoned_uploads(lake.uri, max(days * DAY_SECONDS, LIVING_SECONDS))
    return [
        Removal("upload", each.uri.removeprefix(f"{lake.uri}/"), 0, each.age_seconds / DAY_SECONDS, each)
        for each in found
    ]

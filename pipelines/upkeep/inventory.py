"""Everything that lies in a lake, found with one recursive listing: a request a thousand objects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow.fs

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from pipelines.lake import Lake

STAGE_LEVELS = 3  # stages/<stage>/<source>/<fingerprint>
MIXTURE_LEVELS = 2  # mixtures/<name>/<fingerprint>

_LEFTOVER = re.compile(r"\.[0-9a-f]{32}\.tmp$")  # what a killed write leaves: mixer/sink_targets.py names it


@dataclass(frozen=True)
class Stored:
    """A file; `path` is from the lake's folder on."""

    path: str
    bytes: int
    modified: float  # seconds since 1970


@dataclass
class Folder:
    """One fingerprint's folder of a stage or of a mixture, finished or not; `path` is from the lake's folder on."""

    path: str
    files: dict[str, Stored] = field(default_factory=dict)  # by their path in it

    @property
    def key(self) -> tuple[str, ...]:
        """(stage, source, fingerprint), or (name, fingerprint) of a mixture."""
        return tuple(self.path.split("/")[1:])

    @property
    def is_finished(self) -> bool:
        """Whether its manifest is there."""
        return MANIFEST_NAME in self.files

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(file.bytes for file in self.files.values())

    @property
    def modified(self) -> float:
        """When it was finished, or touched last; 0 for an empty folder."""
        if self.is_finished:
            return self.files[MANIFEST_NAME].modified
        return max((file.modified for file in self.files.values()), default=0.0)


@dataclass
class Inventory:
    """What a lake holds."""

    stages: list[Folder]
    mixtures: list[Folder]
    leftovers: list[Stored]  # temporary files of writes that were killed
    others: list[Stored]  # runs, tombstones, replays, pointers

    def all_bytes(self) -> int:
        """Of every file, each once: leftovers may lie in a folder."""
        inside = {file.path: file for folder in (*self.stages, *self.mixtures) for file in folder.files.values()}
        outside = {file.path: file for file in (*self.others, *self.leftovers)}
        return sum(file.bytes for file in (inside | outside).values())


def inventory(lake: Lake) -> Inventory:
    """What lies in the lake; FileNotFoundError where there is none."""
    stages: dict[str, Folder] = {}
    mixtures: dict[str, Folder] = {}
    found = Inventory([], [], [], [])
    for path, info in _listing(lake):
        is_file = info.type == pyarrow.fs.FileType.File
        folders, levels = (
            (stages, STAGE_LEVELS)
            if path.startswith("stages/")
            else (mixtures, MIXTURE_LEVELS)
            if path.startswith("mixtures/")
            else (None, 0)
        )
        parts = path.split("/")
        if folders is not None and len(parts) > levels + (1 if is_file else 0):
            name = "/".join(parts[: levels + 1])
            folder = folders.setdefault(name, Folder(name))
        else:
            folder = None
        if not is_file:
            continue
        file = Stored(path, info.size or 0, (info.mtime_ns or 0) / 1e9)
        if _LEFTOVER.search(path):
            found.leftovers.append(file)
        if folder is not None:
            folder.files["/".join(parts[levels + 1 :])] = file
        elif not _LEFTOVER.search(path):
            found.others.append(file)
    found.stages = [stages[name] for name in sorted(stages)]
    found.mixtures = [mixtures[name] for name in sorted(mixtures)]
    return found


def _listing(lake: Lake) -> Iterator[tuple[str, pyarrow.fs.FileInfo]]:
    filesystem, path = storage.resolve(lake.uri)
    infos = filesystem.get_file_info(pyarrow.fs.FileSelector(path, allow_not_found=True, recursive=True))
    if not infos and filesystem.get_file_info(path).type != pyarrow.fs.FileType.Directory:
        raise FileNotFoundError(f"no lake at {lake.uri}: name one with --lake")
    base = path.rstrip("/") + "/"
    for info in infos:
        if info.path.startswith(base):
            yield info.path.removeprefix(base), info

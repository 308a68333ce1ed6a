"""What a lake holds and what was done to it, for an operator."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from mixer import storage
from pipelines.lake import Lake
from pipelines.runs.record import READERS, RunRecord, read_runs
from pipelines.stages import STAGE_NAMES
from pipelines.upkeep.inventory import Folder, inventory
from pipelines.upkeep.references import References, references


@dataclass(frozen=True)
class RunLine:
    """One run."""

    id: str
    recipe: str
    outcome: str
    age_seconds: float
    seconds: float
    until: str
    stage: str  # the last one that is through
    mixture: str
    error: str


@dataclass(frozen=True)
class StageLine:
    """One folder of a stage."""

    stage: str
    source: str
    fingerprint: str
    age_seconds: float
    files: int
    bytes: int
    documents_in: int | None  # None: its manifest cannot be read, or was not
    documents_out: int | None
    referenced_by: list[str]


@dataclass(frozen=True)
class MixtureLine:
    """One mixture."""

    name: str
    fingerprint: str
    age_seconds: float
    shards: int
    bytes: int
    is_latest: bool


@dataclass(frozen=True)
class LakeStatus:
    """Everything."""

    lake: str
    runs: list[RunLine]
    runs_in_all: int
    stages: list[StageLine]
    mixtures: list[MixtureLine]
    unfinished: list[tuple[str, float]]  # folder, age in seconds
    leftovers: int
    leftover_bytes: int
    bytes: int


def lake_status(lake: Lake, newest_runs: int, now: datetime | None = None) -> LakeStatus:
    """What is there; FileNotFoundError where there is no lake."""
    now = now or datetime.now(UTC)
    found = inventory(lake)
    runs = read_runs(lake, newest_runs)
    needed = References()
    with suppress(OSError):  # a damaged mixture is for `verify` to tell of
        needed = references(lake, found)
    finished = [folder for folder in found.stages if folder.is_finished]
    with ThreadPoolExecutor(READERS) as readers:
        counts = list(readers.map(lambda folder: _documents(lake, folder), finished))
    latest = _latest(lake, {folder.key[0] for folder in found.mixtures})
    run_names = {file.path.split("/")[1] for file in found.others if file.path.startswith("runs/")}
    return LakeStatus(
        lake=lake.uri,
        runs=[_run(run, now) for run in runs],
        runs_in_all=len(run_names),
        stages=sorted(
            (_stage(folder, count, needed, now) for folder, count in zip(finished, counts, strict=True)),
            key=lambda line: (_place(line.stage), line.source, line.age_seconds),
        ),
        mixtures=[_mixture(folder, latest, now) for folder in found.mixtures if folder.is_finished],
        unfinished=[
            (folder.path, _age(folder.modified, now))
            for folder in (*found.stages, *found.mixtures)
            if not folder.is_finished
        ],
        leftovers=len(found.leftovers),
        leftover_bytes=sum(file.bytes for file in found.leftovers),
        bytes=found.all_bytes(),
    )


def _run(run: RunRecord, now: datetime) -> RunLine:
    return RunLine(
        id=run.id,
        recipe=run.recipe,
        outcome=run.state(now),
        age_seconds=max(0.0, (now - datetime.fromisoformat(run.started)).total_seconds()),
        seconds=run.seconds(),
        until=run.until,
        stage=run.stages[-1].stage if run.stages else "",
        mixture=run.mixture,
        error=run.error,
    )


def _stage(folder: Folder, documents: tuple[int, int] | None, needed: References, now: datetime) -> StageLine:
    stage, source, fingerprint = folder.key
    return StageLine(
        stage=stage,
        source=source,
        fingerprint=fingerprint,
        age_seconds=_age(folder.modified, now),
        files=len(folder.files),
        bytes=folder.bytes,
        documents_in=documents[0] if documents else None,
        documents_out=documents[1] if documents else None,
        referenced_by=needed.of(folder),
    )


def _mixture(folder: Folder, latest: dict[str, str], now: datetime) -> MixtureLine:
    name, fingerprint = folder.key
    shards = sum(path.startswith("shard-") for path in folder.files)
    age = _age(folder.modified, now)
    return MixtureLine(name, fingerprint, age, shards, folder.bytes, latest.get(name) == fingerprint)


def _documents(lake: Lake, folder: Folder) -> tuple[int, int] | None:
    try:
        manifest = lake.manifest(*folder.key)
    except (OSError, ValidationError):
        return None
    return (manifest.books.records_in, manifest.books.kept) if manifest else None


def _latest(lake: Lake, names: set[str]) -> dict[str, str]:
    found = {}
    for name in sorted(names):
        with suppress(OSError):
            found[name] = storage.read_bytes(f"{lake.uri}/mixtures/{name}/latest").decode().strip()
    return found


def _place(stage: str) -> int:
    return STAGE_NAMES.index(stage) if stage in STAGE_NAMES else len(STAGE_NAMES)


def _age(modified: float, now: datetime) -> float:
    return max(0.0, now.timestamp() - modified)

"""A published stage folder against its own manifest: name, books, and every file that it lists."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydantic import ValidationError

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from pipelines.lake import Lake, StageManifest, UnbalancedBooks, fingerprint, output_digest
from pipelines.metering.stage_metrics import METRICS_NAME, manifest_digest, read_metrics

PARQUET = ".parquet"


@dataclass(frozen=True)
class Expected:
    """A file as a manifest lists it."""

    folder: str  # from the lake's folder on
    name: str
    bytes: int
    sha256: str
    rows: int  # of a Parquet file: others are not counted in rows

    @property
    def path(self) -> str:
        """From the lake's folder on."""
        return f"{self.folder}/{self.name}"


Problem = tuple[str, str, str]  # (path from the lake's folder on, what is wrong with it, folder to be deleted)


def check_stage(lake: Lake, stage: str, source: str, name: str) -> tuple[StageManifest | None, list[Problem]]:
    """A stage's manifest, and what is wrong with it by itself; no other file is read."""
    folder = f"stages/{stage}/{source}/{name}"
    path = f"{folder}/{MANIFEST_NAME}"
    try:
        manifest = lake.manifest(stage, source, name)
    except (storage.DamagedFile, ValidationError, UnicodeDecodeError) as error:
        return None, [(path, f"is no manifest of a stage any more ({_short(error)})", folder)]
    if manifest is None:
        return None, [(path, "is missing", "")]
    return manifest, [(path, what, folder) for what in _faults(lake, manifest, (stage, source, name))]


def _faults(lake: Lake, manifest: StageManifest, asked: tuple[str, str, str]) -> Iterator[str]:
    if (manifest.stage, manifest.source, manifest.fingerprint) != asked:
        yield "is the manifest of another folder"
    named = fingerprint(
        manifest.stage, manifest.stage_version, {"source": manifest.source, **manifest.settings}, manifest.inputs
    )
    if named != manifest.fingerprint:
        yield f"was altered: what it says was asked is called {named}"
    if output_digest(manifest.files) != manifest.output:
        yield "was altered: its files are not those that its output names"
    try:
        manifest.books.check(f"stage {manifest.stage!r}, source {manifest.source!r}")
    except UnbalancedBooks as error:
        yield str(error)
    yield from _against_metrics(lake, manifest)


def _against_metrics(lake: Lake, manifest: StageManifest) -> Iterator[str]:
    """The hash of the manifest stands in the metrics beside it, if there are any."""
    folder = lake.stage_uri(manifest.stage, manifest.source, manifest.fingerprint)
    if hash_differs(folder):
        yield f"was altered: its hash is not the one that {METRICS_NAME} has"


def hash_differs(folder_uri: str) -> bool:
    """Whether the metrics beside a manifest know another hash of it; False where they know none."""
    try:
        known = read_metrics(f"{folder_uri}/{METRICS_NAME}").manifest_sha256
        found = manifest_digest(storage.read_bytes(f"{folder_uri}/{MANIFEST_NAME}"))
    except (OSError, ValueError):
        return False
    return known not in ("", found)


def check_sizes(lake: Lake, folder: str, files: list[Expected]) -> Iterator[Problem]:
    """Files of a folder that are missing or have another size: one listing."""
    there = storage.sizes_in(f"{lake.uri}/{folder}")
    for file in files:
        found = there.get(file.name)
        if found is None:
            yield file.path, "is missing", folder
        elif found != file.bytes:
            yield file.path, f"has {found:,} bytes instead of {file.bytes:,}", folder


def check_contents(
    lake: Lake, files: list[Expected], threads: int, read: Callable[[int], None]
) -> Iterator[tuple[Expected, str]]:
    """Files whose hash or rows are others; `read` hears of the bytes of each file that is through."""
    with ThreadPoolExecutor(threads) as workers:
        for file, problem in zip(files, workers.map(lambda file: _content(lake, file), files), strict=True):
            read(file.bytes)
            if problem:
                yield file, problem


def _content(lake: Lake, file: Expected) -> str:
    uri = f"{lake.uri}/{file.path}"
    try:
        if storage.sha256_of(uri) != file.sha256:
            return "has another hash than when it was written"
        if not file.name.endswith(PARQUET):
            return ""
        with storage.open_parquet(uri) as opened:
            rows = opened.metadata.num_rows
    except OSError as error:
        return f"cannot be read ({_short(error)})"
    return "" if rows == file.rows else f"holds {rows:,} rows instead of {file.rows:,}"


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200]

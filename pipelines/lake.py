"""The lake: fingerprinted output directories with books that balance.

`<lake>/stages/<stage>/<source>/<fingerprint>/` holds part files and, written last, `manifest.json`. No manifest
means not done, whatever files lie there. The fingerprint names what was asked (stage, its version, settings, the
inputs' outputs); `output` names what came out (the files' checksums), so a stage that is redone with the same
result redoes nothing after it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.fs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mixer import storage
from mixer.manifest import MANIFEST_NAME

FINGERPRINT_DIGITS = 24


class UnbalancedBooks(ArithmeticError):
    """Records came in that went nowhere, or the other way round."""


class Books(BaseModel):
    """What became of one source's records in one stage: records_in = kept + absorbed + rejected + quarantined.

    `reasons` counts reasons, of which a rejected document may have several.
    """

    model_config = ConfigDict(extra="forbid")

    records_in: int = 0
    kept: int = 0
    absorbed: int = 0
    rejected: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)

    def add(self, other: "Books") -> None:
        """Add another task's books to these."""
        self.records_in += other.records_in
        self.kept += other.kept
        self.absorbed += other.absorbed
        self.rejected += other.rejected
        self.quarantined += other.quarantined
        self.reasons = dict(sorted((Counter(self.reasons) + Counter(other.reasons)).items()))

    def check(self, place: str) -> None:
        """UnbalancedBooks when the books do not balance."""
        out = self.kept + self.absorbed + self.rejected + self.quarantined
        if self.records_in != out:
            raise UnbalancedBooks(
                f"the books of {place} do not balance: {self.records_in:,} in, {self.kept:,} kept + {self.absorbed:,} "
                f"absorbed + {self.rejected:,} rejected + {self.quarantined:,} quarantined = {out:,}"
            )


class PartFile(BaseModel):
    """A file of a published directory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    rows: int
    bytes: int
    sha256: str


class TaskBooks(BaseModel):
    """What one task counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    books: Books
    measures: dict[str, float]


class StageManifest(BaseModel):
    """What a published directory holds and what made it."""

    model_config = ConfigDict(extra="forbid")

    stage: str
    stage_version: int
    source: str
    fingerprint: str
    settings: dict[str, Any]
    inputs: dict[str, str]
    files: list[PartFile]
    books: Books
    measures: dict[str, float] = Field(default_factory=dict)  # sums over the tasks, e.g. text_bytes
    tasks: list[TaskBooks] = Field(default_factory=list)  # in their order; of ingest alone
    output: str = ""

    def part_uris(self, lake: "Lake", prefix: str) -> list[str]:
        """Uris of the files whose name starts with `prefix`, in name order."""
        folder = lake.stage_uri(self.stage, self.source, self.fingerprint)
        return [f"{folder}/{file.path}" for file in self.files if file.path.startswith(prefix)]


def fingerprint(stage: str, version: int, settings: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """The name of what was asked: equal for equal stage, version, settings and inputs."""
    asked = {"stage": stage, "version": version, "settings": settings, "inputs": inputs}
    return digest_of(asked)


def digest_of(value: Any) -> str:
    """A short SHA-256 of a JSON-like value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def output_digest(files: Iterable[PartFile]) -> str:
    """The name of what came out: equal for equal files."""
    return digest_of([[file.path, file.sha256] for file in files])


def folders_in(uri: str) -> list[str]:
    """Names of the folders directly in a folder, sorted; none when it is not there."""
    filesystem, path = storage.resolve(uri)
    found = filesystem.get_file_info(pyarrow.fs.FileSelector(path, allow_not_found=True))
    return sorted(info.base_name for info in found if info.type == pyarrow.fs.FileType.Directory)


class Lake:
    """A folder, local or `s3://`, that holds every stage's output and the mixtures."""

    def __init__(self, uri: str) -> None:
        # Absolute, for workers have working directories of their own.
        self.uri = uri.rstrip("/") if "://" in uri else str(Path(uri).absolute())

    def stage_uri(self, stage: str, source: str, fingerprint: str) -> str:
        """The directory of one stage's output for one source."""
        return f"{self.uri}/stages/{stage}/{source}/{fingerprint}"

    def mixture_uri(self, name: str, fingerprint: str) -> str:
        """The directory of a mixture."""
        return f"{self.uri}/mixtures/{name}/{fingerprint}"

    def find(self, stage: str, source: str, fingerprint: str) -> StageManifest | None:
        """The published manifest, or None when this was not done (or not finished); DamagedFile when files are gone."""
        manifest = self.manifest(stage, source, fingerprint)
        if manifest is not None:
            folder = self.stage_uri(stage, source, fingerprint)
            storage.check_files(folder, {file.path: file.bytes for file in manifest.files})
        return manifest

    def manifest(self, stage: str, source: str, fingerprint: str) -> StageManifest | None:
        """The published manifest as it stands, whatever became of the files it lists."""
        uri = f"{self.stage_uri(stage, source, fingerprint)}/{MANIFEST_NAME}"
        if not storage.exists(uri):
            return None
        try:
            manifest = StageManifest.model_validate_json(storage.read_bytes(uri))
        except ValidationError as error:
            raise storage.DamagedFile(
                f"{uri} is no manifest of a stage ({error.errors()[0]['msg']}): delete its folder and run again"
            ) from error
        if (manifest.fingerprint, manifest.output) != (fingerprint, output_digest(manifest.files)):
            raise storage.DamagedFile(
                f"{uri} is damaged (it contradicts itself or its folder): delete its folder and run again"
            )
        return manifest

    def publish(self, manifest: StageManifest) -> StageManifest:
        """Check the books and write the manifest, after which the directory counts as done."""
        manifest.books.check(f"stage {manifest.stage!r}, source {manifest.source!r}")
        manifest.files.sort(key=lambda file: file.path)
        manifest.output = output_digest(manifest.files)
        folder = self.stage_uri(manifest.stage, manifest.source, manifest.fingerprint)
        storage.check_arrived(folder, {file.path: file.bytes for file in manifest.files})
        storage.write_bytes(f"{folder}/{MANIFEST_NAME}", manifest.model_dump_json(indent=1).encode())
        return manifest

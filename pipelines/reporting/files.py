"""Where a mixture's files lie: its shards beside the manifest, the stages behind it in the lake three folders up."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Generic, TypeVar

import pyarrow as pa

from mixer import storage
from mixer.manifest import MANIFEST_NAME, MixtureManifest, read_manifest, shard_uri
from mixer.object_store.errors import StoreError
from pipelines.lake import Lake, StageManifest

LAKE_LEVELS = 3  # <lake>/mixtures/<name>/<fingerprint>

Value = TypeVar("Value")


class Gone(LookupError):
    """Something that the mixture was made from cannot be read any more; the message is for the page."""


@dataclass(frozen=True)
class Section(Generic[Value]):
    """A part of the page: its content, or why there is none."""

    value: Value | None
    gone: str = ""


def section(make: Callable[..., Value], *arguments: object) -> Section[Value]:
    """What `make(*arguments)` returns, or the message of the Gone that it raised."""
    try:
        return Section(make(*arguments))
    except Gone as gone:
        return Section(None, str(gone))


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn failures to read into Gone; the message names `what` and no path, so that a moved lake reads the same."""
    try:
        yield
    except FileNotFoundError as error:
        raise Gone(f"{what}: a file is not there any more. Build the mixture again to restore it.") from error
    except StoreError:  # it says nothing about the file
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        raise Gone(f"{what}: a file is damaged ({type(error).__name__}). Build the mixture again.") from error
    except KeyError as error:
        raise Gone(f"{what}: written by another version, without column {error}. Build the mixture again.") from error


@dataclass(frozen=True)
class MixtureFiles:
    """A published mixture and the lake that it lies in."""

    manifest: MixtureManifest
    folder: str
    lake: Lake

    @classmethod
    def at(cls, manifest_uri: str) -> "MixtureFiles":
        """The mixture at `manifest_uri` (its manifest or its folder); FileNotFoundError when there is none."""
        uri = manifest_uri if "://" in manifest_uri else os.path.abspath(manifest_uri)
        folder = uri.removesuffix(f"/{MANIFEST_NAME}").rstrip("/")
        return cls(read_manifest(uri), folder, Lake(folder.rsplit("/", LAKE_LEVELS)[0]))

    def stage(self, stage: str, source: str) -> StageManifest:
        """What `stage` published for `source` of this mixture; Gone when that is not in the lake."""
        what = f"Stage {stage} of {source}"
        fingerprint = self.manifest.inputs.get(f"{stage}/{source}", "")
        if not all(_is_plain_name(name) for name in (stage, source, fingerprint)):
            raise Gone(f"{what}: the manifest does not name its output.")
        with reading(what):
            found = self.lake.manifest(stage, source, fingerprint)
        if found is None:
            raise Gone(f"{what}: its output is not in the lake any more.")
        return found

    def parts(self, stage: str, source: str, prefix: str) -> list[str]:
        """Uris of the stage's files whose name starts with `prefix`, in order; Gone as `stage` raises it."""
        manifest = self.stage(stage, source)
        if not all(_is_plain_name(file.path) for file in manifest.files):
            raise Gone(f"Stage {stage} of {source}: its manifest names files outside its folder.")
        return manifest.part_uris(self.lake, prefix)

    def shards(self) -> list[tuple[int, str]]:
        """(first row, uri) of every shard, in training order."""
        first_row = 0
        shards = []
        for file in self.manifest.files:
            shards.append((first_row, shard_uri(self.folder, file)))
            first_row += file.rows
        return shards

    def write_beside(self, name: str, data: bytes) -> str:
        """Write `data` as file `name` of the mixture's folder; returns its uri."""
        uri = f"{self.folder}/{name}"
        storage.write_bytes(uri, data)
        return uri


def _is_plain_name(name: str) -> bool:
    """Whether `name` stays in its folder: manifests are data, and data may be tampered with."""
    return name not in ("", "..") and PurePosixPath(name).name == name

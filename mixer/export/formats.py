"""Export a mixture to another trainer's format: one table of formats, one function."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from mixer import storage
from mixer.export import dataset_card, datatrove, megatron
from mixer.export.files import ExportError
from mixer.export.rows import check_counts, phase_tokens
from mixer.manifest import MixtureManifest, read_manifest

Writer = Callable[
    [str, MixtureManifest, str], list[str]
]  # (mixture's folder, manifest, output folder) -> the files' uris

FORMATS: Mapping[str, Writer] = {"card": dataset_card.write, "datatrove": datatrove.write, "megatron": megatron.write}


class ExportSummary(NamedTuple):
    """What an export wrote; `tokens` are real ones, padding left out."""

    files: list[str]
    rows: int
    tokens: int


def export(manifest_uri: str, format: str, output_uri: str) -> ExportSummary:
    """Write the mixture at `manifest_uri` (its manifest or its folder) into the folder `output_uri`.

    The same mixture gives the same bytes again. ExportError for an unknown format, a mixture without rows and a file in
    the way; DamagedFile when a shard is not what the manifest says.
    """
    if format not in FORMATS:
        raise ExportError(f"unknown format {format!r}; known: {', '.join(FORMATS)}")
    folder = _folder_of(manifest_uri)
    manifest = read_manifest(manifest_uri)
    check_counts(manifest)
    if not manifest.rows:
        raise ExportError(f"the mixture {manifest.name!r} at {manifest_uri} has no rows to export")
    storage.check_files(folder, {shard.path: shard.bytes for shard in manifest.files})
    files = FORMATS[format](folder, manifest, output_uri.rstrip("/"))
    return ExportSummary(files, manifest.rows, sum(phase_tokens(phase) for phase in manifest.phases))


def _folder_of(manifest_uri: str) -> str:
    """The folder of a manifest or, without `.json` at its end, the folder itself; a local one is made absolute."""
    if "://" not in manifest_uri:
        manifest_uri = str(Path(manifest_uri).absolute())
    return manifest_uri.rsplit("/", 1)[0] if manifest_uri.endswith(".json") else manifest_uri.rstrip("/")

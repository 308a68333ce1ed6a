"""What earlier ingests of a source read from splits that have not changed, taken over instead of read again.

A part depends on the source's name, its kind and options, the stage's version and the split alone, not on the splits
beside it. So when one file of an input changes, the others' parts are copied: the bytes that reading would give.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from pydantic import BaseModel

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from pipelines.context import TaskResult, Unit, part_number
from pipelines.lake import Lake, PartFile, StageManifest, TaskBooks, digest_of, folders_in

COPIED_BYTES = 4 << 20  # at once
MOST_EARLIER = 20  # ingests whose manifests are read; a lake of daily increments has hundreds


class EarlierPart(BaseModel):
    """One split as an earlier ingest read it."""

    folder: str
    number: int
    files: list[PartFile]  # documents, and what was refused if anything was
    counted: TaskBooks


def earlier_parts(lake: Lake, unit: Unit) -> dict[str, EarlierPart]:
    """By `split_key`: the parts that the lake holds of the unit's splits, whole as far as their sizes tell.

    A key that stands for several splits (files of one name, size and time in several folders) has none. Ingests are
    asked from the newest until all splits are found, MOST_EARLIER at most.
    """
    wanted = _unique(unit.settings["splits"])
    found: dict[str, EarlierPart] = {}
    for manifest in islice(_manifests(lake, unit), MOST_EARLIER):
        for key, part in _parts_of(lake, manifest):
            if key in wanted:
                found.setdefault(key, part)
        if len(found) == len(wanted):
            break
    return found


def _parts_of(lake: Lake, manifest: StageManifest) -> Iterator[tuple[str, EarlierPart]]:
    folder = lake.stage_uri(manifest.stage, manifest.source, manifest.fingerprint)
    there = storage.sizes_in(folder)
    files: dict[int, list[PartFile]] = {}
    for file in manifest.files:
        files.setdefault(part_number(file.path), []).append(file)
    splits = manifest.settings["splits"]
    unique = _unique(splits)
    for number, (key, counted) in enumerate(zip(map(split_key, splits), manifest.tasks, strict=True)):
        own = files.get(number, [])
        if key in unique and own and all(there.get(file.path) == file.bytes for file in own):
            yield key, EarlierPart(folder=folder, number=number, files=own, counted=counted)


def take_over(part: EarlierPart, output_uri: str, number: int) -> TaskResult | None:
    """The part copied as part `number` of `output_uri`; None when it is not what its manifest says."""
    result = TaskResult(books=part.counted.books.model_copy(deep=True), measures=dict(part.counted.measures))
    try:
        for file in part.files:
            name = f"{file.path.rsplit('-', 1)[0]}-{number:05d}.parquet"
            result.files.append(_copied(f"{part.folder}/{file.path}", f"{output_uri}/{name}", file))
    except OSError:  # gone, or a DamagedFile
        return None
    return result


def split_key(entry: list[Any]) -> str:
    """An entry of an ingest's `splits` as something to look it up by."""
    return json.dumps(entry)


def _unique(entries: list[list[Any]]) -> set[str]:
    return {key for key, count in Counter(map(split_key, entries)).items() if count == 1}


def _manifests(lake: Lake, unit: Unit) -> Iterator[StageManifest]:
    """Those of the same source, stage version, kind and options that say what each task counted, the newest first."""
    for name in _newest_first(f"{lake.uri}/stages/{unit.stage}/{unit.source}"):
        with suppress(storage.DamagedFile):
            manifest = lake.manifest(unit.stage, unit.source, name)
            if manifest is None or manifest.stage_version != unit.version:
                continue
            if _reading(manifest.settings) == _reading(unit.settings) and len(manifest.tasks) == len(
                manifest.settings["splits"]
            ):
                yield manifest


def _newest_first(uri: str) -> list[str]:
    """Names of the folders in a folder by when their manifests were written; those without one are left out."""
    names = folders_in(uri)
    filesystem, path = storage.resolve(uri)
    infos = filesystem.get_file_info([f"{path}/{name}/{MANIFEST_NAME}" for name in names])
    written = [(-(info.mtime_ns or 0), name) for name, info in zip(names, infos, strict=True) if info.is_file]
    return [name for _, name in sorted(written)]


def _reading(settings: dict[str, Any]) -> str:
    """How a split is read, as JSON: what is stored has lists for tuples."""
    return digest_of({key: value for key, value in settings.items() if key != "splits"})


def _copied(source_uri: str, target_uri: str, expected: PartFile) -> storage.WrittenFile:
    """A copy of a file; DamagedFile, and nothing under its name, when the content is not what was written."""
    filesystem, path = storage.resolve(source_uri)
    with filesystem.open_input_stream(path, compression=None) as stream, storage.AtomicSink(target_uri) as sink:
        while piece := stream.read(COPIED_BYTES):
            sink.write(piece)
        if sink.sha256.hexdigest() != expected.sha256:
            raise storage.DamagedFile(f"{source_uri} is not what was written")
    return storage.WrittenFile(target_uri.rsplit("/", 1)[-1], expected.rows, sink.size_bytes, expected.sha256)

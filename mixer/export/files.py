"""Files of an export: their names, and writes that never touch a file that is there."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mixer import storage
from mixer.manifest import MixtureManifest, Phase

COPY_BYTES = 4 << 20


class ExportError(ValueError):
    """An export that cannot be made as asked; the message says what to change."""


def phase_stems(manifest: MixtureManifest) -> Iterator[tuple[str, Phase]]:
    """(`<mixture>-<number>-<phase>`, phase) of every phase that has rows, in training order.

    The number keeps the order where a trainer reads a folder by name, and the names apart where case does not count.
    """
    digits = max(2, len(str(len(manifest.phases) - 1)))
    for number, phase in enumerate(manifest.phases):
        if phase.rows:
            yield f"{_file_name(manifest.name)}-{number:0{digits}d}-{_file_name(phase.name)}", phase


def _file_name(name: str) -> str:
    """`name` with what no file system or shell stumbles over: recipes are held to it, a manifest may say anything."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:64].lstrip(".-") or "_"


class _Comparison:
    """Takes what would be written where a file is already, and keeps its size and checksum alone."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self.sha256.update(view)
        self.size_bytes += view.nbytes
        return view.nbytes


@contextmanager
def new_file(uri: str, size_bytes: int) -> Iterator[storage.AtomicSink | _Comparison]:
    """A file to write exactly `size_bytes` into; it appears whole, when the block ends without an error.

    A file that is at `uri` already is compared with what is written and never touched: ExportError where it holds
    something else, at once where its size tells. DamagedFile when the shards gave another number of bytes than the
    manifest says.
    """
    folder, name = uri.rsplit("/", 1)
    existing = storage.sizes_in(folder).get(name)
    if existing is None:
        with storage.AtomicSink(uri) as sink:
            yield sink
            _check_size(uri, sink.size_bytes, size_bytes)
        return
    if existing != size_bytes:
        raise _other_content(uri, f"{existing:,} bytes, not {size_bytes:,}")
    comparison = _Comparison()
    yield comparison
    _check_size(uri, comparison.size_bytes, size_bytes)
    if storage.sha256_of(uri) != comparison.sha256.hexdigest():
        raise _other_content(uri, "the same size, another content")


def _check_size(uri: str, found_bytes: int, expected_bytes: int) -> None:
    if found_bytes != expected_bytes:
        raise storage.DamagedFile(
            f"{uri} came to {found_bytes:,} bytes, and the manifest's counts say {expected_bytes:,}: the shards are "
            "not those of this manifest; build the mixture again"
        )


def _other_content(uri: str, found: str) -> ExportError:
    return ExportError(f"{uri} is there and holds something else ({found}): remove it, or name another --output")


def copy_file(source_uri: str, target_uri: str, size_bytes: int, sha256: str) -> None:
    """Copy a file of known size and checksum; DamagedFile when the source is not that file."""
    filesystem, path = storage.resolve(source_uri)
    with new_file(target_uri, size_bytes) as sink, filesystem.open_input_stream(path, compression=None) as stream:
        while piece := stream.read(COPY_BYTES):
            sink.write(piece)
        if sink.sha256.hexdigest() != sha256:
            raise storage.DamagedFile(f"{source_uri} is not the file that the manifest lists: its checksum differs")

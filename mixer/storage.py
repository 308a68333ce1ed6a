"""Files by uri: local paths, `s3://`, and what else Arrow knows; every write is whole or absent."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from mixer.object_store.client import store_for
from mixer.object_store.errors import StoreError
from mixer.object_store.filesystem import ObjectStoreHandler, handler_of
from mixer.object_store.settings import S3, split_uri
from mixer.object_store.upload import Upload
from mixer.sink_targets import ArrowTarget, LocalTarget, Target

COMPRESSION = "zstd"
COMPRESSION_LEVEL = 1  # level 3 halves the write speed for 4 % less size on text

# What pyarrow raises for a file that was cut or changed.
_NO_PARQUET = (pa.ArrowException, OSError, UnicodeDecodeError)


class DamagedFile(OSError):
    """A file that is there and is not what was written."""


class WrittenFile(NamedTuple):
    """What was written; `path` is the uri's last part."""

    path: str
    rows: int
    bytes: int
    sha256: str


def resolve(uri: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """The filesystem and the path in it; a uri without a scheme is a local path, made absolute.

    `s3://bucket/key` has the key as it stands, as the AWS tools take it: with spaces, brackets and percent signs. The
    endpoint, region and credentials are those of the environment (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION,
    AWS_ACCESS_KEY_ID ...) unless the uri ends in `?region=...`, `?endpoint_override=...` or both.
    """
    if "://" not in uri:
        return pyarrow.fs.LocalFileSystem(), str(Path(uri).absolute())
    if not uri.startswith(S3):
        filesystem, path = pyarrow.fs.FileSystem.from_uri(uri)
        return filesystem, path
    bucket, key, query = split_uri(uri)
    filesystem = pyarrow.fs.PyFileSystem(ObjectStoreHandler(store_for(query)))
    return filesystem, f"{bucket}/{key}" if key else bucket


def exists(uri: str) -> bool:
    """Whether a file is at `uri`."""
    if uri.startswith(S3):  # one request; with the question whether it is a folder it would be two
        bucket, key, query = split_uri(uri)
        return store_for(query).head(bucket, key) is not None
    filesystem, path = resolve(uri)
    return bool(filesystem.get_file_info(path).type == pyarrow.fs.FileType.File)


def sizes_in(folder_uri: str) -> dict[str, int]:
    """Name -> bytes of the files directly in a folder; empty when there is none."""
    filesystem, path = resolve(folder_uri)
    selector = pyarrow.fs.FileSelector(path, allow_not_found=True)
    return {info.base_name: info.size for info in filesystem.get_file_info(selector) if info.is_file}


def check_files(folder_uri: str, expected_bytes: Mapping[str, int]) -> None:
    """DamagedFile when a file that a manifest lists is missing or has another size."""
    found = sizes_in(folder_uri)
    for name, size in expected_bytes.items():
        if found.get(name) != size and folder_uri.startswith(S3):
            found |= _size_at(f"{folder_uri}/{name}", name)
        if found.get(name) != size:
            state = "is missing" if name not in found else f"has {found[name]:,} bytes instead of {size:,}"
            raise DamagedFile(f"{folder_uri}/{name} {state}: delete that folder and run again, it will be made anew")


def check_arrived(folder_uri: str, expected_bytes: Mapping[str, int]) -> None:
    """DamagedFile unless an object store says of each file that it has all its bytes; before a manifest lists them.

    On a disk a file was synced before it got its name, so nothing is asked.
    """
    if folder_uri.startswith(S3):
        check_files(folder_uri, expected_bytes)


def _size_at(uri: str, name: str) -> dict[str, int]:
    """As `sizes_in`, of one object and asked of itself: some stores' listings lag behind (Swift's do)."""
    bucket, key, query = split_uri(uri)
    found = store_for(query).head(bucket, key)
    return {} if found is None else {name: found.size_bytes}


def open_stream(uri: str) -> pa.NativeFile:
    """The file for reading through, as it stands: what is compressed stays so. FileNotFoundError names the uri."""
    filesystem, path = resolve(uri)
    try:
        return filesystem.open_input_stream(path, compression=None)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no file at {uri}") from error


def read_bytes(uri: str) -> bytes:
    """The file's content; FileNotFoundError names the uri."""
    with open_stream(uri) as stream:
        return bytes(stream.read())


def write_bytes(uri: str, data: bytes) -> None:
    """Write `data` whole or not at all: an object store's put is atomic, a local file is renamed into place."""
    with AtomicSink(uri) as sink:
        sink.write(data)


def sha256_of(uri: str) -> str:
    """The file's SHA-256 in hex, read in 4 MiB pieces."""
    digest = hashlib.sha256()
    with open_stream(uri) as stream:
        while piece := stream.read(4 << 20):
            digest.update(piece)
    return digest.hexdigest()


def open_parquet(uri: str) -> pq.ParquetFile:
    """The Parquet file at `uri`, ready to read row groups and columns of."""
    filesystem, path = resolve(uri)
    # In an object store ranges that lie close together are one request; on a disk there is nothing to save.
    far = isinstance(filesystem, pyarrow.fs.PyFileSystem)
    try:
        # A flipped bit must be an error, never another token: without the checksums most flips read back silently.
        return pq.ParquetFile(filesystem.open_input_file(path), page_checksum_verification=True, pre_buffer=far)
    except StoreError:  # the store's fault, and not the file's
        raise
    except _NO_PARQUET as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's, such as a file that is not there
            raise
        raise DamagedFile(f"{uri} is no whole Parquet file ({error}): delete its folder and run again") from error


def read_table(uri: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The whole file, or some of its columns, on one thread: the other cores have tasks of their own."""
    with open_parquet(uri) as file, naming_damage(uri):
        return _with(columns, file.read(columns, use_threads=False))


def row_groups(uri: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The file's row groups in order: what a task holds at once."""
    with open_parquet(uri) as file:
        for group in range(file.num_row_groups):
            with naming_damage(uri):
                table = _with(columns, file.read_row_group(group, columns, use_threads=False))
            yield table


def _with(columns: Sequence[str] | None, table: pa.Table) -> pa.Table:
    """The table; OSError when columns are missing, which pyarrow leaves out in silence (footers have no checksum)."""
    missing = {name.partition(".")[0] for name in columns or ()} - set(table.column_names)
    if missing:
        raise OSError(f"no column {', '.join(sorted(missing))}")
    return table


@contextmanager
def naming_damage(uri: str) -> Iterator[None]:
    """A page that fails its checksum, or what a damaged footer leads to, becomes a DamagedFile that names the file."""
    try:
        yield
    except StoreError:  # the store's fault, and not the file's
        raise
    except _NO_PARQUET as error:
        raise DamagedFile(f"{uri} is damaged ({error}): delete its folder and run again") from error


def write_parquet(uri: str, schema: pa.Schema, tables: Iterable[pa.Table], **options: Any) -> WrittenFile:
    """Write `tables` as row groups of one file; same tables and pyarrow version, same bytes."""
    options = {
        "compression": COMPRESSION,
        "compression_level": COMPRESSION_LEVEL,
        "write_page_checksum": True,
    } | options
    rows = 0
    with AtomicSink(uri) as sink, pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, **options) as writer:
        for table in tables:
            rows += table.num_rows
            writer.write_table(table, row_group_size=max(1, table.num_rows))
    return WrittenFile(uri.rsplit("/", 1)[-1], rows, sink.size_bytes, sink.sha256.hexdigest())


class AtomicSink:
    """A writable file that hashes what passes and appears under its name only when it is closed without an error."""

    def __init__(self, uri: str) -> None:
        filesystem, path = resolve(uri)
        self._target = _target(filesystem, path)
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Append `data` (bytes or an Arrow buffer)."""
        view = memoryview(data).cast("B")
        self._target.write(view)
        self.sha256.update(view)
        self.size_bytes += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        """Bytes so far."""
        return self.size_bytes

    def flush(self) -> None:
        """Nothing: what is written counts when the `with` block ends."""

    def close(self) -> None:
        """Called by pyarrow's wrapper; the file appears when the `with` block ends."""

    def writable(self) -> bool:
        """Yes; pyarrow asks."""
        return True

    def readable(self) -> bool:
        """No."""
        return False

    def seekable(self) -> bool:
        """No: an object store cannot."""
        return False

    def __enter__(self) -> "AtomicSink":
        return self

    def __exit__(self, error_type: object, *_: object) -> None:
        self.closed = True
        if error_type is not None:
            self._target.abandon()
        else:
            self._target.commit()


def _target(filesystem: pyarrow.fs.FileSystem, path: str) -> Target:
    if isinstance(filesystem, pyarrow.fs.LocalFileSystem):
        return LocalTarget(path)
    if handler := handler_of(filesystem):
        bucket, _, key = path.partition("/")
        return Upload(handler.store, bucket, key)
    return ArrowTarget(filesystem, path)

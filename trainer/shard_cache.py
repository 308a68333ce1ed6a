"""Shards of an object store, kept on the local disk while they are read; the folder stays below a bound."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow.fs

from mixer import storage
from mixer.manifest import ShardFile
from trainer.errors import ShardError

DEFAULT_CACHE_BYTES = 16 << 30
PIECE_BYTES = 8 << 20


def default_cache_folder() -> Path:
    """`$XDG_CACHE_HOME/mixdown/shards`, by default below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mixdown" / "shards"


def is_remote(uri: str) -> bool:
    """Whether the file must be fetched before it can be mapped into memory."""
    return not isinstance(storage.resolve(uri)[0], pyarrow.fs.LocalFileSystem)


class ShardCache:
    """Keeps shards under their checksum in `folder`; those that were used longest ago go when it exceeds `max_bytes`.

    Several processes may share a folder: a shard is fetched by one of them, and the others wait for it.
    """

    def __init__(self, folder: Path | None = None, max_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._folder = folder or default_cache_folder()
        self._max_bytes = max_bytes
        self._fetcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shard-fetcher")
        self._ahead: dict[str, Future[Path]] = {}

    def path_of(self, uri: str, entry: ShardFile) -> Path:
        """The local copy of the shard at `uri`; ShardError when what comes is not what the manifest lists."""
        ahead = self._ahead.pop(entry.sha256, None)
        path = ahead.result() if ahead is not None else self._fetched(uri, entry)
        try:
            os.utime(path)
        except FileNotFoundError:  # another process needed the room between
            path = self._fetched(uri, entry)
        return path

    def fetch_ahead(self, uri: str, entry: ShardFile) -> None:
        """Begin to fetch a shard that will be asked for next."""
        if entry.sha256 not in self._ahead:
            self._ahead[entry.sha256] = self._fetcher.submit(self._fetched, uri, entry)

    def close(self) -> None:
        """Fetch nothing more."""
        self._fetcher.shutdown(wait=True, cancel_futures=True)
        self._ahead.clear()

    def _fetched(self, uri: str, entry: ShardFile) -> Path:
        path = self._folder / f"{entry.sha256}.parquet"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            with _alone(path):
                if not path.exists():
                    self._make_room(entry.bytes)
                    _download(uri, entry, path)
        return path

    def _make_room(self, needed_bytes: int) -> None:
        """Delete what was used longest ago; an open file stays readable for who has it open."""
        kept = []
        for path in self._folder.glob("*.parquet"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            kept.append((status.st_mtime_ns, status.st_size, path))
        total_bytes = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total_bytes + needed_bytes <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            total_bytes -= size


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of one shard; the death of its holder releases it."""
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(uri: str, entry: ShardFile, path: Path) -> None:
    """Write the file at `uri` whole and checked to `path`, or not at all."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    filesystem, source = storage.resolve(uri)
    digest = hashlib.sha256()
    try:
        with filesystem.open_input_stream(source, compression=None) as stream, temporary.open("wb") as file:
            while piece := stream.read(PIECE_BYTES):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != entry.sha256:
            raise ShardError(f"shard {uri} is not what its manifest lists (another SHA-256): build the mixture again")
        os.replace(temporary, path)
    except OSError as error:
        raise ShardError(f"shard {uri} cannot be fetched into {path.parent} ({error})") from error
    finally:
        temporary.unlink(missing_ok=True)

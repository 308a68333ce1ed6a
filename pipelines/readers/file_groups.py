"""Many small files as splits: ranges of what a uri names, so that a task reads hundreds of files and not one.

A split keeps the uri, and where its files stand in the listing; its identity is a digest of theirs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from pipelines.document import Quarantined, Rejected
from pipelines.readers.dated_inputs import taken_apart
from pipelines.readers.inputs import InputPath, inputs_at, open_input
from pipelines.readers.languages import language_of
from pipelines.source import Split

MAX_FILES = 1_000  # of a split
MAX_BYTES = 128 << 20


@dataclass(frozen=True)
class Selection:
    """The files that a kind reads, `what` in errors: in a folder those that end in `suffixes`, in `languages`."""

    what: str
    suffixes: tuple[str, ...]
    languages: frozenset[str] | None = None  # those of the files' names; None: any

    def at(self, uri: str) -> list[InputPath]:
        """The files at `uri` in the listing's order; FileNotFoundError where there is none."""
        files = [file for file in inputs_at(uri, self.suffixes, self.what) if self._takes(file.name)]
        if not files:
            raise FileNotFoundError(f"none of the files at {taken_apart(uri).uri!r} are {self.what}")
        return files

    def _takes(self, name: str) -> bool:
        return self.languages is None or language_of(name) in self.languages


def splits_of_files(uri: str, selection: Selection) -> list[Split]:
    """Ranges of the files at `uri`; FileNotFoundError where there is none."""
    files = selection.at(uri)
    return [
        Split(
            uri=uri,
            identity=_identity(files[start:stop]),
            size_bytes=sum(file.size_bytes for file in files[start:stop]),
            start=start,
            stop=stop,
        )
        for start, stop in _ranges(files)
    ]


def files_of(split: Split, selection: Selection) -> list[InputPath]:
    """The split's files; RuntimeError where they are no longer those that the split was made of."""
    for _ in range(2):
        files = list(_listed(split.uri, selection)[split.start : split.stop])
        if _identity(files) == split.identity:
            return files
        _listed.cache_clear()
    raise RuntimeError(f"the files at {taken_apart(split.uri).uri!r} changed while they were read: build again")


def content_of(file: InputPath, max_bytes: int) -> bytes | Rejected | Quarantined:
    """The file's bytes; rejected as too large, quarantined where the storage fails."""
    try:
        with open_input(file.uri) as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        return Quarantined(file.name, "unreadable", str(error))
    if len(data) > max_bytes:
        return Rejected(file.name, "file_too_large")
    return data


@lru_cache(maxsize=2)
def _listed(uri: str, selection: Selection) -> tuple[InputPath, ...]:
    """The files at `uri`, kept for the process's next splits of them."""
    return tuple(selection.at(uri))


def _ranges(files: Sequence[InputPath]) -> Iterator[tuple[int, int]]:
    start = size_bytes = 0
    for number, file in enumerate(files):
        full = number - start >= MAX_FILES or size_bytes + file.size_bytes > MAX_BYTES
        if number > start and full:
            yield start, number
            start, size_bytes = number, 0
        size_bytes += file.size_bytes
    yield start, len(files)


def _identity(files: Sequence[InputPath]) -> str:
    digest = blake2b(digest_size=16)
    for file in files:
        digest.update(file.identity.encode("utf-8", "surrogateescape") + b"\0")
    return f"{len(files)} files {digest.hexdigest()}"

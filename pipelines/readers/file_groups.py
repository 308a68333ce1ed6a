"""Many small files as splits: ranges of what a uri names, so that a task reads hundreds of files and not one.

A split keeps the uri, and where its files stand in the listing; its identity is a digest of theirs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from pipelines.document import Quarantined, Rejected
from pipelines.readers.inputs import InputPath, inputs_at, open_input
from pipelines.source import Split

MAX_FILES = 1_000  # of a split
MAX_BYTES = 128 << 20


@dataclass(frozen=True)
class Selection:
    """The files that a kind reads, `what` in errors: in a folder those that end in `suffixes`, if `takes` agrees."""

    what: str
    suffixes: tuple[str, ...]
    takes: Callable[[str], bool] = lambda _: True  # by the file's path below what the uri names

    def at(self, uri: str) -> list[InputPath]:
        """The files at `uri` in the listing's order; FileNotFoundError where there is none."""
        files = [file for file in inputs_at(uri, self.suffixes, self.what) if self.takes(file.name)]
        if not files:
            raise FileNotFoundError(f"none of the files at {uri!r} are {self.what}")
        return files


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
    files = selection.at(split.uri)[split.start : split.stop]
    if _identity(files) != split.identity:
        raise RuntimeError(f"the files at {split.uri!r} changed while they were read: build again")
    return files


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

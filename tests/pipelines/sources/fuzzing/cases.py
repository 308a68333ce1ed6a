"""What a parser offers to be fuzzed: valid inputs, and how to read bytes as if they were one."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from pipelines.document import Record
from pipelines.source import SourceKind


class Fuzzed(NamedTuple):
    """One subject: a module of this folder lists its own in `CASES`, by name."""

    name: str
    samples: Callable[[], list[bytes]]  # valid inputs; at least one gives a document
    read: Callable[[bytes], list[Record]]  # writes the bytes where it must, reads them, returns every record


def file_reader(
    kind: SourceKind, file_name: str, options: Mapping[str, object] | None = None
) -> Callable[[bytes], list[Record]]:
    """A `read` that puts the bytes into a file named `file_name` and gives that file to the kind's splits and read."""
    settings = kind.options.model_validate(dict(options or {}))

    def read(data: bytes) -> list[Record]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file_name
            path.write_bytes(data)
            return [record for split in kind.splits(str(path), settings) for record in kind.read(split, settings)]

    return read

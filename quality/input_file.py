"""Files that settings name: word lists, models, benchmarks. Named by a person, read by workers."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pyarrow import fs
from pydantic import BaseModel, ConfigDict, model_validator


class InputFile(BaseModel):
    """A file, written in a recipe as its path or uri; `sha256` is filled in where the run begins.

    Fingerprints take the digest and not the uri, so a moved file measures nothing anew and a changed one does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: str
    sha256: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"uri": value} if isinstance(value, str) else value


def _arrow_stream(uri: str) -> Any:
    filesystem, path = fs.FileSystem.from_uri(uri)
    return filesystem.open_input_stream(path, compression=None)


_stream_of: Callable[[str], Any] = _arrow_stream


def open_elsewhere_with(stream_of: Callable[[str], Any]) -> None:
    """Have files that lie elsewhere (`s3://` ...) opened by `stream_of(uri)`; without, Arrow opens them.

    Nothing here knows of object stores: who measures brings the client that retries.
    """
    global _stream_of
    _stream_of = stream_of


def open_elsewhere(uri: str) -> Any:
    """The file at a uri with a scheme, for reading through."""
    return _stream_of(uri)


class ChangedFile(RuntimeError):
    """A file is no longer what it was when the run began."""


@lru_cache(maxsize=64)
def read_input(file: InputFile) -> bytes:
    """The file's content; ChangedFile when it has another digest than `file` says."""
    with open_elsewhere(file.uri) if "://" in file.uri else open(file.uri, "rb") as stream:
        content: bytes = stream.read()
    found = hashlib.sha256(content).hexdigest()
    if file.sha256 and found != file.sha256:
        raise ChangedFile(f"{file.uri} has changed since the run began (SHA-256 {found}, not {file.sha256}): run again")
    return content

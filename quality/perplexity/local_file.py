"""Files that a library opens by their path: checked, and fetched where they lie elsewhere."""

import hashlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path

from quality.input_file import ChangedFile, InputFile, open_elsewhere

CHUNK_BYTES = 1 << 20


@lru_cache(maxsize=64)
def local_path(file: InputFile) -> str:
    """A path of this machine with the file's content; ChangedFile when it has another digest than `file` says.

    A file that lies elsewhere is fetched once a machine, into the folder for temporary files.
    """
    if "://" in file.uri:
        return _fetched(file)
    _check(file, _sha256(file.uri))
    return file.uri


def _fetched(file: InputFile) -> str:
    if file.sha256:
        path = Path(tempfile.gettempdir()) / f"mixdown-{file.sha256}"
        if path.is_file() and _sha256(str(path)) == file.sha256:
            return str(path)
    number, partial = tempfile.mkstemp(prefix="mixdown-")
    with open_elsewhere(file.uri) as stream, os.fdopen(number, "wb") as target:
        while chunk := stream.read(CHUNK_BYTES):
            target.write(chunk)
    found = _sha256(partial)
    _check(file, found)
    path = Path(tempfile.gettempdir()) / f"mixdown-{found}"
    Path(partial).replace(path)
    return str(path)


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(file: InputFile, found: str) -> None:
    if file.sha256 and found != file.sha256:
        raise ChangedFile(f"{file.uri} has changed since the run began (SHA-256 {found}, not {file.sha256}): run again")

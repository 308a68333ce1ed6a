"""Bundle files: refs and a pack in one file, gitformat-bundle(5).

A bundle that needs commits from elsewhere (an incremental one) is read for what it holds: its history begins behind
those. A damaged or cut one is unpacked as far as it can be read.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipelines.readers.git import command as git
from pipelines.readers.git.packs import unpack
from pipelines.readers.git.refs import is_ref_name
from pipelines.readers.inputs import open_input

MAX_HEADER_LINES = 2_000_000
_MAX_LINE_BYTES = 8_192
_SIGNATURES = (b"# v2 git bundle\n", b"# v3 git bundle\n")
_LINE = re.compile(r"(-?)([0-9a-f]{40}(?:[0-9a-f]{24})?)(?: (.*))?")


class Bundle(NamedTuple):
    """What a bundle's header says; `needs` are the commits that it was made without, `pack_at` counts bytes."""

    object_format: str
    refs: dict[str, str]
    head: str
    needs: frozenset[str]
    pack_at: int


def is_bundle(stream: BinaryIO) -> bool:
    """Whether what begins at the stream's position is a bundle."""
    return stream.read(len(_SIGNATURES[0])) in _SIGNATURES


def read_header(stream: BinaryIO) -> Bundle:
    """The header of the bundle `stream`, which is left at the pack; ValueError where it is no header of a bundle."""
    if not is_bundle(stream):
        raise ValueError("it is no git bundle of version 2 or 3")
    object_format = "sha1"
    refs: dict[str, str] = {}
    needs: set[str] = set()
    head = "ref: refs/heads/none"
    for _ in range(MAX_HEADER_LINES):
        line = stream.readline(_MAX_LINE_BYTES)
        text = line.decode(errors="replace").rstrip("\n")
        if not line.endswith(b"\n"):
            raise ValueError("its header ends early")
        if not text:
            return Bundle(object_format, refs, head, frozenset(needs), stream.tell())
        if text.startswith("@"):
            if text.startswith("@object-format="):
                object_format = "sha256" if text.endswith("=sha256") else "sha1"
            continue
        found = _LINE.fullmatch(text)
        if found is None:
            continue  # a damaged line costs its ref
        if found[1]:
            needs.add(found[2])
        elif found[3] == "HEAD":
            head = found[2]
        elif found[3] and is_ref_name(found[3]):
            refs[found[3]] = found[2]
    raise ValueError(f"its header has more than {MAX_HEADER_LINES} lines")


def local_copy(uri: str, scratch: Path) -> Path:
    """The bundle at `uri` as a file of this machine; one of an object store or the web is fetched to `scratch`."""
    if "://" not in uri:
        return Path(uri)
    with open_input(uri) as stream, tempfile.NamedTemporaryFile(dir=scratch, delete=False) as copy:
        shutil.copyfileobj(stream, copy, 1 << 20)
    return Path(copy.name)


def unbundle(file: Path, bundle: Bundle, git_dir: Path) -> None:
    """The objects of the bundle `file` into our own `git_dir`."""
    with file.open("rb") as stream:
        stream.seek(bundle.pack_at)
        if git.run_on(["index-pack", "--stdin"], stream, GIT_DIR=str(git_dir)):
            return
    unpack(file, bundle.pack_at, git_dir)

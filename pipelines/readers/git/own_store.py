"""A git directory of our own over a foreign repository's objects.

It has nothing of the repository but links to its object files and a list of its refs: no configuration, no hooks, no
replacements, no commit graph, and no other object stores than this one, which `objects/info/alternates` could name
anywhere on the machine.
"""

import os
from pathlib import Path

from pipelines.readers.git import refs as git_refs
from pipelines.readers.git.packs import link_packs

_FAN_OUT = [f"{number:02x}" for number in range(256)]


def create(folder: Path, object_format: str, refs: dict[str, str], head: str, shallow: frozenset[str]) -> Path:
    """An empty git directory in `folder` that knows these refs."""
    for part in ("objects/pack", "objects/info", "refs"):
        (folder / part).mkdir(parents=True)
    (folder / "HEAD").write_text(f"{head}\n")
    (folder / "packed-refs").write_text(git_refs.packed(refs))
    if shallow:
        (folder / "shallow").write_text("".join(f"{sha}\n" for sha in sorted(shallow)))
    version = 0 if object_format == "sha1" else 1
    extension = "" if object_format == "sha1" else f"[extensions]\n\tobjectFormat = {object_format}\n"
    (folder / "config").write_text(f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{extension}")
    return folder


def link_objects(objects_dir: Path, git_dir: Path, object_format: str) -> None:
    """Make the objects in the folder `objects_dir` readable through `git_dir`."""
    into = git_dir / "objects"
    for name in _FAN_OUT:
        _link_loose(objects_dir / name, into / name)
    link_packs(objects_dir / "pack", into / "pack", git_dir, object_format)


def _link_loose(folder: Path, into: Path) -> None:
    """Link a folder of loose objects; where it holds anything but files (reading a pipe never ends), its files."""
    if folder.is_symlink() or not folder.is_dir():
        return
    try:
        with os.scandir(folder) as entries:
            files = {entry.name: entry.is_file(follow_symlinks=False) for entry in entries}
    except OSError:
        return
    if all(files.values()):
        into.symlink_to(folder.absolute())
        return
    into.mkdir()
    for name in (name for name, is_file in files.items() if is_file):
        (into / name).symlink_to((folder / name).absolute())

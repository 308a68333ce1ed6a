"""Where a repository keeps its refs and objects, told by its own few files, without asking git.

Only regular files are opened, and none of the repository's configuration is obeyed: of it, the format of object ids
and the address of its origin are read.
"""

import re
import stat
from pathlib import Path
from typing import NamedTuple

from pipelines.readers.git import command as git

MAX_SMALL_FILE_BYTES = 1 << 20
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FORMATS = ("sha1", "sha256")


class Located(NamedTuple):
    """Where a repository keeps what is read.

    `git_dir` holds HEAD (a linked worktree has its own), `common_dir` the refs, the configuration and the objects.
    """

    git_dir: Path
    common_dir: Path
    object_format: str  # sha1 or sha256

    @property
    def objects_dir(self) -> Path:
        """The folder of the objects."""
        return self.common_dir / "objects"


def locate(path: Path) -> Located:
    """The git directory of the worktree, bare repository or mirror at `path`; ValueError: there is none."""
    dot_git = path / ".git"
    git_dir = (dot_git if dot_git.exists() else path).absolute()
    if git_dir.is_file():  # of a linked worktree or a submodule
        git_dir = _linked(git_dir, small_file(git_dir).removeprefix("gitdir:"))
    common_dir = git_dir
    if (git_dir / "commondir").is_file():
        common_dir = _linked(git_dir / "commondir", small_file(git_dir / "commondir"))
    if not ((git_dir / "HEAD").is_file() and (common_dir / "objects").is_dir()):
        raise ValueError(f"{path} is no git repository that can be read: no HEAD and objects in {git_dir}")
    object_format = _setting(common_dir / "config", "extensions.objectFormat")
    return Located(git_dir, common_dir, object_format if object_format in _FORMATS else "sha1")


def small_file(path: Path) -> str:
    """The text of a file of a few lines; empty where it is no regular file, too long or cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SMALL_FILE_BYTES:
            return ""
        return path.read_text(errors="replace")
    except (OSError, ValueError):
        return ""


def origin(located: Located) -> str | None:
    """The url of the remote `origin`, read from the one file that names it; None: there is none."""
    return _setting(located.common_dir / "config", "remote.origin.url")


def shallow_commits(located: Located) -> frozenset[str]:
    """The commits whose parents a shallow clone left out."""
    listed = located.common_dir / "shallow"
    return frozenset(_SHA.findall(listed.read_text(errors="replace"))) if listed.is_file() else frozenset()


def _linked(file: Path, target: str) -> Path:
    return (file.parent / target.strip()).absolute()


def _setting(config: Path, key: str) -> str | None:
    """A value of a configuration file; what it includes is not followed."""
    if not config.is_file():
        return None
    try:
        answer = git.output_of(["config", "--file", str(config), "--no-includes", "--get", key])
    except ValueError:
        return None
    return answer.decode(errors="replace").strip() or None

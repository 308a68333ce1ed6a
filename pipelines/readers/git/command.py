"""The git command: how it is called so that nothing of a foreign repository's own is run.

A repository's configuration, hooks, attributes and remotes can all name commands. They are never in reach:
objects are read with a git directory of our own beside the foreign object store, the environment is a fixed one,
and no transport is allowed, so that a missing object is missing and never fetched.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REVISION = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./@^~{}+-]{0,250}")
_TIMEOUT_S = 600
_SAFE_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.commitGraph=false",  # a derived file that could claim another history than the commits do
    "protocol.allow=never",
    "safe.directory=*",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # overrides every protocol.*.allow of the repository itself
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}


class Located(NamedTuple):
    """Where a repository keeps what is read: `git_dir` its refs, `objects_dir` its objects."""

    git_dir: Path
    objects_dir: Path
    object_format: str  # sha1 or sha256


def command(*arguments: str) -> list[str]:
    """The argument list that runs git with `arguments` and the safe settings; RuntimeError: no git."""
    git = shutil.which("git")
    if git is None:
        raise RuntimeError("sources of git repositories need the command `git`, which is not on the PATH")
    settings = [part for setting in _SAFE_SETTINGS for part in ("-c", setting)]
    return [git, "--no-pager", *settings, *arguments]


def environment(**additions: str) -> dict[str, str]:
    """The whole environment of a git process; nothing is inherited."""
    return _ENVIRONMENT | {"PATH": "/usr/local/bin:/usr/bin:/bin"} | additions


def output_of(arguments: list[str], given: bytes = b"", **additions: str) -> bytes:
    """What git prints; ValueError with git's own last line where it fails."""
    done = subprocess.run(
        command(*arguments),
        input=given,
        capture_output=True,
        env=environment(**additions),
        cwd="/",
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(lines[-1] if lines else f"git ended with status {done.returncode}")
    return done.stdout


def locate(path: Path) -> Located:
    """The git directory of the worktree, bare repository or mirror at `path`; ValueError: there is none."""
    dot_git = path / ".git"
    git_dir = dot_git if dot_git.exists() else path
    where = ["--absolute-git-dir", "--git-path", "objects", "--show-object-format"]
    try:
        answer = output_of(["rev-parse", *where], GIT_DIR=str(git_dir.absolute())).decode()
        own_dir, objects_dir, object_format = answer.strip().split("\n")
    except ValueError as error:
        raise ValueError(f"{path} is no git repository that can be read: {error}") from error
    return Located(Path(own_dir), Path("/") / objects_dir, object_format)


def resolve(located: Located, revision: str) -> str:
    """The commit that `revision` names, in hex; ValueError says what to name instead."""
    if not _REVISION.fullmatch(revision):
        raise ValueError(f"{revision!r} is no branch, tag or commit id: set the option `revision` to one")
    for name in (revision, *(_default_branches(located) if revision == "HEAD" else ())):
        try:
            answer = output_of(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], GIT_DIR=str(located.git_dir))
        except ValueError:
            continue
        sha = answer.decode().strip()
        if _SHA.fullmatch(sha):
            return sha
    branches = ", ".join(_branches(located)[:10]) or "none"
    raise ValueError(
        f"{located.git_dir} has no commit {revision!r} that can be read; its branches are: {branches}. "
        "Set the option `revision`"
    )


def _branches(located: Located) -> list[str]:
    listed = output_of(["for-each-ref", "--format=%(refname)", "refs/heads"], GIT_DIR=str(located.git_dir))
    return listed.decode(errors="replace").split("\n")[:-1]


def _default_branches(located: Located) -> list[str]:
    """What HEAD means where it names a branch that is not there, as in a bundle made without HEAD."""
    branches = _branches(located)
    if len(branches) == 1:
        return branches
    return [name for name in ("refs/heads/main", "refs/heads/master") if name in branches]


def origin(located: Located) -> str | None:
    """The url of the remote `origin`, read from the one file that names it; None: there is none."""
    config = located.git_dir / "config"
    if not config.is_file():
        return None
    try:
        asked = ["config", "--file", str(config), "--no-includes", "--get", "remote.origin.url"]
        return output_of(asked).decode(errors="replace").strip() or None
    except ValueError:
        return None


def shallow_commits(located: Located) -> frozenset[str]:
    """The commits whose parents a shallow clone left out."""
    listed = located.git_dir / "shallow"
    if not listed.is_file():
        return frozenset()
    return frozenset(_SHA.findall(listed.read_text(errors="replace")))


def unbundle(bundle: Path, into: Path) -> None:
    """Clone the bundle file `bundle` to `into`; ValueError where it is no whole, self-contained bundle."""
    clone = ["clone", "--mirror", "--quiet", "--template="]
    try:
        output_of([*clone, str(bundle.absolute()), str(into)], GIT_ALLOW_PROTOCOL="file")
    except ValueError as error:
        raise ValueError(f"{bundle} is no git bundle that can be read on its own: {error}") from error

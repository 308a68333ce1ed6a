"""The git command: how it is called so that nothing of a foreign repository's own is run.

A repository's configuration, hooks, attributes and remotes can all name commands. They are never in reach:
git only ever sees a directory of our own with links to the foreign objects (`own_store`), the environment is a fixed
one, and no transport is allowed, so that a missing object is missing and never fetched.
"""

import os
import shutil
import subprocess
from typing import BinaryIO

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
    "GIT_ALLOC_LIMIT": "1g",  # of one allocation: an object that claims to be larger ends git, not the machine
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


def run_on(arguments: list[str], stream: BinaryIO, **additions: str) -> bool:
    """Run git with `stream`, from its position, as its input; whether it succeeded."""
    os.lseek(stream.fileno(), stream.tell(), os.SEEK_SET)  # git reads the file itself, not Python's buffer
    done = subprocess.run(
        command(*arguments),
        stdin=stream,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(**additions),
        cwd="/",
        timeout=_TIMEOUT_S,
        check=False,
    )
    return done.returncode == 0

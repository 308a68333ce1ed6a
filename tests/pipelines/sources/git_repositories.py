"""Small repositories for the tests, made with git itself."""

import os
import subprocess
from pathlib import Path

IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"), ("DATE", "1704445200 +0000"))
}
ENVIRONMENT = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"} | IDENTITY


def git(folder: Path, *arguments: str, given: bytes = b"", additions: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=ENVIRONMENT | (additions or {}),
        input=given,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode().strip()


def new_repository(folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main", *options)
    return folder


def commit(folder: Path, files: dict[str, str | bytes | None], message: str, **additions: str) -> str:
    """Write `files` (None: delete) and commit everything; the commit's id."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-m", message, additions=additions)
    return git(folder, "rev-parse", "HEAD")


def object_path(folder: Path, revision: str) -> Path:
    """The loose file of an object."""
    sha = git(folder, "rev-parse", revision)
    return folder / ".git/objects" / sha[:2] / sha[2:]

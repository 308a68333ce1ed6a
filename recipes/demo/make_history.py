"""Builds the demo's git repository and its bundle: `python recipes/demo/make_history.py [out.bundle]`.

The history is told in `history.txt`, so that the same commits (same ids) come out on every machine:

    ### author | subject            a commit; `### bot |`, `### merge BRANCH |` and `### branch NAME` are special
    === write PATH                  the file's content follows
    === append PATH                 lines to add at the end
    === replace PATH                the old lines, a line `--- with`, and the new lines
    === delete PATH, === rename PATH PATH, === symlink PATH TARGET, === binary PATH HEX
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
STORY = HERE / "history.txt"
BUNDLE = HERE / "history.bundle"
FIRST_COMMIT_SECONDS = 1_704_445_200  # 2024-01-05 09:00 UTC
SECONDS_BETWEEN = 92_123  # a little more than a day
AUTHORS = {
    "ada": ("Ada Winter", "ada@example.org"),
    "ben": ("Ben Okoro", "ben@example.org"),
    "chi": ("Chi Lindgren", "chi@example.org"),
    "bot": ("depcheck[bot]", "depcheck[bot]@example.org"),
}


class Edit(NamedTuple):
    """One change to one file: the words of its `===` line and the lines below it."""

    words: list[str]
    body: str


class Chapter(NamedTuple):
    """A commit, a merge or the start of a branch."""

    who: str
    subject: str
    edits: list[Edit]


def chapters(story: str) -> Iterator[Chapter]:
    """The chapters of a story in the format above."""
    for part in ("\n" + story).split("\n### ")[1:]:
        title, *pieces = part.split("\n=== ")
        who, _, subject = title.strip().partition("|")
        edits = []
        for piece in pieces:
            line, _, body = piece.partition("\n")
            edits.append(Edit(line.split(), body.rstrip("\n") + "\n" if body.strip() else ""))
        yield Chapter(who.strip(), subject.strip(), edits)


def apply(edit: Edit, folder: Path) -> None:
    """Make `edit` in `folder`; ValueError where the lines to replace are not there exactly once."""
    kind, name, *more = edit.words
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "write":
        path.write_text(edit.body)
    elif kind == "append":
        path.write_text(path.read_text() + edit.body)
    elif kind == "replace":
        old, _, new = edit.body.partition("--- with\n")
        text = path.read_text()
        if text.count(old) != 1:
            raise ValueError(f"{name} has these lines {text.count(old)} times, not once:\n{old}")
        path.write_text(text.replace(old, new))
    elif kind == "delete":
        path.unlink()
    elif kind == "rename":
        (folder / more[0]).parent.mkdir(parents=True, exist_ok=True)
        path.rename(folder / more[0])
    elif kind == "symlink":
        path.symlink_to(more[0])
    elif kind == "binary":
        path.write_bytes(bytes.fromhex(more[0]))
    else:
        raise ValueError(f"unknown edit {kind!r}")


def git(folder: Path, *arguments: str, **additions: str) -> str:
    """What `git arguments` prints, run in `folder` with nothing of the machine's own settings."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "TZ": "UTC"}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"]} | settings | additions,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit_identity(who: str, number: int) -> dict[str, str]:
    """The environment that gives commit `number` its author and date."""
    name, email = AUTHORS[who]
    date = f"{FIRST_COMMIT_SECONDS + number * SECONDS_BETWEEN} +0000"
    return {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", email), ("DATE", date))
    }


def build(folder: Path, story: str) -> str:
    """Make the repository in the empty `folder`; the id of its last commit."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    for number, chapter in enumerate(chapters(story)):
        action, _, branch = chapter.who.partition(" ")
        if action == "branch":
            git(folder, "checkout", "--quiet", "-b", branch)
            continue
        if action == "merge":
            git(folder, "checkout", "--quiet", "main")
            identity = commit_identity("ada", number)
            git(folder, "merge", "--quiet", "--no-ff", "-m", chapter.subject, branch, **identity)
            git(folder, "branch", "--quiet", "-d", branch)
            continue
        if action == "main":
            git(folder, "checkout", "--quiet", "main")
            action = branch
        for edit in chapter.edits:
            apply(edit, folder)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "-m", chapter.subject, **commit_identity(action, number))
    return git(folder, "rev-parse", "HEAD")


def main(bundle: Path) -> None:
    """Write the bundle of the whole history."""
    with tempfile.TemporaryDirectory() as folder:
        head = build(Path(folder), STORY.read_text())
        git(Path(folder), "bundle", "create", "--quiet", str(bundle.absolute()), "HEAD", "main")
    print(f"{bundle}: {bundle.stat().st_size} bytes, HEAD {head}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLE)

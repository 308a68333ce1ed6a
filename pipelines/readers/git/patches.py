"""Hunks between blobs, by git's own diff: one long-running `git diff-tree`, asked tree by tree.

Its configuration is ours alone and there are no attributes: no external diff, no textconv, no renames.
"""

import re
import subprocess
from typing import IO, NamedTuple

from pipelines.readers.git import command as git

MAX_PATCH_BYTES = 64 << 20  # of one pair of trees; git is ended where it prints more
_END = b"end of the pair\n"  # git echoes a line that is no id, and every line of a patch begins otherwise
_INDEX = re.compile(rb"index ([0-9a-f]{40,64})\.\.([0-9a-f]{40,64})(?: |$)")
_ARGUMENTS = (
    *("diff-tree", "--stdin", "-r", "-p", "--full-index", "--root"),
    *("--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short"),
)

BlobPair = tuple[str, str]


class _Git(NamedTuple):
    process: "subprocess.Popen[bytes]"
    asked: IO[bytes]
    answers: IO[bytes]


class PatchReader:
    """Patches between trees and between blobs of one object store, with `context_lines` around each change.

    Blobs of more than `max_blob_bytes` have no hunks.
    """

    def __init__(self, environment: dict[str, str], context_lines: int, max_blob_bytes: int) -> None:
        self._environment = environment
        self._settings = ("-c", f"core.bigFileThreshold={max_blob_bytes + 1}", "-c", "diff.algorithm=default")
        self._context = f"-U{context_lines}"
        self._git: _Git | None = None

    def close(self) -> None:
        """End the git process; the next question would start another one."""
        if self._git is not None:
            self._git.process.kill()
            self._git.process.communicate()
            self._git = None

    def between_trees(self, old: str, new: str) -> dict[BlobPair, tuple[str, ...]]:
        """The hunks of every pair of blobs that stand at one path of the two trees and differ.

        Where git ends early (an object is missing, the patch is too long) the pairs up to there.
        """
        running = self._running()
        lines: list[bytes] = []
        size_bytes = 0
        try:
            running.asked.write(f"{old} {new}\n".encode() + _END)
            running.asked.flush()
            while (line := running.answers.readline(MAX_PATCH_BYTES)) != _END:
                size_bytes += len(line)
                if not line or size_bytes > MAX_PATCH_BYTES:
                    raise EOFError
                lines.append(line)
        except (OSError, EOFError):
            self.close()
            return dict(_patches(lines)[:-1])  # the last one may be cut
        return dict(_patches(lines))

    def between_blobs(self, old: str, new: str) -> tuple[str, ...]:
        """The hunks between two blobs; ValueError where git cannot tell."""
        arguments = ["diff", self._context, "--full-index", "--no-ext-diff", "--no-textconv", "--no-color", old, new]
        patch = git.output_of([*self._settings, *arguments], b"", **self._environment)
        return _hunks(patch.splitlines(keepends=True))

    def _running(self) -> _Git:
        if self._git is None:
            process = subprocess.Popen(
                git.command(*self._settings, *_ARGUMENTS, self._context),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                cwd="/",
            )
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("git diff-tree was started without pipes")
            self._git = _Git(process, process.stdin, process.stdout)
        return self._git


def _patches(lines: list[bytes]) -> list[tuple[BlobPair, tuple[str, ...]]]:
    """Each patch's blobs and hunks; a patch begins with the line `diff --git`, and no line inside it does."""
    found = []
    for patch in _sections(lines, b"diff --git "):
        index = next((match for line in patch[:4] if (match := _INDEX.match(line))), None)
        if index is not None:
            found.append(((index[1].decode(), index[2].decode()), _hunks(patch)))
    return found


def _hunks(patch: list[bytes]) -> tuple[str, ...]:
    """The hunks of one file's patch, each without the line end behind its last line."""
    joined = (b"".join(lines) for lines in _sections(patch, b"@@ "))
    return tuple(hunk.removesuffix(b"\n").decode(errors="replace") for hunk in joined)


def _sections(lines: list[bytes], beginning: bytes) -> list[list[bytes]]:
    """`lines` cut before each that starts with `beginning`; those ahead of the first are left out."""
    starts = [number for number, line in enumerate(lines) if line.startswith(beginning)]
    stops = [*starts, len(lines)][1:]
    return [lines[start:stop] for start, stop in zip(starts, stops, strict=False)]

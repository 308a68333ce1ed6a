"""Git objects: commits, trees and blobs by id.

Every object's hash is checked, so history and folders cannot run in circles; what is missing or damaged costs
that one object.
"""

import hashlib
import subprocess
from pathlib import Path
from typing import IO, NamedTuple

from pipelines.readers.git import command as git
from pipelines.readers.git.object_content import Commit, Entry, ObjectError, parse_commit, parse_tree
from pipelines.readers.git.patches import PatchReader

__all__ = ["SUBMODULE_MODE", "SYMLINK_MODE", "TREE_MODE", "Commit", "Entry", "ObjectError", "ObjectReader"]

TREE_MODE, SYMLINK_MODE, SUBMODULE_MODE = 0o040000, 0o120000, 0o160000
MAX_COMMIT_BYTES = 1 << 20
MAX_TREE_BYTES = 16 << 20
_RESTART_BYTES = 8 << 20  # an unwanted object beyond this is got rid of by ending git, not by reading it
_MAX_RESTARTS = 1_000
_CACHED_ENTRIES = 300_000
_KEPT_BLOB_BYTES = 32 << 20


class _CatFile(NamedTuple):
    process: "subprocess.Popen[bytes]"
    asked: IO[bytes]
    answers: IO[bytes]


class ObjectReader:
    """Reads objects through one long-running `git cat-file --batch`.

    `git_dir` is a git directory of our own, so that the repository's configuration is out of reach; `object_format`
    is sha1 or sha256.
    """

    def __init__(self, git_dir: Path, object_format: str) -> None:
        self._objects_dir = git_dir / "objects"
        self._object_format = object_format
        self._environment = git.environment(GIT_DIR=str(git_dir))
        self._cat_file: _CatFile | None = None
        self._trees: dict[str, dict[bytes, Entry]] = {}
        self._cached_entries = 0
        self._blobs: dict[str, bytes] = {}  # oldest first
        self._kept_bytes = 0
        self._patches: dict[tuple[int, int], PatchReader] = {}

    def close(self) -> None:
        """End the git processes; the next read would start another one."""
        for patches in self._patches.values():
            patches.close()
        if self._cat_file is not None:
            self._cat_file.process.kill()
            self._cat_file.process.communicate()
            self._cat_file = None

    def read(self, sha: str, kind: str, max_bytes: int) -> bytes:
        """The content of object `sha` of type `kind`; ObjectError where it cannot be had or is longer."""
        known = self._blobs.get(sha) if kind == "blob" else None
        if known is None:
            content = self._asked(sha, kind, max_bytes)
            if kind == "blob":
                self._keep(sha, content)
            return content
        if len(known) > max_bytes:
            raise _too_large(sha, len(known), max_bytes)
        return known

    def _keep(self, sha: str, content: bytes) -> None:
        """Keep a blob: what one commit of a history makes of a file is what a later one starts from."""
        self._blobs[sha] = content
        self._kept_bytes += len(content)
        while self._kept_bytes > _KEPT_BLOB_BYTES:
            self._kept_bytes -= len(self._blobs.pop(next(iter(self._blobs))))

    def _asked(self, sha: str, kind: str, max_bytes: int) -> bytes:
        cat_file = self._running()
        try:
            cat_file.asked.write(sha.encode() + b"\n")
            cat_file.asked.flush()
            header = cat_file.answers.readline().split()
        except OSError:
            header = []
        if len(header) == 2 and header[1] == b"missing":
            raise ObjectError(sha, "corrupt_object" if self._is_stored(sha) else "missing_object")
        if len(header) != 3:
            self.close()
            raise ObjectError(sha, "corrupt_object", "git could not read it")
        size_bytes = int(header[2])
        if size_bytes > max_bytes:
            self._skip(cat_file, size_bytes + 1)
            raise _too_large(sha, size_bytes, max_bytes)
        content = cat_file.answers.read(size_bytes + 1)
        if len(content) != size_bytes + 1:
            self.close()
            raise ObjectError(sha, "corrupt_object", "its content ends early")
        return self._verified(sha, kind, header[1], content[:-1])

    def commit(self, sha: str) -> Commit:
        """The commit `sha`; ObjectError where it cannot be read."""
        return parse_commit(sha, self.read(sha, "commit", MAX_COMMIT_BYTES))

    def tree(self, sha: str) -> dict[bytes, Entry]:
        """The entries of tree `sha` by name; ObjectError where it cannot be read."""
        if sha in self._trees:
            return self._trees[sha]
        entries = parse_tree(sha, self.read(sha, "tree", MAX_TREE_BYTES))
        self._cached_entries += len(entries)
        if self._cached_entries > _CACHED_ENTRIES:
            self._trees, self._cached_entries = {}, len(entries)
        self._trees[sha] = entries
        return entries

    def is_readable(self, sha: str) -> bool:
        """Whether git finds object `sha` and can tell its type and size."""
        return self.sizes_bytes([sha]) != [0]

    def sizes_bytes(self, shas: list[str]) -> list[int]:
        """Each object's size; 0 for what cannot be read."""
        return [size_bytes for _, _, size_bytes in self._checked(shas)]

    def commits_of(self, shas: list[str]) -> list[str | None]:
        """The commit that each of these commits or tags is or stands for; None where it cannot be told."""
        answers = self._checked([f"{sha}^{{commit}}" for sha in shas])
        return [sha if kind == "commit" else None for sha, kind, _ in answers]

    def _checked(self, asked: list[str]) -> list[tuple[str, str, int]]:
        """Id, type and size of each object; ("", "", 0) where git cannot tell, which ends it at some."""
        found: list[tuple[str, str, int]] = []
        starts = 0
        while len(found) < len(asked) and (starts := starts + 1) <= _MAX_RESTARTS:
            done = subprocess.run(
                git.command("cat-file", "--batch-check"),
                input="".join(f"{name}\n" for name in asked[len(found) :]).encode(),
                capture_output=True,
                env=self._environment,
                cwd="/",
                check=False,
            )
            answers = [line.split() for line in done.stdout.decode().split("\n")[:-1]]
            found += [(a[0], a[1], int(a[2])) if len(a) == 3 and a[2].isdigit() else ("", "", 0) for a in answers]
            if len(found) < len(asked):
                found.append(("", "", 0))  # the one that git died of
        return found + [("", "", 0)] * (len(asked) - len(found))

    def patches(self, context_lines: int, max_blob_bytes: int) -> PatchReader:
        """Patches between this store's objects, by a process that lives as long as this reader."""
        key = (context_lines, max_blob_bytes)
        if key not in self._patches:
            self._patches[key] = PatchReader(self._environment, context_lines, max_blob_bytes)
        return self._patches[key]

    def output_of(self, arguments: list[str]) -> bytes:
        """What git prints when it is run beside these objects; ValueError where it fails."""
        return git.output_of(arguments, b"", **self._environment)

    def _running(self) -> _CatFile:
        if self._cat_file is None:
            process = subprocess.Popen(
                git.command("cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                cwd="/",
            )
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("git cat-file was started without pipes")
            self._cat_file = _CatFile(process, process.stdin, process.stdout)
        return self._cat_file

    def _skip(self, cat_file: _CatFile, size_bytes: int) -> None:
        if size_bytes > _RESTART_BYTES:
            self.close()
        else:
            cat_file.answers.read(size_bytes)

    def _is_stored(self, sha: str) -> bool:
        """Whether an object that git calls missing has a loose file: then it is unreadable instead."""
        return (self._objects_dir / sha[:2] / sha[2:]).exists()

    def _verified(self, sha: str, kind: str, found_kind: bytes, content: bytes) -> bytes:
        digest = hashlib.new(self._object_format, usedforsecurity=False)
        digest.update(b"%s %d\0" % (found_kind, len(content)))
        digest.update(content)
        if digest.hexdigest() != sha:
            raise ObjectError(sha, "corrupt_object", "its content does not have this id")
        if found_kind.decode() != kind:
            raise ObjectError(sha, "corrupt_object", f"a {found_kind.decode()} where a {kind} was expected")
        return content


def _too_large(sha: str, size_bytes: int, max_bytes: int) -> ObjectError:
    return ObjectError(sha, "object_too_large", f"{size_bytes} bytes, more than {max_bytes}")

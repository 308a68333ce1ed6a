"""Git stores and bundles: a small repository with one of its files damaged."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from pipelines.document import Record
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.sources import git_commits, git_pull_requests
from pipelines.sources.git_pull_requests import GitPullRequestsOptions
from tests.pipelines.sources.fuzzing.cases import Fuzzed
from tests.pipelines.sources.git_repositories import commit, git, new_repository, object_path

# A sample of a store is the name of the damaged file, a line end, and what it holds instead.
_PACK, _INDEX, _TREE, _BLOB, _REFS = b"pack", b"index", b"tree", b"blob", b"refs"


@cache
def _folder() -> Path:
    """A repository with one pack, and loose objects since; it lives as long as the process."""
    folder = Path(tempfile.mkdtemp(prefix="fuzzed-git-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    work = new_repository(folder / "work")
    for number in range(4):
        text = "".join(f"value_{number}_{line} = {(number * 31 + line) ** 3}\n" for line in range(12))
        commit(work, {"a.py": text, f"sub/f{number}.py": text[:90]}, f"Set the values of part {number}")
    git(work, "update-ref", "refs/pull/1/head", "HEAD~1")
    git(work, "repack", "-q", "-a", "-d")
    git(work, "pack-refs", "--all")
    commit(work, {"b.py": "b = 1\n" * 9, "a.py": "a = 1\n"}, "Add a file that is not in the pack")
    git(work, "update-ref", "refs/pull/2/head", "HEAD")
    git(work, "checkout", "-q", "-b", "topic", "HEAD~2")
    commit(work, {"sub/f1.py": "c = 1\n" * 9}, "Change a file on a branch of its own")
    git(work, "update-ref", "refs/pull/3/head", "HEAD")
    git(work, "checkout", "-q", "main")
    return folder


def _paths(work: Path) -> dict[bytes, Path]:
    (pack,) = (work / ".git/objects/pack").glob("*.pack")
    return {
        _PACK: pack,
        _INDEX: pack.with_suffix(".idx"),
        _TREE: object_path(_folder() / "work", "HEAD^{tree}"),
        _BLOB: object_path(_folder() / "work", "HEAD:b.py"),
        _REFS: work / ".git/packed-refs",
    }


def _store_samples() -> list[bytes]:
    return [name + b"\n" + path.read_bytes() for name, path in _paths(_folder() / "work").items()]


def _read_store(data: bytes) -> list[Record]:
    name, _, content = data.partition(b"\n")
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder, "work")
        shutil.copytree(_folder() / "work", copied)
        paths = _paths(_folder() / "work")
        damaged = copied / paths.get(name, paths[_PACK]).relative_to(_folder() / "work")
        damaged.unlink()
        damaged.write_bytes(content)
        options = GitPullRequestsOptions()
        Path(folder, "work.bundle").touch()  # beside another repository, one that cannot be opened costs itself
        splits = git_pull_requests.splits(f"{folder}/work*", options)
        return [record for split in splits for record in git_pull_requests.read(split, options)]


@cache
def _bundle_samples() -> list[bytes]:
    samples = []
    for arguments in (["HEAD", "main"], ["main~2..main", "HEAD"]):
        made = _folder() / "made.bundle"
        git(_folder() / "work", "-c", "pack.threads=1", "bundle", "create", "--quiet", str(made), *arguments)
        samples.append(made.read_bytes())
    return samples


def _read_bundle(data: bytes) -> list[Record]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "made.bundle").write_bytes(data)
        Path(folder, "none.bundle").touch()
        options = GitCommitsOptions(extreme_span_share=1.0)
        splits = git_commits.splits(f"{folder}/*.bundle", options)
        return [record for split in splits for record in git_commits.read(split, options)]


CASES = {
    "git_store": Fuzzed("git_store", _store_samples, _read_store),
    "git_bundle": Fuzzed("git_bundle", _bundle_samples, _read_bundle),
}

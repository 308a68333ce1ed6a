"""The history of a git repository as documents, beside `git log --raw` and `git log -p`: CPU seconds, children's too.

    python -m benchmarks.git_history REPOSITORY [REPOSITORY ...]

`git log --raw` names the changed files without reading them, `git log -p` reads and compares them: what no reader of
commits can do without.
"""

import argparse
import resource
import subprocess
from collections import Counter
from collections.abc import Callable

from benchmarks.harness import machine
from pipelines.document import Document
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.sources import git_commits

LOG_OPTIONS = ("--no-renames", "--no-ext-diff", "--no-textconv", "HEAD")


def main() -> None:
    """Print commits, documents and megabytes a CPU second for each repository."""
    parser = argparse.ArgumentParser(description="Speed of reading histories.")
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY", help="a bare repository or mirror")
    print(machine())
    for repository in parser.parse_args().repositories:
        _measure(repository)


def _measure(repository: str) -> None:
    commits = int(_git(repository, "rev-list", "--count", "HEAD"))
    print(f"{repository}: {commits:,} commits")
    for arguments in (("log", "--raw", *LOG_OPTIONS), ("log", "-p", *LOG_OPTIONS)):
        seconds = _cpu_seconds(lambda arguments=arguments: _discarded(repository, *arguments))
        print(f"  git {' '.join(arguments[:2]):<12} {seconds:6.1f} s {commits / seconds:8,.0f} commits/s")
    outcomes: Counter[str] = Counter()
    seconds = _cpu_seconds(lambda: outcomes.update(_outcomes(repository)))
    documents, size_bytes = outcomes.pop("document"), outcomes.pop("bytes")
    speeds = f"{commits / seconds:8,.0f} commits/s {documents / seconds:8,.0f} documents/s"
    print(f"  git_commits      {seconds:6.1f} s {speeds} {size_bytes / seconds / 1e6:6.1f} MB/s")
    print(f"  10,000 commits in {10_000 * seconds / commits:.1f} s")
    print(f"  {outcomes.total() + documents:,} records: {documents:,} documents, {dict(outcomes.most_common())}")


def _outcomes(repository: str) -> Counter[str]:
    options = GitCommitsOptions()
    found: Counter[str] = Counter()
    for split in git_commits.splits(repository, options):
        for record in git_commits.read(split, options):
            found[getattr(record, "reason", "document")] += 1
            if isinstance(record, Document):
                found["bytes"] += len(record.text.encode())
    return found


def _cpu_seconds(run: Callable[[], object]) -> float:
    before = _used_seconds()
    run()
    return _used_seconds() - before


def _used_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _git(repository: str, *arguments: str) -> str:
    return subprocess.run(["git", "-C", repository, *arguments], capture_output=True, text=True, check=True).stdout


def _discarded(repository: str, *arguments: str) -> None:
    subprocess.run(["git", "-C", repository, *arguments], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()

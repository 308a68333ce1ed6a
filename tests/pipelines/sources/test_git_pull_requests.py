"""Branches of pull requests as documents, from `refs/pull/*`."""

import subprocess
from pathlib import Path

import pytest

from pipelines.document import Document, Quarantined, Record, check_storable
from pipelines.readers.git.commit_graph import CommitGraph
from pipelines.readers.git.repository import open_repository
from pipelines.sources import git_pull_requests
from pipelines.sources.git_pull_requests import GitPullRequestsOptions
from tests.pipelines.sources.git_repositories import commit, git, new_repository, object_path

LINES = [f"line_{number} = {number}\n" for number in range(30)]


def read(uri: Path, **options: object) -> list[Record]:
    asked = GitPullRequestsOptions.model_validate(options)
    return [r for split in git_pull_requests.splits(str(uri), asked) for r in git_pull_requests.read(split, asked)]


def outcomes(records: list[Record]) -> dict[int, str]:
    found = {}
    for record in records:
        number = record.metadata["number"] if isinstance(record, Document) else record.reference.split("/")[2]
        found[int(str(number))] = getattr(record, "reason", "document")
    return found


def pull(repository: Path, number: int, *commits: tuple[dict[str, str | bytes | None], str], **extra: str) -> None:
    """A pull request of these commits from the base branch."""
    git(repository, "checkout", "--quiet", "-b", f"topic{number}", "main")
    for files, message in commits:
        commit(repository, files, message, **extra)
    git(repository, "update-ref", f"refs/pull/{number}/head", "HEAD")
    git(repository, "checkout", "--quiet", "main")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"a.py": "".join(LINES)}, "Begin with a file")
    return folder


def test_a_pull_request_is_its_commits_its_files_before_and_its_hunks(repository: Path) -> None:
    changed = "".join([*LINES[:10], "changed = 1\n", *LINES[11:]])
    message = "Change the tenth line\n\nIt was wrong.\n\nSigned-off-by: Ada <ada@example.org>"
    pull(repository, 7, ({"a.py": changed}, message))
    (document,) = read(repository, name="ada/anchor")
    assert isinstance(document, Document)
    check_storable(document)
    hunk = (
        "@@ -8,7 +8,7 @@ line_6 = 6\n line_7 = 7\n line_8 = 8\n line_9 = 9\n-line_10 = 10\n+changed = 1\n"
        " line_11 = 11\n line_12 = 12\n line_13 = 13"
    )
    before = "".join(LINES)
    assert document.text == (
        f"Title: Change the tenth line\nusername_0: It was wrong.openedada/anchora.py{before}a.py{hunk}"
    )
    assert [token for _, token in document.marks] == [
        *("<pr>", "<pr_status>", "<repo_name>", "<pr_base>", "<pr_file>", "<pr_base_code>"),
        *("<pr_diff>", "<pr_file>", "<pr_diff_hunk>"),
    ]
    assert (document.format, document.language_hint) == ("pull_request", "Python")
    assert document.metadata == {
        "number": 7,
        "merge_base": git(repository, "rev-parse", "main"),
        "commits": 1,
        "files": 1,
        "files_not_shown": 0,
    }


def test_several_commits_give_the_title_and_a_list(repository: Path) -> None:
    pull(
        repository,
        1,
        ({"b.py": "b = 1\n"}, "Add b\n\nBody"),
        ({"b.py": "b = 2\n"}, "Correct b"),
        ({"c.py": "c\n"}, "Add c"),
    )
    (document,) = read(repository)
    assert isinstance(document, Document)
    assert document.text.startswith("Title: Add b\nusername_0: - Correct b\n- Add copened")


def test_what_was_merged_is_shown_as_it_was_before(repository: Path) -> None:
    pull(repository, 1, ({"b.py": "b = 1\n"}, "Add the file b"))
    pull(repository, 2, ({"c.py": "c = 1\n"}, "Add the file c"))
    pull(repository, 3, ({"d.py": "d = 1\n"}, "Add the file d"))
    git(repository, "merge", "--quiet", "--no-ff", "-m", "Merge pull request #1", "topic1")
    git(repository, "cherry-pick", "topic2")
    git(repository, "checkout", "--quiet", "-b", "ahead", "topic3")
    git(repository, "checkout", "--quiet", "main")
    records = read(repository)
    assert outcomes(records) == {1: "document", 2: "document", 3: "document"}
    assert [r.metadata["files"] for r in records if isinstance(r, Document)] == [1, 1, 1]


def test_what_is_no_document_has_its_reason(repository: Path) -> None:
    first = git(repository, "rev-parse", "main")
    pull(repository, 1, ({f"f{n}.py": "x = 1\n" for n in range(4)}, "Add four files of code"))
    pull(repository, 2, *(({"b.py": f"b = {n}\n"}, f"Set b to {n}") for n in range(4)))
    pull(repository, 3, ({"b.py": "b = 1\n"}, "Bump lib from 1.0 to 1.1"))
    pull(repository, 4, ({"b.py": "b = 1\n"}, "Change the version"), GIT_AUTHOR_NAME="dependabot[bot]")
    pull(repository, 5, ({"b.bin": "b"}, "Add what is not shown"))
    pull(repository, 6, ({"b.py": "b = 1\n"}, "Add the file b"), ({"b.py": None}, "Take it away again"))
    pull(repository, 7, ({"b.py": "b\xff\n".encode("latin-1")}, "Add what is no text"))
    git(repository, "update-ref", "refs/pull/8/head", first)
    git(repository, "checkout", "--quiet", "--orphan", "apart")
    commit(repository, {"o.py": "o = 1\n"}, "Begin anew without a past")
    git(repository, "update-ref", "refs/pull/9/head", "HEAD")
    git(repository, "checkout", "--quiet", "main")
    assert outcomes(read(repository, max_files=3, max_commits=3)) == {
        1: "too_many_files",
        2: "too_many_commits",
        3: "automatic_message",
        4: "bot_author",
        5: "no_files_shown",
        6: "no_file_changes",
        7: "no_files_shown",
        8: "already_in_base",
        9: "no_merge_base",
    }


def test_a_missing_object_costs_its_pull_request(repository: Path) -> None:
    for number in (1, 2, 3):
        pull(repository, number, ({f"f{number}.py": f"x = {number}\n"}, "Add a file of code"))
    object_path(repository, "topic1").unlink()
    object_path(repository, "topic2:f2.py").unlink()
    records = read(repository)
    assert outcomes(records) == {1: "missing_object", 2: "missing_object", 3: "document"}
    assert sum(isinstance(record, Quarantined) for record in records) == 2


def test_splits_cover_every_pull_request_once(repository: Path) -> None:
    for number in (1, 2, 10):
        pull(repository, number, ({f"f{number}.py": f"x = {number}\n"}, "Add a file of code"))
    assert read(repository, pulls_per_split=2) == read(repository)
    assert list(outcomes(read(repository))) == [1, 2, 10]


def test_a_repository_without_pull_requests_says_so(repository: Path) -> None:
    with pytest.raises(ValueError, match="no refs/pull/NUMBER/head"):
        git_pull_requests.splits(str(repository), GitPullRequestsOptions())


def test_merge_bases_are_those_of_git(tmp_path: Path) -> None:
    """A history with many merges: of every pair of commits, the base is one that git finds and no commit is forgotten."""
    folder = new_repository(tmp_path / "anchor")
    shas = [git(folder, "commit-tree", git(folder, "mktree"), "-m", "root")]
    tree = git(folder, "rev-parse", f"{shas[0]}^{{tree}}")
    for number in range(1, 24):
        parents = {shas[(number * 7) % number], shas[number - 1 - number % 3 if number > 3 else 0]}
        arguments = [part for parent in sorted(parents) for part in ("-p", parent)]
        shas.append(git(folder, "commit-tree", tree, *arguments, "-m", str(number)))
    with open_repository(str(folder)) as opened:
        graph = CommitGraph(opened, shas)
    for base in shas[::3]:
        for head in shas[::2]:
            branch = graph.branch(base, head)
            bases = subprocess.run(
                ["git", "merge-base", "--all", base, head], cwd=folder, capture_output=True, check=False
            ).stdout.decode()
            own = git(folder, "rev-list", head, f"^{base}").split()
            assert branch.merge_base in bases.split()
            assert sorted(branch.commits) == sorted(own)

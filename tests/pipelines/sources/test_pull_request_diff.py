"""What a pull request changes: against `git diff` itself, and where objects are missing."""

import subprocess
from pathlib import Path

import pytest

from pipelines.readers.git.pull_request_diff import DiffError, DiffLimits, diff_of
from pipelines.readers.git.repository import open_repository
from tests.pipelines.sources.git_repositories import ENVIRONMENT, commit, git, new_repository, object_path

LINES = [f"line_{number} = {number}\n" for number in range(60)]
CHANGED = [*LINES[:9], "changed = 9\n", *LINES[10:49], *LINES[50:]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"a.py": "".join(LINES), "gone.py": "x = 1\n", "link_target.py": "y = 1"}, "Begin with a few files")
    git(folder, "checkout", "--quiet", "-b", "topic")
    commit(folder, {"a.py": "".join(CHANGED), "new dir/ä.py": "z = 1", "gone.py": None}, "Change one, add one")
    (folder / "link.py").symlink_to("a.py")
    commit(folder, {"image.png": b"\x89PNG\0", "b.py": b"\xff = 1\n"}, "Add what is not shown")
    git(folder, "checkout", "--quiet", "main")
    commit(folder, {"main.py": "m = 1\n"}, "Go on with the base branch")
    return folder


def test_the_changes_are_those_since_the_branch_left(repository: Path) -> None:
    base, head = git(repository, "rev-parse", "main"), git(repository, "rev-parse", "topic")
    with open_repository(str(repository)) as opened:
        found = diff_of(opened, base, head)
    assert found.merge_base == git(repository, "rev-parse", "main~1")
    assert [file.path for file in found.files] == ["a.py", "gone.py", "new dir/ä.py"]
    changed, gone, added = found.files
    assert changed.base_code == "".join(LINES)
    assert [hunk.split("\n")[0] for hunk in changed.hunks] == [
        "@@ -7,7 +7,7 @@ line_5 = 5",
        "@@ -47,7 +47,6 @@ line_45 = 45",
    ]
    assert gone == ("gone.py", "x = 1\n", ("@@ -1 +0,0 @@\n-x = 1",))
    assert added == ("new dir/ä.py", "", ("@@ -0,0 +1 @@\n+z = 1\n\\ No newline at end of file",))
    assert {skipped.path: skipped.reason for skipped in found.skipped} == {
        "image.png": "language_not_selected",
        "b.py": "not_utf8",
        "link.py": "symlink",
    }


def test_the_hunks_are_those_of_git_diff_and_patch_the_base(repository: Path, tmp_path: Path) -> None:
    base, head = git(repository, "rev-parse", "main"), git(repository, "rev-parse", "topic")
    with open_repository(str(repository)) as opened:
        found = diff_of(opened, base, head)
    for file in found.files:
        asked = ["git", "diff", "--no-renames", f"{base}...{head}", "--", file.path]
        patch = subprocess.run(asked, cwd=repository, env=ENVIRONMENT, capture_output=True, check=True).stdout.decode()
        assert patch[patch.index("@@ ") :] == "".join(f"{hunk}\n" for hunk in file.hunks)


def test_a_missing_blob_costs_its_file(repository: Path) -> None:
    base, head = git(repository, "rev-parse", "main"), git(repository, "rev-parse", "topic")
    object_path(repository, f"{head}:a.py").unlink()
    commit(repository, {}, "Nothing at all here")
    with open_repository(str(repository)) as opened:
        found = diff_of(opened, base, head)
    assert [file.path for file in found.files] == ["gone.py", "new dir/ä.py"]
    assert ("a.py", "missing_object") in [(skipped.path, skipped.reason) for skipped in found.skipped]


def test_a_difference_that_is_none_says_why(repository: Path) -> None:
    base, head = git(repository, "rev-parse", "main"), git(repository, "rev-parse", "topic")
    git(repository, "checkout", "--quiet", "--orphan", "apart")
    apart = commit(repository, {"o.py": "o = 1\n"}, "Begin anew without a past")
    absent = "0123456789" * 4
    cases = [
        (base, apart, DiffLimits(), "no_merge_base"),
        (base, absent, DiffLimits(), "missing_object"),
        (head, git(repository, "rev-parse", "topic~1"), DiffLimits(), "no_file_changes"),
        (base, head, DiffLimits(max_files=2), "too_many_files"),
    ]
    with open_repository(str(repository)) as opened:
        for base_sha, head_sha, limits, reason in cases:
            with pytest.raises(DiffError) as raised:
                diff_of(opened, base_sha, head_sha, limits)
            assert raised.value.reason == reason
        with pytest.raises(ValueError, match="no full commit id"):
            diff_of(opened, "main", head)


def test_large_files_and_many_hunks_stay_in_step(repository: Path) -> None:
    """A pair of trees behind one that git could not print whole is answered as if it were the first."""
    base, head = git(repository, "rev-parse", "main"), git(repository, "rev-parse", "topic")
    with open_repository(str(repository)) as opened:
        first = diff_of(opened, base, head)
        object_path(repository, f"{head}:b.py").unlink()
        second = diff_of(opened, base, head)
        third = diff_of(opened, base, head)
    assert first.files == second.files == third.files
    assert second == third

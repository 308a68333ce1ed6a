"""Files at every tag: each content of a path once, at the first tag that has it."""

from pathlib import Path

import pytest

from pipelines.document import Document, Record
from pipelines.sources import git_files
from pipelines.sources.git_files import GitFilesOptions
from tests.pipelines.sources.git_repositories import commit, git, new_repository, object_path


def read(uri: Path, tags: str) -> list[Record]:
    asked = GitFilesOptions(tags=tags)
    return [r for split in git_files.splits(str(uri), asked) for r in git_files.read(split, asked)]


def shown(records: list[Record]) -> list[tuple[str | None, str, object]]:
    return [(r.path, r.text, r.metadata["tag"]) for r in records if isinstance(r, Document)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = new_repository(tmp_path / "anchor")
    days = [{"GIT_COMMITTER_DATE": f"2024-01-0{day}T12:00:00Z"} for day in range(1, 5)]
    commit(folder, {"a.py": "a = 1\n", "sub/b.py": "b = 1\n"}, "Begin", **days[0])
    git(folder, "tag", "v1.0")
    commit(folder, {"a.py": "a = 2\n"}, "Go on", **days[1])
    git(folder, "tag", "-a", "-m", "annotated", "v0.9")
    commit(folder, {"a.py": "a = 1\n", "sub/c.py": "c = 1\n"}, "Go back", **days[2])
    git(folder, "tag", "other")
    git(folder, "tag", "a-tree", "HEAD^{tree}")
    return folder


def test_each_content_of_a_path_is_one_record_at_its_first_tag(repository: Path) -> None:
    assert shown(read(repository, "*")) == [
        ("a.py", "a = 1\n", "v1.0"),
        ("sub/b.py", "b = 1\n", "v1.0"),
        ("a.py", "a = 2\n", "v0.9"),
        ("sub/c.py", "c = 1\n", "other"),
    ]


def test_a_pattern_chooses_and_the_commit_is_the_tags(repository: Path) -> None:
    records = read(repository, "v0*")
    assert shown(records) == [("a.py", "a = 2\n", "v0.9"), ("sub/b.py", "b = 1\n", "v0.9")]
    assert {r.commit for r in records if isinstance(r, Document)} == {git(repository, "rev-parse", "v0.9^{commit}")}
    with pytest.raises(ValueError, match="no tag like 'w"):
        read(repository, "w*")


def test_tags_without_a_commit_are_records_of_their_own(repository: Path) -> None:
    object_path(repository, "v0.9").unlink()
    found = {
        r.reference: r.reason for r in read(repository, "*") if not isinstance(r, Document) and hasattr(r, "reason")
    }
    assert found == {
        "anchor@refs/tags/a-tree": "tag_without_commit",
        "anchor@refs/tags/v0.9": "missing_object",
    }


def test_a_tag_made_since_the_plan_is_noticed(repository: Path) -> None:
    asked = GitFilesOptions(tags="*")
    (split,) = git_files.splits(str(repository), asked)
    git(repository, "tag", "v2.0")
    with pytest.raises(ValueError, match="plan it again"):
        list(git_files.read(split, asked))

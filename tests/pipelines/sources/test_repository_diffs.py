"""Pull requests with the diffs of a repository that has their commits."""

from pathlib import Path

import pytest

from pipelines.document import Document, Record
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.sources.pull_requests import SOURCE
from tests.pipelines.sources.git_repositories import commit, git, new_repository
from tests.pipelines.sources.github_events import (
    Json,
    conversation,
    merged,
    only_document,
    pull,
    read_with,
    reasons,
    with_tokens,
)

OLD = "".join(f"line_{number} = {number}\n" for number in range(20))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in a folder that names it, with a branch that changes one file and adds one."""
    folder = new_repository(tmp_path / "mirrors" / "Example-Org" / "tidewater")
    commit(folder, {"src/cache.py": OLD}, "Begin")
    git(folder, "checkout", "--quiet", "-b", "topic")
    commit(folder, {"src/cache.py": OLD.replace("line_9 = 9", "line_9 = 90"), "new.py": "x = 1\n"}, "Change it")
    return folder


def events_on(repository: Path, **head: str) -> list[Json]:
    commits = {
        "base": {"sha": git(repository, "rev-parse", "main")},
        "head": {"sha": git(repository, "rev-parse", "topic")},
    }
    events = conversation()
    for one in events:
        if "pull_request" in one["payload"]:
            one["payload"]["pull_request"] |= commits | ({"head": head} if head else {})
    return events


def read(tmp_path: Path, events: list[Json], **options: object) -> list[Record]:
    settings = {"max_per_repository": None, "repositories": [str(tmp_path / "mirrors" / "*" / "*")]} | options
    return read_with(SOURCE, tmp_path, events, PullRequestOptions.model_validate(settings))


def test_base_files_and_hunks_are_shown(tmp_path: Path, repository: Path) -> None:
    document = only_document(read(tmp_path, events_on(repository)))
    assert (
        "<repo_name>example-org/tidewater<pr_base>"
        f"<pr_file>src/cache.py<pr_base_code>{OLD}"
        "<pr_diff><pr_file>new.py<pr_diff_hunk>@@ -0,0 +1 @@\n+x = 1"
        "<pr_file>src/cache.py<pr_diff_hunk>@@ -7,7 +7,7 @@ line_5 = 5\n line_6 = 6\n line_7 = 7\n line_8 = 8\n"
        "-line_9 = 9\n+line_9 = 90\n"
    ) in with_tokens(document)


def test_the_limits_leave_out_base_files_then_hunks(tmp_path: Path, repository: Path) -> None:
    events = events_on(repository)
    without_base = with_tokens(only_document(read(tmp_path, events, max_base_code_chars=10)))
    assert "<pr_base>" not in without_base
    assert without_base.count("<pr_diff_hunk>@@ -7,7") == 1
    only_new = with_tokens(only_document(read(tmp_path, events, max_diff_chars=50)))
    assert "new.py" in only_new
    assert "<pr_diff_hunk>@@ -7,7" not in only_new
    assert "<pr_diff>" not in with_tokens(only_document(read(tmp_path, events, max_diff_files=1)))


@pytest.mark.parametrize("sha", ["f" * 40, "no commit", ""])
def test_commits_that_are_not_there_leave_the_conversation(tmp_path: Path, repository: Path, sha: str) -> None:
    document = only_document(read(tmp_path, events_on(repository, sha=sha)))
    plain = only_document(read_with(SOURCE, tmp_path, conversation(), PullRequestOptions(max_per_repository=None)))
    assert document.text == plain.text


def test_a_diff_counts_as_one_where_one_is_required(tmp_path: Path, repository: Path) -> None:
    events = events_on(repository)[2:]  # without the review comments, which have hunks
    assert reasons(read(tmp_path, events, require_diff=True))["Document"] == 1
    assert reasons(read(tmp_path, events, require_diff=True, max_diff_files=1)) == {"no_diff": 4}


def test_git_tells_no_titles(tmp_path: Path, repository: Path) -> None:
    events = events_on(repository)[:4]
    for one in events:
        holder = one["payload"].get("pull_request") or one["payload"]["issue"]
        for key in ("title", "body"):
            del holder[key]
    assert reasons(read(tmp_path, events)) == {"trimmed_payload_incomplete": 4}


def test_the_refs_are_part_of_the_identity(tmp_path: Path, repository: Path) -> None:
    archive = tmp_path / "a.json"
    archive.write_bytes(b"{}\n")
    options = PullRequestOptions(repositories=(str(repository),))

    def identity() -> str:
        [split] = SOURCE.splits(str(archive), options)
        return split.identity

    before = identity()
    assert identity() == before
    git(repository, "branch", "other")
    assert identity() != before
    with pytest.raises(FileNotFoundError, match="no git repository"):
        SOURCE.splits(str(archive), PullRequestOptions(repositories=(str(tmp_path / "none"),)))


def test_other_repositories_have_no_diff(tmp_path: Path, repository: Path) -> None:
    repository.rename(repository.parent / "elsewhere")
    records = read(
        tmp_path,
        [*conversation()[:-1], merged() | {"payload": {"action": "closed", "pull_request": pull(merged=True)}}],
    )
    assert [record for record in records if isinstance(record, Document)]
    assert "<pr_diff>" not in with_tokens(only_document(records))

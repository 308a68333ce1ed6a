"""The demo's bundle: the committed file is what the story tells, and both sources read it."""

import importlib.util
import subprocess
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from pipelines.document import Document, Rejected
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.sources import git_commits, git_files
from pipelines.sources.git_files import GitFilesOptions

DEMO = Path(__file__).parents[3] / "recipes/demo"
BUNDLE = DEMO / "history.bundle"


@pytest.fixture(scope="module")
def make_history() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_history", DEMO / "make_history.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_story_makes_the_commits_of_the_bundle(make_history: ModuleType, tmp_path: Path) -> None:
    head = make_history.build(tmp_path, make_history.STORY.read_text())
    listed = subprocess.run(
        ["git", "bundle", "list-heads", str(BUNDLE)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert f"{head} HEAD" in listed.stdout.splitlines()
    assert BUNDLE.stat().st_size < 300_000


def test_the_files_of_the_demo() -> None:
    (split,) = git_files.splits(str(BUNDLE), GitFilesOptions())
    records = list(git_files.read(split, GitFilesOptions()))
    documents = [record for record in records if isinstance(record, Document)]
    assert len(documents) >= 12
    assert {document.license for document in documents} == {"MIT"}
    assert {document.repository for document in documents} == {"history"}
    assert {document.language_hint for document in documents} >= {"Python", "JavaScript", "C", "Shell", "Markdown"}
    assert Counter(r.reason for r in records if isinstance(r, Rejected)) == {
        "language_not_selected": 2,
        "symlink": 1,
    }


def test_the_commits_of_the_demo_and_their_books() -> None:
    options = GitCommitsOptions(name="tidelog")
    (split,) = git_commits.splits(str(BUNDLE), options)
    assert split.stop is not None
    assert split.stop >= 60
    records = list(git_commits.read(split, options))
    assert list(git_commits.read(split, options)) == records
    reasons = Counter(record.reason for record in records if isinstance(record, Rejected))
    documents = [record for record in records if isinstance(record, Document)]
    assert len(documents) >= 50
    assert len(documents) + reasons.total() == len(records)
    assert set(reasons) >= {
        *("merge_commit", "bot_author", "automatic_message", "renamed_unchanged", "deleted_file", "symlink"),
        *("language_not_selected", "span_size_sampled_out"),
    }
    assert len({(document.commit, document.path) for document in documents}) == len(documents)

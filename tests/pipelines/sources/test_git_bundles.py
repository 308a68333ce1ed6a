"""Bundles: both versions, incremental ones, cut and damaged ones, and one in an object store's place."""

import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.document import Document, Record
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.sources import git_commits, git_files
from pipelines.sources.git_files import GitFilesOptions
from tests.pipelines.sources.git_repositories import ENVIRONMENT, commit, git, new_repository

CODE = "def answer():\n    return 42\n"


def files(uri: Path) -> list[Record]:
    asked = GitFilesOptions(name="anchor")
    return [r for split in git_files.splits(str(uri), asked) for r in git_files.read(split, asked)]


def commits(uri: Path) -> list[Record]:
    asked = GitCommitsOptions(extreme_span_share=1.0, short_subject_share=1.0, name="anchor")
    return [r for split in git_commits.splits(str(uri), asked) for r in git_commits.read(split, asked)]


def outcomes(records: list[Record]) -> list[str]:
    return [getattr(record, "reason", "document") for record in records]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"answer.py": CODE, "other.py": CODE * 20}, "Give the answer to everything")
    commit(folder, {"answer.py": CODE.replace("42", "43")}, "Correct the answer after all")
    commit(folder, {"other.py": CODE * 20 + "x = 1\n"}, "Add a line to the other file")
    return folder


def bundle(repository: Path, *arguments: str) -> Path:
    made = repository.parent / "made.bundle"
    options = [argument for argument in arguments if argument.startswith("--version")]
    revisions = [argument for argument in arguments if argument not in options]
    git(repository, "bundle", "create", "--quiet", *options, str(made), *revisions)
    return made


@pytest.mark.parametrize("version", ["2", "3"])
def test_both_versions_read_as_the_repository_does(repository: Path, version: str) -> None:
    made = bundle(repository, f"--version={version}", "HEAD", "main")
    assert made.read_bytes().startswith(f"# v{version} git bundle\n".encode())
    assert files(made) == files(repository)
    assert commits(made) == commits(repository)


def test_a_bundle_without_blobs_misses_them(repository: Path) -> None:
    made = bundle(repository, "--version=3", "--filter=blob:none", "HEAD")
    assert outcomes(files(made)) == ["missing_object", "missing_object"]


def test_an_incremental_bundle_begins_behind_what_it_needs(repository: Path) -> None:
    made = bundle(repository, "main~2..main", "HEAD")
    found = commits(made)
    # the child of what is elsewhere cannot be told apart from it; a file stored as a difference from there is lost
    assert outcomes(found)[0] == "shallow_boundary"
    assert len(found) == 2
    assert {record.path: record.text for record in files(made) if isinstance(record, Document)}.get(
        "answer.py"
    ) == CODE.replace("42", "43")
    (split,) = git_commits.splits(str(made), GitCommitsOptions())
    assert " shallow-" in split.identity


def test_a_cut_bundle_is_read_as_far_as_it_goes(repository: Path) -> None:
    made = bundle(repository, "HEAD")
    whole = {record.path: record.text for record in files(made) if isinstance(record, Document)}
    data = made.read_bytes()
    made.write_bytes(data[:-24])
    assert subprocess.run(
        ["git", "clone", str(made), "out"], cwd=repository.parent, env=ENVIRONMENT, capture_output=True, check=False
    ).returncode
    for kept_bytes in range(len(data) - 24, data.index(b"PACK"), -72):
        made.write_bytes(data[:kept_bytes])
        found = files(made)
        assert found
        texts = {record.path: record.text for record in found if isinstance(record, Document)}
        assert texts.items() <= whole.items()
    made.write_bytes(data[:-24])
    assert len(outcomes(files(made))) == 2


@pytest.mark.parametrize("header", [b"", b"# v2 git bundle", b"# v4 git bundle\n\n", b"# v2 git bundle\nabc"])
def test_what_is_no_bundle_is_refused(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "made.bundle").write_bytes(header)
    with pytest.raises(ValueError, match="no git bundle that can be read"):
        git_files.splits(str(tmp_path / "made.bundle"), GitFilesOptions())


def test_a_header_names_nothing_outside(repository: Path) -> None:
    made = bundle(repository, "HEAD", "main")
    data = made.read_bytes()
    head = git(repository, "rev-parse", "HEAD").encode()
    evil = head + b" refs/heads/../../../../tmp/evil\n" + head + b" --upload-pack=touch\n" + b"@include=/etc/passwd\n"
    made.write_bytes(data.replace(b"# v2 git bundle\n", b"# v2 git bundle\n" + evil, 1))
    assert files(made) == files(repository)


def test_a_bundle_on_the_web_is_fetched(repository: Path) -> None:
    made = bundle(repository, "HEAD", "main")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(made.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/{made.name}"
        asked = GitFilesOptions(name="anchor")
        splits = git_files.splits(address, asked)
        assert [record for split in splits for record in git_files.read(split, asked)] == files(repository)
    finally:
        server.shutdown()
        server.server_close()

"""Opening repositories: every form, hostile ones, damaged ones."""

import subprocess
import zlib
from pathlib import Path

import pytest

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.readers.git.objects import ObjectError
from pipelines.readers.git.repository import matching, open_repository
from pipelines.sources import git_commits, git_files, git_pull_requests, git_repositories
from pipelines.sources.git_files import GitFilesOptions
from pipelines.sources.git_pull_requests import GitPullRequestsOptions
from pipelines.sources.git_repositories import GitRepositoriesOptions
from tests.pipelines.sources.git_repositories import ENVIRONMENT, commit, git, new_repository, object_path

CODE = "def answer():\n    return 42\n"


def files(uri: Path, **options: str) -> list[Record]:
    asked = GitFilesOptions(**options)
    return [r for split in git_files.splits(str(uri), asked) for r in git_files.read(split, asked)]


def commits(uri: Path, **options: object) -> list[Record]:
    asked = GitCommitsOptions.model_validate({"extreme_span_share": 1.0, "short_subject_share": 1.0} | options)
    return [r for split in git_commits.splits(str(uri), asked) for r in git_commits.read(split, asked)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"answer.py": CODE}, "Give the answer to everything")
    commit(folder, {"answer.py": CODE.replace("42", "43")}, "Correct the answer after all")
    return folder


@pytest.mark.parametrize("form", ["worktree", "git_dir", "bare", "mirror", "linked", "bundle", "sha256", "headless"])
def test_every_form_of_repository_reads_the_same(repository: Path, tmp_path: Path, form: str) -> None:
    uri = tmp_path / "other.git"
    if form == "worktree":
        uri = repository
    elif form == "git_dir":
        uri = repository / ".git"
    elif form in ("bare", "mirror"):
        git(tmp_path, "clone", "--quiet", f"--{form}", str(repository), str(uri))
    elif form == "linked":
        git(repository, "worktree", "add", "--quiet", str(uri), "HEAD")
    elif form == "bundle":
        git(repository, "bundle", "create", "--quiet", str(uri), "HEAD", "main")
    elif form == "headless":
        git(repository, "bundle", "create", "--quiet", str(uri), "main")
    else:
        new_repository(uri, "--object-format=sha256")
        commit(uri, {"answer.py": CODE}, "Give the answer to everything")
        commit(uri, {"answer.py": CODE.replace("42", "43")}, "Correct the answer after all")
    (document,) = files(uri)
    assert isinstance(document, Document)
    assert document.text == CODE.replace("42", "43")
    assert len(document.commit or "") == (64 if form == "sha256" else 40)
    assert len(commits(uri)) == 2


def test_what_is_no_repository_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        git_files.splits(str(tmp_path / "nowhere"), GitFilesOptions())
    (tmp_path / "plain").mkdir()
    with pytest.raises(ValueError, match="plain is no git repository"):
        git_files.splits(str(tmp_path / "plain"), GitFilesOptions())
    (tmp_path / "text.bundle").write_text("hello")
    with pytest.raises(ValueError, match="no git bundle"):
        git_commits.splits(str(tmp_path / "text.bundle"), GitCommitsOptions())


def test_an_unknown_revision_is_refused_with_the_branches(repository: Path) -> None:
    with pytest.raises(ValueError, match="its branches are: refs/heads/main"):
        git_files.splits(str(repository), GitFilesOptions(revision="master"))
    for hostile in ("--output=/tmp/x", "HEAD; touch x", ""):
        with pytest.raises(ValueError, match="set the option `revision`"):
            git_files.splits(str(repository), GitFilesOptions(revision=hostile))


def test_a_pattern_matches_several_and_one_name_cannot_name_them(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(repository), str(tmp_path / "anchor2"))
    pattern = str(tmp_path / "anchor*")
    assert matching(pattern, None) == [str(repository), str(tmp_path / "anchor2")]
    assert len(git_files.splits(pattern, GitFilesOptions())) == 2
    with pytest.raises(ValueError, match="leave it out"):
        matching(pattern, "one")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://token@example.org/harbour/anchor.git", "harbour/anchor"),
        ("git@example.org:harbour/anchor.git", "harbour/anchor"),
        ("/srv/git/anchor", "anchor"),
    ],
)
def test_the_name_comes_from_the_origin_or_the_folder(repository: Path, url: str, name: str) -> None:
    git(repository, "remote", "add", "origin", url)
    with open_repository(str(repository)) as opened:
        assert opened.name == name
    with open_repository(str(repository), "given") as opened:
        assert opened.name == "given"


def test_nothing_of_a_hostile_repository_is_run(repository: Path, tmp_path: Path) -> None:
    witness = tmp_path / "executed"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {witness}\nexit 1\n")
    script.chmod(0o755)
    commit(repository, {".gitattributes": "*.py filter=evil diff=evil textconv=evil\n"}, "Add attributes")
    pull = git(repository, "commit-tree", "HEAD~2^{tree}", "-p", "HEAD~1", "-m", "Go back to the old answer")
    git(repository, "update-ref", "refs/pull/1/head", pull)
    git(repository, "tag", "v1")
    keys = (
        "core.fsmonitor core.pager core.editor core.sshCommand core.askPass core.gitProxy diff.external "
        "diff.evil.textconv diff.evil.command filter.evil.smudge filter.evil.clean filter.evil.process "
        "credential.helper alias.cat-file alias.rev-parse gpg.program uploadpack.packObjectsHook "
        "remote.origin.uploadpack remote.origin.vcs pager.cat-file pager.rev-parse trace2.eventTarget"
    )
    lines = [f"[core]\n\thooksPath = {tmp_path / 'hooks'}\n"]
    for key in keys.split():
        section, _, name = key.rpartition(".")
        head, _, sub = section.partition(".")
        title = f'{head} "{sub}"' if sub else head
        lines.append(f"[{title}]\n\t{name} = {script}\n")
    # A partial clone fetches what is missing from its remote, whose transport can be any command.
    lines.append(f'[remote "origin"]\n\turl = ext::{script}\n\tpromisor = true\n\tpartialclonefilter = blob:none\n')
    lines.append('[extensions]\n\tpartialClone = origin\n[protocol "ext"]\n\tallow = always\n')
    missing = git(repository, "rev-parse", "HEAD:answer.py")
    object_path(repository, missing).unlink()
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for folder in (hooks, repository / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for hook in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
            (folder / hook).write_bytes(script.read_bytes())
            (folder / hook).chmod(0o755)
    (tmp_path / "included").write_text(f"[core]\n\tfsmonitor = {script}\n\tsshCommand = {script}\n")
    lines.append(f"[include]\n\tpath = {tmp_path / 'included'}\n")
    with (repository / ".git/config").open("a") as config:
        config.write("".join(lines) + "[core]\n\trepositoryFormatVersion = 1\n")
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/attributes").write_text("* filter=evil diff=evil\n")
    pulls, whole = GitPullRequestsOptions(), GitRepositoriesOptions()
    records = files(repository) + files(repository, tags="*") + commits(repository)
    records += [r for s in git_pull_requests.splits(str(repository), pulls) for r in git_pull_requests.read(s, pulls)]
    records += [r for s in git_repositories.splits(str(repository), whole) for r in git_repositories.read(s, whole)]
    assert any(isinstance(record, Quarantined) and record.reason == "missing_object" for record in records)
    assert any(isinstance(record, Document) for record in records)
    assert not witness.exists()
    # The trap works: git called in the ordinary way falls into it, both ways.
    for arguments in (["status"], ["cat-file", "-e", missing]):
        subprocess.run(
            ["git", *arguments], cwd=repository, env=ENVIRONMENT, capture_output=True, check=False, timeout=30
        )
        assert witness.exists(), arguments
        witness.unlink()


def test_a_replaced_object_is_read_as_it_is(repository: Path) -> None:
    old, new = git(repository, "rev-parse", "HEAD~1:answer.py"), git(repository, "rev-parse", "HEAD:answer.py")
    git(repository, "replace", new, old)
    (document,) = files(repository)
    assert isinstance(document, Document)
    assert "43" in document.text


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("missing", "missing_object"),
        ("garbage", "corrupt_object"),
        ("other", "corrupt_object"),
        ("cut", "corrupt_object"),
    ],
)
def test_a_damaged_file_costs_only_itself(repository: Path, damage: str, reason: str) -> None:
    commit(repository, {"whole.py": "print('whole')\n"}, "Add a file that stays whole")
    path = object_path(repository, "HEAD:answer.py")
    content = path.read_bytes()
    path.chmod(0o644)
    path.unlink()
    if damage == "garbage":
        path.write_bytes(b"garbage")
    elif damage == "other":
        path.write_bytes(zlib.compress(b"blob 5\0other"))
    elif damage == "cut":
        path.write_bytes(content[: len(content) - 12])
    found = files(repository)
    assert [type(record) for record in found] == [Quarantined, Document]
    assert isinstance(found[0], Quarantined)
    assert found[0].reason == reason
    assert found[0].reference.endswith(":answer.py")
    history = commits(repository)
    assert [type(record) for record in history] == [Document, Quarantined, Document]


def test_a_damaged_folder_costs_only_itself(repository: Path) -> None:
    commit(repository, {"sub/a.py": CODE, "other/b.py": CODE}, "Add two folders with code")
    object_path(repository, "HEAD:sub").unlink()
    found = {r.reference.split(":")[1]: r.reason for r in files(repository) if isinstance(r, Quarantined)}
    assert found == {"sub": "missing_object"}
    assert sum(isinstance(record, Document) for record in files(repository)) == 2


def test_a_damaged_commit_costs_only_itself_and_what_is_behind_it(repository: Path) -> None:
    commit(repository, {"a.py": CODE}, "Add a file before the tip")
    commit(repository, {"b.py": CODE}, "Add a file at the tip")
    object_path(repository, "HEAD~2").unlink()
    found = commits(repository)
    # its child cannot be told apart from it either; the tip is whole
    assert [type(record) for record in found] == [Quarantined, Quarantined, Document]


def test_a_shallow_clone_invents_no_additions(repository: Path, tmp_path: Path) -> None:
    commit(repository, {"b.py": CODE}, "Add a file at the tip")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{repository}", str(shallow))
    found = commits(shallow)
    assert [getattr(record, "reason", "document") for record in found] == ["shallow_boundary", "document"]
    (split,) = git_commits.splits(str(shallow), GitCommitsOptions())
    assert " shallow-" in split.identity
    assert isinstance(found[0], Rejected)


def test_a_path_that_no_checkout_would_allow_is_set_aside(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:answer.py")
    raw = b"".join(b"100644 %s\0%s" % (name, bytes.fromhex(blob)) for name in (b"..", b"\xff.py", b"fine.py"))
    tree = git(repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=raw)
    head = git(repository, "commit-tree", tree, "-m", "Hostile names in a tree")
    found = files(repository, revision=head)
    assert [getattr(record, "reason", "document") for record in found] == ["unsafe_path", "document", "path_not_utf8"]


def test_an_object_that_is_too_large_is_skipped_and_the_next_is_read(repository: Path) -> None:
    large = "x = 1\n" * 3_000_000
    commit(repository, {"a_large.py": large, "b_small.py": CODE}, "Add a large file and a small one")
    found = {r.reference.split(":")[1]: r.reason for r in files(repository) if isinstance(r, Rejected)}
    assert found == {"a_large.py": "file_too_large"}
    assert sum(isinstance(record, Document) for record in files(repository)) == 2
    with open_repository(str(repository)) as opened, pytest.raises(ObjectError, match="a blob where a tree"):
        opened.objects.tree(git(repository, "rev-parse", "HEAD:b_small.py"))

"""Files of a repository: which become documents, and with what provenance."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.document import Document, Record, Rejected
from pipelines.source import source_kinds
from pipelines.sources import git_files
from pipelines.sources.git_files import GitFilesOptions
from tests.pipelines.sources.git_repositories import commit, git, new_repository

CODE = "def answer():\n    return 42\n"
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy. Keep this permission notice."
ISC = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "anchor")


def read(uri: Path, **options: object) -> list[Record]:
    asked = GitFilesOptions.model_validate(options)
    return [r for split in git_files.splits(str(uri), asked) for r in git_files.read(split, asked)]


def test_the_kind_is_registered_as_code() -> None:
    kind = source_kinds()["git_files"]
    assert (kind.group, kind.code_like) == ("code", True)


def test_a_file_becomes_a_document_with_its_provenance(repository: Path) -> None:
    text = "# größer\n" + CODE
    sha = commit(repository, {"src/größe.py": text, "LICENSE": MIT}, "Add the answer in German")
    documents = [record for record in read(repository, name="ada/anchor") if isinstance(record, Document)]
    assert documents == [
        Document(
            text=text,
            format="file",
            repository="ada/anchor",
            commit=sha,
            path="src/größe.py",
            license="MIT",
            language_hint="Python",
            date=datetime(2024, 1, 5, 9, tzinfo=UTC),
        )
    ]


def test_every_file_is_in_the_books_with_its_reason(repository: Path) -> None:
    os.symlink("code.py", repository / "link.py")
    tree_files: dict[str, str | bytes | None] = {
        "binary.py": b"a = 1\0",
        "code.py": CODE,
        "empty.py": "",
        "huge.py": "x = 1\n" * 100,
        "latin.py": "# größer".encode("latin-1"),
        "picture.png": b"\x89PNG",
        "unknown": CODE,
    }
    commit(repository, tree_files, "Add files of every kind")
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},module.py")
    git(repository, "commit", "--quiet", "-m", "Add a submodule")
    records = read(repository, max_file_bytes=500)
    reasons = {r.reference.split(":")[1]: r.reason for r in records if isinstance(r, Rejected)}
    assert reasons == {
        "binary.py": "binary",
        "empty.py": "empty_file",
        "huge.py": "file_too_large",
        "latin.py": "not_utf8",
        "link.py": "symlink",
        "module.py": "submodule",
        "picture.png": "language_not_selected",
        "unknown": "language_not_selected",
    }
    assert len(records) == 9
    assert all(
        r.reference.startswith(f"anchor@{git(repository, 'rev-parse', 'HEAD')}:")
        for r in records
        if isinstance(r, Rejected)
    )


def test_only_the_chosen_languages_are_taken(repository: Path) -> None:
    commit(repository, {"a.py": CODE, "b.js": "let x;\n", "c.c": "int x;\n"}, "Add three languages")
    records = read(repository, languages=["C", "JavaScript"])
    assert Counter(type(record) for record in records) == {Document: 2, Rejected: 1}
    with pytest.raises(ValueError, match="Pythn"):
        read(repository, languages=["Pythn"])


def test_the_nearest_licence_wins_and_a_header_wins_over_it(repository: Path) -> None:
    tree_files: dict[str, str | bytes | None] = {
        "LICENSE": MIT,
        "a.py": CODE,
        "header.py": "# SPDX-License-Identifier: Apache-2.0\n" + CODE,
        "deep/down/b.py": CODE,
        "vendor/LICENSE": ISC,
        "vendor/lib/c.py": CODE,
        "closed/LICENSE": "All rights reserved.",
        "closed/d.py": CODE,
        "dual/LICENSE-MIT": MIT,
        "dual/LICENSE-ISC": ISC + ", provided that the above copyright notice appears in all copies",
        "dual/e.py": CODE,
    }
    commit(repository, tree_files, "Add licences all over the place")
    found = {record.path: record.license for record in read(repository) if isinstance(record, Document)}
    assert found == {
        "a.py": "MIT",
        "header.py": "Apache-2.0",
        "deep/down/b.py": "MIT",
        "vendor/lib/c.py": "0BSD",
        "closed/d.py": None,
        "dual/e.py": "ISC AND MIT",
    }


def test_splits_cover_every_file_once(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, {f"d{n % 3}/f{n}.py": f"x = {n}\n" for n in range(10)}, "Add ten small files")
    whole = read(repository)
    monkeypatch.setattr(git_files, "FILES_PER_SPLIT", 3)
    found = git_files.splits(str(repository), GitFilesOptions())
    assert [(split.start, split.stop) for split in found] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert sum(split.size_bytes for split in found) == 60
    assert {split.identity.split()[0] for split in found} == {git(repository, "rev-parse", "HEAD")}
    parts = [record for split in found for record in git_files.read(split, GitFilesOptions())]
    assert parts == whole


def test_a_split_goes_on_reading_the_commit_it_was_made_for(repository: Path) -> None:
    commit(repository, {"a.py": CODE}, "Add the first answer")
    (split,) = git_files.splits(str(repository), GitFilesOptions())
    commit(repository, {"a.py": "changed = True\n"}, "Change the answer meanwhile")
    (record,) = git_files.read(split, GitFilesOptions())
    assert isinstance(record, Document)
    assert record.text == CODE


def test_a_tree_of_countless_folders_ends(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.readers.git.tree.MAX_TREES", 500)
    commit(repository, {"a.py": CODE}, "Add the file of the bomb")
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    for _ in range(12):
        listing = "".join(f"040000 tree {tree}\td{n}\n" for n in range(10))
        tree = git(repository, "mktree", given=listing.encode())
    head = git(repository, "commit-tree", tree, "-m", "A bomb of folders")
    records = read(repository, revision=head)
    assert len(records) <= 501
    assert getattr(records[-1], "reason", None) == "too_many_folders"


def test_an_empty_commit_has_no_splits(repository: Path) -> None:
    commit(repository, {}, "Nothing here yet")
    assert git_files.splits(str(repository), GitFilesOptions()) == []

"""Repositories as documents: order, cuts, records."""

from pathlib import Path

import pytest

from pipelines.document import Absorbed, Document, Record, check_storable
from pipelines.source import source_kinds
from pipelines.sources import git_repositories
from pipelines.sources.git_repositories import GitRepositoriesOptions
from tests.pipelines.sources.git_repositories import commit, new_repository, object_path

MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software.\n"
MIT += "The above copyright notice and this permission notice shall be included in all copies.\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = new_repository(tmp_path / "anchor")
    files: dict[str, str | bytes | None] = {
        "LICENSE": MIT,
        "anchor/a_main.py": "from anchor.z_base import chain\n\nprint(chain)\n",
        "anchor/z_base.py": "chain = 1\n",
        "web/app.js": "import './lib'\n",
        "web/lib.js": "export const rope = 1\n",
        "image.bin": b"\0\1",
        "table.csv": "a,b\n",
        "empty.py": "\n",
        "bad.py": b"\xff",
    }
    commit(folder, files, "Begin with two languages")
    return folder


def read(uri: Path, **options: object) -> list[Record]:
    asked = GitRepositoriesOptions.model_validate({"metadata_share": 1.0} | options)
    return [r for split in git_repositories.splits(str(uri), asked) for r in git_repositories.read(split, asked)]


def references(records: list[Record]) -> dict[str, str]:
    return {
        r.reference.partition(":")[2]: getattr(r, "reason", "absorbed") for r in records if not isinstance(r, Document)
    }


def test_a_small_repository_is_one_document_in_dependency_order(repository: Path) -> None:
    records = read(repository)
    (document,) = [record for record in records if isinstance(record, Document)]
    check_storable(document)
    assert document.text == (
        "anchoranchor/z_base.py\nchain = 1\nanchor/a_main.py\nfrom anchor.z_base import chain\n\nprint(chain)\n"
        "web/lib.js\nexport const rope = 1\nweb/app.js\nimport './lib'\n"
    )
    assert [token for _, token in document.marks] == ["<repo_name>", *["<file_sep>"] * 4]
    assert (document.format, document.path, document.language_hint, document.license) == (
        "repository",
        None,
        "Python",
        "MIT",
    )
    assert document.metadata == {"files": 4, "is_whole_repository": True, "folder": None, "languages": 2}
    assert references(records) == {
        "LICENSE": "language_not_selected",
        "image.bin": "language_not_selected",
        "table.csv": "language_not_selected",
        "bad.py": "not_utf8",
        "empty.py": "empty_file",
        "anchor/a_main.py": "absorbed",
        "web/lib.js": "absorbed",
        "web/app.js": "absorbed",
    }


def test_a_large_repository_is_a_document_a_language_and_folder(repository: Path) -> None:
    records = read(repository, max_document_bytes=70)
    documents = [record for record in records if isinstance(record, Document)]
    assert [(d.language_hint, d.path, d.metadata["files"]) for d in documents] == [
        ("JavaScript", "web", 2),
        ("Python", "anchor", 2),
    ]
    assert len(records) == 9


def test_a_folder_beyond_the_limit_is_cut_between_files(repository: Path) -> None:
    records = read(repository, max_document_bytes=20)
    texts = [record.text for record in records if isinstance(record, Document)]
    assert len(texts) == 4
    assert len(records) == 9
    assert not any(isinstance(record, Absorbed) for record in records)


def test_a_damaged_file_costs_itself(repository: Path) -> None:
    object_path(repository, "HEAD:anchor/z_base.py").unlink()
    records = read(repository)
    assert references(records)["anchor/z_base.py"] == "missing_object"
    assert sum(isinstance(record, Document) for record in records) == 1


def test_files_beyond_the_limit_and_languages_not_asked_for_are_rejected(repository: Path) -> None:
    records = read(repository, max_file_bytes=30, languages={"Python"})
    assert references(records)["anchor/a_main.py"] == "file_too_large"
    assert references(records)["web/app.js"] == "language_not_selected"


def test_data_is_left_out_unless_it_is_asked_for(repository: Path) -> None:
    (document,) = [record for record in read(repository, languages={"CSV"}) if isinstance(record, Document)]
    assert document.text == "anchortable.csv\na,b\n"


def test_the_kind_is_registered_as_code() -> None:
    kind = source_kinds()["git_repositories"]
    assert (kind.group, kind.code_like) == ("code", True)

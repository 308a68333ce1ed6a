"""Files in markup languages, from folders and from repositories; notebooks of repositories."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.languages import LANGUAGES, LANGUAGES_BY_TYPE, language_of, languages_named
from pipelines.source import SourceKind, source_kinds
from pipelines.sources.git_markup import SOURCE as GIT_MARKUP
from pipelines.sources.git_notebooks import SOURCE as GIT_NOTEBOOKS
from pipelines.sources.markup import SOURCE as MARKUP
from tests.pipelines.sources.git_repositories import commit, new_repository, object_path
from tests.pipelines.sources.notebook_files import TIDES, notebook, text

PAGE = "---\ntitle: Größe\n---\n# <|endoftext|>\n"
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy. Keep this permission notice."


def read(kind: SourceKind, uri: Path, **options: object) -> list[Record]:
    settings = kind.options.model_validate(options)
    return [record for split in kind.splits(str(uri), settings) for record in kind.read(split, settings)]


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_markup_is_code_of_its_own_group() -> None:
    kinds = source_kinds()
    assert {(kinds[name].group, kinds[name].code_like) for name in ("markup", "git_markup")} == {("code/markup", True)}


def test_golden(tmp_path: Path) -> None:
    assert read(MARKUP, written(tmp_path, {"docs/a.md": "\ufeff" + PAGE}), license="CC0-1.0") == [
        Document(text=PAGE, format="file", path="docs/a.md", license="CC0-1.0", language_hint="Markdown")
    ]


def test_a_files_own_licence_comes_first(tmp_path: Path) -> None:
    page = "<!-- SPDX-License-Identifier: MIT -->\n"
    (document,) = read(MARKUP, written(tmp_path, {"a.html": page}), license="CC0-1.0")
    assert isinstance(document, Document)
    assert (document.license, document.language_hint) == ("MIT", "HTML")


def test_every_file_has_its_outcome(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.py": "code = 1",
        "b.rst": b"a\0",
        "c.txt": " \n",
        "d.tex": b"\xe9",
        "e.adoc": "= Tides " * 20,
        "f.MD": "# Tides",
        "g.yaml": "a: b",
    }
    *found, document = read(MARKUP, written(tmp_path, files), max_file_bytes=100)
    assert found[:2] == [Rejected("b.rst", "binary"), Rejected("c.txt", "empty_file")]
    assert isinstance(found[2], Quarantined)
    assert (found[2].reference, found[2].reason) == ("d.tex", "not_utf8")
    assert found[3:] == [Rejected("e.adoc", "file_too_large")]
    assert isinstance(document, Document)
    assert document.path == "f.MD"


def test_languages_and_types_are_chosen(tmp_path: Path) -> None:
    written(tmp_path, {"a.md": "a", "b.yaml": "b", "c.org": "c", "d.py": "d", "e.css": "e"})

    def chosen(*languages: str) -> list[str | None]:
        found = read(MARKUP, tmp_path, languages=languages)
        return [record.language_hint for record in found if isinstance(record, Document)]

    assert chosen("prose") == ["Markdown", "Org"]
    assert chosen("data", "CSS") == ["YAML", "CSS"]
    with pytest.raises(ValueError, match="Markdwon"):
        chosen("Markdwon")
    with pytest.raises(FileNotFoundError, match="TeX"):
        chosen("TeX")


def test_types_part_the_languages() -> None:
    assert frozenset().union(*LANGUAGES_BY_TYPE.values()) == LANGUAGES
    assert sum(map(len, LANGUAGES_BY_TYPE.values())) == len(LANGUAGES)
    assert "Python" in LANGUAGES_BY_TYPE["programming"]
    assert languages_named(["markup", "YAML"]) == LANGUAGES_BY_TYPE["markup"] | {"YAML"}
    assert [language_of(name) for name in ("a/b.Org", ".org", "org", "c.texi", "d.md")] == [
        "Org", None, None, "Texinfo", "Markdown",
    ]  # fmt: skip


def test_the_paths_of_a_page_on_disk_and_in_a_repository_are_one(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "anchor")
    sha = commit(repository, {"docs/a.md": PAGE, "code.py": "x = 1\n", "LICENSE": MIT}, "Add a page about size")
    found = read(GIT_MARKUP, repository, name="ada/anchor")
    assert [record for record in found if isinstance(record, Document)] == [
        Document(
            text=PAGE,
            format="file",
            repository="ada/anchor",
            commit=sha,
            path="docs/a.md",
            license="MIT",
            language_hint="Markdown",
            date=datetime(2024, 1, 5, 9, tzinfo=UTC),
        )
    ]
    assert [record for record in found if isinstance(record, Rejected)] == [
        Rejected(f"ada/anchor@{sha}:{path}", "language_not_selected") for path in ("LICENSE", "code.py")
    ]


def test_languages_of_a_repository(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "anchor")
    commit(repository, {"a.md": "a", "b.toml": "b", "c.py": "c"}, "Add one of each")

    def chosen(languages: list[str] | None) -> list[str | None]:
        found = read(GIT_MARKUP, repository, languages=languages)
        return [record.language_hint for record in found if isinstance(record, Document)]

    assert chosen(["data"]) == ["TOML"]
    assert chosen(None) == ["Markdown", "TOML", "Python"]
    with pytest.raises(ValueError, match="prosa"):
        chosen(["prosa"])


def test_notebooks_of_a_repository(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "anchor")
    files: dict[str, str | bytes | None] = {
        "a.ipynb": TIDES,
        "b.py": "x = 1\n",
        "c/.ipynb_checkpoints/a.ipynb": TIDES,
        "c/d.ipynb": notebook(text("a")),
        "c/e.ipynb": b"{",
        "f.ipynb": b"{}" * 2000,
        "LICENSE": MIT,
    }
    sha = commit(repository, files, "Add notebooks about tides")
    object_path(repository, "HEAD:c/e.ipynb").write_bytes(b"damaged")
    document, *others = read(GIT_NOTEBOOKS, repository, name="ada/anchor", max_file_bytes=3000)
    assert isinstance(document, Document)
    assert (document.path, document.commit, document.license) == ("a.ipynb", sha, "MIT")
    assert (document.repository, document.date) == ("ada/anchor", datetime(2024, 1, 5, 9, tzinfo=UTC))
    reasons = [(record.reference, record.reason) for record in others if isinstance(record, Rejected | Quarantined)]
    assert reasons == [
        (f"ada/anchor@{sha}:f.ipynb", "file_too_large"),
        (f"ada/anchor@{sha}:c/d.ipynb", "no_code"),
        (f"ada/anchor@{sha}:c/e.ipynb", "corrupt_object"),
        (f"ada/anchor@{sha}:c/.ipynb_checkpoints/a.ipynb", "notebook_checkpoint"),
    ]


def test_notebooks_of_a_repository_in_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository(tmp_path / "anchor")
    commit(repository, {f"{number}.ipynb": TIDES for number in range(5)}, "Add five notebooks")
    whole = read(GIT_NOTEBOOKS, repository)
    monkeypatch.setattr("pipelines.sources.git_notebooks.FILES_PER_SPLIT", 2)
    splits = GIT_NOTEBOOKS.splits(str(repository), GIT_NOTEBOOKS.options())
    assert [(split.start, split.stop, split.size_bytes) for split in splits] == [
        (0, 2, 2 * len(TIDES)), (2, 4, 2 * len(TIDES)), (4, 5, len(TIDES)),
    ]  # fmt: skip
    assert read(GIT_NOTEBOOKS, repository) == whole
    assert len(whole) == 5

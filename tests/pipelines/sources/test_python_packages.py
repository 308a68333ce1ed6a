import platform
from pathlib import Path

import pytest

from pipelines.document import Document, Quarantined, Rejected
from pipelines.source import Split, source_kinds
from pipelines.sources.python_packages import SOURCE, PythonPackagesOptions

CLASSIFIER = "Classifier: License :: OSI Approved :: MIT License\n"


def install(folder: Path, name: str, files: dict[str, bytes], metadata: str = "", listed: tuple[str, ...] = ()) -> None:
    """A distribution as pip leaves it; `listed` are more paths that its RECORD names."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    information = folder / f"{name.replace('-', '_')}-1.2.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.2\n{metadata}\n")
    (information / "RECORD").write_text("".join(f"{path},,\n" for path in (*files, *listed)))


def read(uri: str | Path, **options: object) -> list[object]:
    settings = PythonPackagesOptions.model_validate(options)
    return [record for split in SOURCE.splits(str(uri), settings) for record in SOURCE.read(split, settings)]


def test_each_file_becomes_a_document(tmp_path: Path) -> None:
    install(
        tmp_path,
        "Some.Lib",
        {"lib/b.py": b"x = 1\r\n", "lib/a.py": "s = 'é'\n".encode(), "lib/c.txt": b"no"},
        CLASSIFIER,
    )
    assert read(tmp_path, distributions=["some-lib"]) == [
        Document(
            text=text,
            format="file",
            repository="some-lib",
            commit="1.2",
            path=path,
            license="MIT",
            language_hint="Python",
        )
        for path, text in (("lib/a.py", "s = 'é'\n"), ("lib/b.py", "x = 1\n"))
    ]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [("License-Expression: Apache-2.0 OR MIT\n" + CLASSIFIER, "Apache-2.0 OR MIT"), (CLASSIFIER, "MIT"), ("", None)],
)
def test_license_expression_goes_before_classifiers(tmp_path: Path, metadata: str, expected: str | None) -> None:
    install(tmp_path, "lib", {"lib.py": b"x = 1\n"}, metadata)
    (document,) = read(tmp_path, distributions=["lib"])
    assert isinstance(document, Document)
    assert document.license == expected


def test_files_that_are_no_documents_have_reasons(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (tmp_path / "secret.py").write_text("password = 1\n")
    files = {"l/bad.py": b"\xff\xfe\xfa", "l/big.py": b"#" * 101, "l/empty.py": b" \n", "l/full.py": b"#" * 100}
    install(folder, "lib", files, listed=("../secret.py", "l/link.py", "l/gone.py", "l/linked/secret.py"))
    (folder / "l" / "link.py").symlink_to(tmp_path / "secret.py")
    (folder / "l" / "linked").symlink_to(tmp_path)
    found = {
        (record.path if isinstance(record, Document) else record.reference): record  # type: ignore[attr-defined]
        for record in read(folder, distributions=["lib"], max_file_bytes=100)
    }
    reasons = {key: "kept" if isinstance(record, Document) else record.reason for key, record in found.items()}  # type: ignore[attr-defined]
    assert reasons == {
        "lib==1.2:../secret.py": "outside_folder",
        "lib==1.2:l/bad.py": "not_utf8",
        "lib==1.2:l/big.py": "file_too_large",
        "lib==1.2:l/empty.py": "empty_file",
        "l/full.py": "kept",
        "lib==1.2:l/gone.py": "unreadable",
        "lib==1.2:l/link.py": "outside_folder",
        "lib==1.2:l/linked/secret.py": "outside_folder",
    }
    assert isinstance(found["lib==1.2:l/gone.py"], Quarantined)
    assert isinstance(found["lib==1.2:l/link.py"], Rejected)


def test_excluded_paths_are_left_out_at_every_level(tmp_path: Path) -> None:
    names = ("test/a.py", "l/tests/b.py", "l/test/deep/c.py", "l/testing.py", "l/d.py")
    install(tmp_path, "lib", dict.fromkeys(names, b"x = 1\n"))
    assert [record.path for record in read(tmp_path, distributions=["lib"])] == ["l/d.py", "l/testing.py"]  # type: ignore[attr-defined]
    kept = read(tmp_path, distributions=["lib"], exclude=["*/d.py", "test/*"])
    assert [record.path for record in kept] == ["l/test/deep/c.py", "l/testing.py", "l/tests/b.py"]  # type: ignore[attr-defined]


def test_a_file_limit_chooses_by_path_and_grows_by_adding(tmp_path: Path) -> None:
    install(tmp_path, "lib", {f"l/m{number}.py": b"x = 1\n" for number in range(20)})

    def paths(max_files: int) -> list[str]:
        return [record.path for record in read(tmp_path, distributions=["lib"], max_files=max_files)]  # type: ignore[attr-defined]

    assert len(paths(5)) == 5
    assert set(paths(5)) < set(paths(9))
    assert paths(5) != [f"l/m{number}.py" for number in range(5)]
    assert paths(100) == sorted(paths(100))


def test_errors_name_what_to_change(tmp_path: Path) -> None:
    install(tmp_path, "some-library", {"a.py": b"x = 1\n"})
    install(tmp_path, "compiled", {"a.so": b"x"})
    for name, message in [
        ("some-libary", "did you mean some-library"),
        ("stdlib", "belongs to the uri 'environment'"),
        ("compiled", "has no .py files"),
    ]:
        with pytest.raises(FileNotFoundError, match=message):
            read(tmp_path, distributions=[name])
    with pytest.raises(FileNotFoundError, match="no folder of packages"):
        read(tmp_path / "missing", distributions=["lib"])


def test_the_standard_library_and_an_installed_distribution() -> None:
    options = PythonPackagesOptions(distributions=("stdlib", "pydantic"), max_files=40)
    stdlib, pydantic = SOURCE.splits("environment", options)
    assert stdlib.identity.split()[0] == f"stdlib=={platform.python_version()}"
    assert pydantic.identity.startswith("pydantic==2")
    documents = [record for record in SOURCE.read(stdlib, options) if isinstance(record, Document)]
    assert len(documents) >= 35
    own = {"Apache-2.0", "HPND", "MIT", "MIT-CMU", "Zlib"}  # of files whose head says so: xml.etree, logging, tomllib
    assert {"PSF-2.0"} <= {document.license for document in documents} <= {"PSF-2.0"} | own
    assert not any("site-packages" in (document.path or "") for document in documents)
    assert stdlib.size_bytes >= sum(len(document.text) for document in documents)
    assert {type(record) for record in SOURCE.read(pydantic, options)} <= {Document, Rejected}


def test_a_split_travels_as_json_and_the_kind_is_found() -> None:
    options = PythonPackagesOptions()
    (split,) = SOURCE.splits("environment", options)
    assert Split.model_validate_json(split.model_dump_json()) == split
    assert source_kinds()["python_packages"] is SOURCE
    assert SOURCE.code_like


def test_a_file_that_is_edited_where_it_is_installed_changes_the_identity(tmp_path: Path) -> None:
    install(tmp_path, "lib", {"lib.py": b"x = 1\n"})
    options = PythonPackagesOptions(distributions=["lib"])
    (before,) = SOURCE.splits(str(tmp_path), options)
    (tmp_path / "lib.py").write_bytes(b"x = 10\n")
    (after,) = SOURCE.splits(str(tmp_path), options)
    assert before.identity != after.identity

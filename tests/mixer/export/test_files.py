"""Files of an export on a store that writes in place, as object stores do: there, no rename hides what is half done."""

from pathlib import Path

import pyarrow.fs
import pytest

from mixer import storage
from mixer.export.files import ExportError, new_file
from mixer.export.formats import FORMATS, export
from tests.mixer.export.mixtures import make_mixture


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that `store://` uris mean; folders in it have to be there, like buckets."""
    folder = tmp_path / "store"
    folder.mkdir()
    filesystem = pyarrow.fs.SubTreeFileSystem(str(folder), pyarrow.fs.LocalFileSystem())
    local = storage.resolve

    def resolve(uri: str) -> tuple[pyarrow.fs.FileSystem, str]:
        return (filesystem, uri.removeprefix("store://")) if uri.startswith("store://") else local(uri)

    monkeypatch.setattr(storage, "resolve", resolve)
    (folder / "bucket").mkdir()
    return folder


def write_and_fail(uri: str, size_bytes: int) -> None:
    with new_file(uri, size_bytes) as file:
        file.write(b"abcde")
        raise RuntimeError("the disk of the shards is gone")


def test_an_abandoned_write_leaves_no_object(store: Path) -> None:
    with pytest.raises(RuntimeError):
        write_and_fail("store://bucket/x", 10)
    with pytest.raises(storage.DamagedFile, match="came to 5 bytes"), new_file("store://bucket/x", 10) as file:
        file.write(b"12345")
    assert list((store / "bucket").iterdir()) == []


@pytest.mark.parametrize("content", [b"12345", b"1234", b"123456"])
def test_an_object_that_is_there_is_never_touched(store: Path, content: bytes) -> None:
    there = store / "bucket" / "x"
    there.write_bytes(b"abcde")
    modified = there.stat().st_mtime_ns
    with pytest.raises(ExportError, match="holds something else"), new_file("store://bucket/x", len(content)) as file:
        file.write(content)
    with pytest.raises(RuntimeError):
        write_and_fail("store://bucket/x", 5)
    with new_file("store://bucket/x", 5) as file:
        file.write(b"abcde")
    assert (there.read_bytes(), there.stat().st_mtime_ns) == (b"abcde", modified)


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_store_gets_the_bytes_that_a_folder_gets(format_name: str, store: Path, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    for stem in ("demo-00-main", "demo-01-cooldown"):
        (store / "bucket" / stem).mkdir()
    export(mixture.uri, format_name, str(tmp_path / "out"))
    summary = export(mixture.uri, format_name, "store://bucket")
    for uri in summary.files:
        name = uri.removeprefix("store://bucket/")
        assert (store / "bucket" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    export("store://bucket" if format_name == "card" else mixture.uri, "megatron", str(tmp_path / "again"))

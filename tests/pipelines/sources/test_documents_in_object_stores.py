"""Notebooks, markup and StackExchange dumps in an object store are read as those on disk."""

from pathlib import Path

import pytest

from pipelines.document import Document, Record
from pipelines.source import source_kinds
from tests.pipelines.sources.notebook_files import TIDES
from tests.pipelines.sources.object_store import BUCKET, object_store, put
from tests.pipelines.sources.stack_exchange_posts import dump, thread

FILES = {
    "sea/a/tides.ipynb": TIDES,
    "sea/b.md": b"# Tides\n",
    "sea/code.py": b"x = 1\n",
    "sea/lamps.stackexchange.com/Posts.xml": dump(*thread()),
}


def read(kind_name: str, uri: str) -> list[Record]:
    kind = source_kinds()[kind_name]
    settings = kind.options()
    return [record for split in kind.splits(uri, settings) for record in kind.read(split, settings)]


def test_objects_are_read_as_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with object_store(monkeypatch) as client:
        put(client, FILES)
        for kind_name in ("notebooks", "markup", "stack_exchange"):
            found = read(kind_name, f"s3://{BUCKET}/sea")
            assert sum(isinstance(record, Document) for record in found) == 1
            assert found == read(kind_name, str(tmp_path / "sea"))

"""The guide's toy source is a real one: found by scanning, read by ingest, with books that balance."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import pipelines.sources
from pipelines.lake import Books
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.source import source_kinds
from pipelines.steps.ingest import IngestTask, ingest_split, plan_splits
from tests.docs.pages import blocks

MODULE = "paragraphs"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceSpec]:
    """The page's code as a file that the folder's scan finds, and a source over some input."""
    (block,) = blocks("python", "run: source")
    code, data = tmp_path / "code", tmp_path / "data"
    code.mkdir()
    data.mkdir()
    (code / f"{MODULE}.py").write_text(block.text, encoding="utf-8")
    (data / "a.txt").write_text("The first paragraph is long enough.\n\nshort\n\nThe third one is long enough too.\n")
    (data / "b.txt").write_bytes(b"\xff\xfe not text")
    monkeypatch.setattr(pipelines.sources, "__path__", [*pipelines.sources.__path__, str(code)])
    source_kinds.cache_clear()
    yield SourceSpec(name="toy", kind=MODULE, uri=str(data))
    source_kinds.cache_clear()
    sys.modules.pop(f"pipelines.sources.{MODULE}", None)
    vars(pipelines.sources).pop(MODULE, None)


def ingest(toy: SourceSpec, folder: Path) -> tuple[Books, list[bytes]]:
    books = Books()
    for number, split in enumerate(plan_splits(toy)):
        options = toy.parsed_options().model_dump()
        task = IngestTask(
            source=toy.name,
            kind=toy.kind,
            options=options,
            split=split,
            number=number,
            output_uri=str(folder),
        )
        books.add(ingest_split(task).books)
    return books, [path.read_bytes() for path in sorted(folder.iterdir())]


def test_the_toy_source_is_ingested_with_balanced_books(toy: SourceSpec, tmp_path: Path) -> None:
    books, _ = ingest(toy, tmp_path / "out")
    books.check("the toy source")
    assert (books.records_in, books.kept, books.rejected, books.quarantined) == (4, 2, 1, 1)
    assert books.reasons == {"too_short": 1, "not_utf8": 1}
    documents = pq.read_table(tmp_path / "out" / "part-00000.parquet").to_pylist()
    assert [document["text"] for document in documents] == [
        "The first paragraph is long enough.",
        "The third one is long enough too.",
    ]
    assert len({document["doc_id"] for document in documents}) == 2


def test_the_toy_source_gives_the_same_bytes_again(toy: SourceSpec, tmp_path: Path) -> None:
    assert ingest(toy, tmp_path / "one") == ingest(toy, tmp_path / "two")


def test_the_toy_source_refuses_what_is_not_there(toy: SourceSpec, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no \.txt file"):
        plan_splits(toy.model_copy(update={"uri": str(tmp_path / "nowhere")}))
    with pytest.raises(ValueError, match="min_charz"):
        SourceSpec(name="toy", kind=MODULE, uri="x", options={"min_charz": 3})

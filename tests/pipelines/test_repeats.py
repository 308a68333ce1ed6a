"""The stage between dedup and tokenize: what it cuts, what it counts, and that it costs nothing where it is not asked."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixer.tokens import tokenizer
from pipelines.block_sets import read_block_set
from pipelines.context import Context, RetentionError
from pipelines.document import document_id
from pipelines.recipe import Recipe, parse_recipe
from pipelines.stages import STAGE_NAMES
from tests.pipelines.in_process import run, snapshot, write_jsonl

BANNER = "We use cookies to make this page better for all who read it, and for the lamps."
STORY = " ".join(f"The lamp number {number} was lit at the hour {number * 7 % 24}." for number in range(12))


def recipe(folder: Path, dedup: dict[str, Any], max_loss: float = 1.0) -> Recipe:
    return parse_recipe(
        {
            "name": "repeats",
            "sources": [
                {"name": "first", "kind": "jsonl", "uri": str(folder / "first.jsonl")},
                {"name": "second", "kind": "jsonl", "uri": str(folder / "second.jsonl")},
                {"name": "code", "kind": "jsonl_code", "uri": str(folder / "code.jsonl")},
            ],
            "dedup": {"near": False} | dedup,
            "phases": [{"name": "main", "budget_tokens": 200, "weights": {"first": 1, "second": 1, "code": 1}}],
            "sequence_length": 16,
            "max_epochs": 500,
            "retention": {"max_loss": max_loss, "min_documents": 1},
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "first.jsonl", [{"text": f"A page of its own.\n\n{BANNER}\n\n{STORY}\n"}])
    write_jsonl(
        tmp_path / "second.jsonl",
        [
            {"text": f"{BANNER}\n\n  \n"},
            {"text": f"Another page.\n\n{BANNER.replace(' ', '  ')}\n\nä{STORY}ö and its end"},
        ],
    )
    write_jsonl(tmp_path / "code.jsonl", [{"text": f"# {STORY}\n\n{BANNER}\n"}])
    return tmp_path


def tokenized(context: Context, source: str) -> list[str]:
    """The texts of a source's blocks."""
    blocks = read_block_set(context.lake, context.of("tokenize", source))
    rows = [
        row
        for block, folder in blocks.folders.items()
        for row in pq.read_table(f"{folder}/block-{block:06d}.parquet").to_pylist()
    ]
    encoder = tokenizer("cl100k_base")
    return sorted(encoder.decode(row["tokens"][:-1]) for row in rows)


def cuts(context: Context, source: str) -> list[dict[str, Any]]:
    uris = context.of("repeats", source).part_uris(context.lake, "cuts-")
    return [row for uri in uris for row in pq.read_table(uri).to_pylist()]


def test_lines_and_spans_are_cut_once_they_stood_in_a_source_before(folder: Path) -> None:
    context = run(recipe(folder, {"lines": {}, "substrings": {"min_bytes": 64}}), folder / "lake", "tokenize")
    assert tokenized(context, "first") == [f"A page of its own.\n\n{BANNER}\n\n{STORY}\n"]
    assert tokenized(context, "second") == ["Another page.\n\näö and its end"]
    assert context.of("repeats", "first").files == []
    assert {cut["kind"] for cut in cuts(context, "second")} == {"paragraph", "substring", "nothing_left"}


def test_the_books_tell_what_was_cut_and_which_documents_are_empty(folder: Path) -> None:
    context = run(recipe(folder, {"lines": {}, "substrings": {"min_bytes": 64}}), folder / "lake", "tokenize")
    manifest = context.of("repeats", "second")
    assert (manifest.books.records_in, manifest.books.kept, manifest.books.rejected) == (2, 1, 1)
    assert manifest.books.reasons == {"nothing_left": 1}
    assert manifest.measures["line_cuts"] == 2
    assert manifest.measures["substring_cuts"] == 1
    assert manifest.measures["substring_cut_bytes"] == len(STORY.encode())
    assert manifest.measures["documents_with_cuts"] == 2
    books = context.of("tokenize", "second").books
    assert (books.records_in, books.kept) == (1, 1)


def test_code_stays_whole_unless_it_is_asked_for(folder: Path) -> None:
    context = run(recipe(folder, {"lines": {}}), folder / "lake", "tokenize")
    assert "code" not in context.published["repeats"]
    assert tokenized(context, "code") == [f"# {STORY}\n\n{BANNER}\n"]
    context = run(recipe(folder, {"lines": {"code": True}}), folder / "lake", "tokenize")
    assert tokenized(context, "code") == [f"# {STORY}\n\n"]


def test_where_it_is_not_asked_for_it_does_nothing_and_blocks_are_those_of_a_recipe_without_it(folder: Path) -> None:
    without = run(recipe(folder, {}), folder / "lake", "tokenize")
    assert "repeats" not in without.published
    assert not (folder / "lake" / "stages" / "repeats").exists()
    assert "cuts" not in without.of("tokenize", "first").inputs
    with_lines = run(recipe(folder, {"lines": {}}), folder / "lake", "tokenize")
    assert with_lines.of("tokenize", "code").fingerprint == without.of("tokenize", "code").fingerprint


def test_marks_move_with_the_text_that_is_cut(folder: Path) -> None:
    import numpy as np

    from pipelines.document import DOCUMENT_SCHEMA, Document, to_table
    from pipelines.survivors import CUTS_SCHEMA, without_repeats

    documents = to_table(
        "s", [Document("untouched", "page"), Document("abcdef", "page", marks=[(1, "<a>"), (4, "<b>")])]
    )
    table = pa.Table.from_pylist([{"row": 9, "start_bytes": 2, "end_bytes": 4, "kind": "line"}], schema=CUTS_SCHEMA)
    cut = without_repeats(documents, np.array([5, 9]), table)
    assert cut.column("text").to_pylist() == ["untouched", "abef"]
    assert cut.column("marks").to_pylist()[1] == [{"at_bytes": 1, "token": "<a>"}, {"at_bytes": 2, "token": "<b>"}]
    assert cut.schema.field("marks") == DOCUMENT_SCHEMA.field("marks")


def test_losing_too_many_documents_stops_the_run_before_anything_is_published(folder: Path) -> None:
    with pytest.raises(RetentionError, match="nothing_left 1"):
        run(recipe(folder, {"lines": {}}, max_loss=0.2), folder / "lake", "tokenize")
    assert not list((folder / "lake" / "stages" / "repeats" / "second").rglob("manifest.json"))


def test_a_second_run_does_nothing_and_a_torn_one_ends_with_the_same_bytes(folder: Path) -> None:
    asked = recipe(folder, {"lines": {}, "substrings": {"min_bytes": 64}})
    context = run(asked, folder / "lake")
    whole = snapshot(folder / "lake")
    assert run(asked, folder / "lake").tasks_run == 0
    manifest = context.of("repeats", "second")
    stage = Path(context.lake.stage_uri("repeats", "second", manifest.fingerprint))
    (stage / "manifest.json").unlink()
    (stage / manifest.files[0].path).write_bytes(b"torn")
    assert run(asked, folder / "lake").tasks_run > 0
    assert snapshot(folder / "lake") == whole
    assert hashlib.sha256((stage / manifest.files[0].path).read_bytes()).hexdigest() == manifest.files[0].sha256


def test_it_stands_between_dedup_and_tokenize() -> None:
    at = STAGE_NAMES.index("repeats")
    assert STAGE_NAMES[at - 1 : at + 2] == ("dedup", "repeats", "tokenize")


def test_of_equal_lines_the_earliest_source_keeps_its_own_then_the_smallest_id(tmp_path: Path) -> None:
    from pipelines.document import Document

    texts = [f"{number}\n\n{BANNER}" for number in range(5)]
    write_jsonl(tmp_path / "first.jsonl", [{"text": "nothing of interest"}])
    write_jsonl(tmp_path / "second.jsonl", [{"text": text} for text in texts])
    write_jsonl(tmp_path / "code.jsonl", [{"text": "x"}])
    context = run(recipe(tmp_path, {"lines": {"copies": 2}}), tmp_path / "lake", "tokenize")
    by_id = sorted(texts, key=lambda text: document_id("second", Document(text, "page")))
    assert tokenized(context, "second") == sorted([*by_id[:2], *(text.replace(BANNER, "") for text in by_id[2:])])


def test_spark_writes_the_same_bytes_for_any_partitions(folder: Path, spark: Any) -> None:
    from unittest.mock import patch

    from pipelines.lake import Lake
    from pipelines.progress import Progress
    from pipelines.stages import run_stages
    from pipelines.steps import repeats

    asked = recipe(folder, {"lines": {}, "substrings": {"min_bytes": 64}})
    run(asked, folder / "in_process", "tokenize")
    for bucket_bytes in (1 << 20, 300):  # one bucket and partition, and several
        lake = folder / f"spark-{bucket_bytes}"
        context = Context(asked, Lake(str(lake)), lambda: spark, Progress(quiet=True))
        with patch.object(repeats, "BUCKET_BYTES", bucket_bytes):
            run_stages(context, "tokenize")
        for stage in ("repeats", "tokenize"):
            found = snapshot(lake / "stages" / stage)
            assert len(found) >= 3
            assert found == snapshot(folder / "in_process" / "stages" / stage)

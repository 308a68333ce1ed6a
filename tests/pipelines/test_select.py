import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from mixer import storage
from mixer.blocks import block_name, block_of, read_lengths
from mixer.order import document_order_hash
from pipelines.block_sets import block_set
from pipelines.context import Context, NotBuilt
from pipelines.document import Document, document_id
from pipelines.lake import Lake
from pipelines.recipe_keys.problems import RecipeError
from pipelines.removal.absence import StillThere, verify_absence
from pipelines.removal.tombstones import Tombstone, add_tombstone, remove_tombstone
from pipelines.stages import STAGE_NAMES
from pipelines.steps import select
from tests.pipelines.selectable_lake import (
    BLOCK_BITS,
    SALT,
    context_of,
    files,
    pages,
    publish,
    publish_both,
    selected,
    snapshot,
    tokens_of,
    write_mixture,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LAMPS = "repo = 'harbour/lamps'"


def no_spark() -> None:
    raise AssertionError("Spark was started for nothing")


@pytest.fixture
def make(tmp_path: Path, spark: "SparkSession") -> Callable[..., Context]:
    """A context over a fresh lake with both sources published; keyword arguments are those of `context_of`."""

    def make(name: str = "lake", parts: int = 2, **options: Any) -> Context:
        context = context_of(Lake(str(tmp_path / name)), lambda: spark, **options)
        publish_both(context, parts)
        return context

    return make


def ids_in(context: Context, name: str) -> set[str]:
    """Documents in the blocks of a source or tier; checks that their tokens and counts are what tokenize wrote."""
    blocks = block_set(context, name)
    found: set[str] = set()
    for block, folder in blocks.folders.items():
        table = pq.read_table(f"{folder}/{block_name(block)}")
        rows = table.to_pylist()
        assert [row["tokens"] for row in rows] == [tokens_of(row["doc_id"]) for row in rows]
        assert [row["order_hash"] for row in rows] == sorted(document_order_hash(SALT, row["doc_id"]) for row in rows)
        assert len(rows) == blocks.documents[block]
        assert sum(row["n_tokens"] for row in rows) == blocks.tokens[block]
        found |= {row["doc_id"] for row in rows}
    assert len(found) == sum(blocks.documents.values())
    return found


def ids_of(source: str, documents: list[Any]) -> list[str]:
    return [document_id(source, document) for document in documents]


LAMP_IDS = ids_of("files", files()[:3])


def test_select_stands_between_tokenize_and_plan() -> None:
    assert STAGE_NAMES.index("select") == STAGE_NAMES.index("tokenize") + 1 == STAGE_NAMES.index("plan") - 1


def test_nothing_asked_is_no_unit_and_no_spark(tmp_path: Path) -> None:
    context = context_of(Lake(str(tmp_path)), no_spark)
    ids = publish_both(context)
    select.run(context)
    assert "select" not in context.published
    assert ids_in(context, "pages") == set(ids["pages"])


def test_forgetting_rewrites_only_the_blocks_that_held_the_documents(make: Callable[..., Context]) -> None:
    context = make()
    lake = context.lake
    before = snapshot(Path(lake.uri))
    blocks_before = block_set(context, "files").folders
    add_tombstone(lake, Tombstone(match=LAMPS))
    select.run(context)
    after = snapshot(Path(lake.uri))
    assert {name: after[name] for name in before} == before  # ingest, annotate, dedup, tokenize: every byte
    new = {name for name in after if name not in before and not name.startswith("tombstones/")}
    assert all(name.startswith("stages/select/") for name in new)

    touched = {block_of(document_order_hash(SALT, doc_id), BLOCK_BITS) for doc_id in LAMP_IDS}
    assert 0 < len(touched) < len(blocks_before)
    written = {name.rsplit("/", 1)[1] for name in new if "/block-" in name}
    blocks_after = block_set(context, "files").folders
    assert written == {block_name(block) for block in touched & set(blocks_after)}
    for block, folder in blocks_after.items():
        assert (folder == blocks_before[block]) == (block not in touched)
    assert ids_in(context, "files") == set(ids_of("files", files())) - set(LAMP_IDS)
    tokenized = lake.stage_uri("tokenize", "pages", context.of("tokenize", "pages").fingerprint)
    assert set(block_set(context, "pages").folders.values()) == {tokenized}
    assert ids_in(context, "pages") == set(ids_of("pages", pages()))

    books = context.of("select", "files").books
    assert (books.records_in, books.kept, books.rejected, books.reasons) == (30, 27, 3, {"forgotten": 3})
    counts = select.forgotten_counts(context)
    assert [(row["match"], row["documents"]) for row in counts] == [(LAMPS, {"pages": 0, "files": 3})]


def test_the_second_run_does_nothing(make: Callable[..., Context]) -> None:
    context = make(where="n_words > 100")
    add_tombstone(context.lake, Tombstone(match=LAMPS))
    first = selected(context).published["select"]
    tasks = context.tasks_run
    assert tasks == 4
    again = context_of(context.lake, no_spark, where="n_words > 100")
    again.published = {stage: found for stage, found in context.published.items() if stage != "select"}
    assert selected(again).published["select"] == first
    again.read_only = True
    add_tombstone(context.lake, Tombstone(match="url = 'x'"))
    again.published.pop("select")
    with pytest.raises(NotBuilt, match="select"):
        select.run(again)


def test_tiers_hold_exactly_the_documents_that_pass(make: Callable[..., Context]) -> None:
    """And the source its own condition, whatever the tiers; losing most of it stops nothing."""
    tiers = {
        "long": "n_words > 100",
        "short": "NOT n_words > 100",
        "one_site": "url LIKE 'https://one.example/%' AND date >= '2022-01-01'",
        "none": "n_words > 1000000",
        "all": "true",
    }
    context = selected(make(where="n_chars < 300", **tiers))
    texts = dict(zip(ids_of("pages", pages()), pages(), strict=True))
    words = {doc_id: len(page.text.split()) for doc_id, page in texts.items()}
    assert ids_in(context, "pages") == {doc_id for doc_id, page in texts.items() if len(page.text) < 300}
    assert ids_in(context, "long") == {doc_id for doc_id, n_words in words.items() if n_words > 100}
    assert ids_in(context, "short") == set(texts) - ids_in(context, "long")
    assert ids_in(context, "one_site") == {
        doc_id for doc_id, page in texts.items() if "one." in (page.url or "") and page.date and page.date.year >= 2022
    }
    assert ids_in(context, "none") == set()
    assert context.of("select", "none").books.reasons == {"where": 40}
    assert context.of("select", "none").measures["tokens"] == 0
    assert ids_in(context, "all") == set(texts)
    tokenized = context.lake.stage_uri("tokenize", "pages", context.of("tokenize", "pages").fingerprint)
    assert set(block_set(context, "all").folders.values()) == {tokenized}  # nothing was copied
    assert "files" not in context.published["select"]


def test_everything_forgotten_leaves_empty_sources(make: Callable[..., Context]) -> None:
    context = make(long="n_words > 100")
    add_tombstone(context.lake, Tombstone(match="doc_id IS NOT NULL"))
    select.run(context)
    for name in ("pages", "files", "long"):
        assert ids_in(context, name) == set()
    books = context.of("select", "long").books
    n_long = sum(len(page.text.split()) > 100 for page in pages())
    assert (books.rejected, books.reasons) == (40, {"forgotten": 40, "where": 40 - n_long})


@pytest.mark.slow
def test_other_parts_and_partitions_give_the_same_bytes(make: Callable[..., Context], spark: "SparkSession") -> None:
    found = []
    for parts, adaptive in ((1, "true"), (5, "false")):
        context = make(f"lake{parts}", parts=parts, where="n_words > 50", long="n_words > 100")
        add_tombstone(context.lake, Tombstone(ids=tuple(sorted(ids_of("pages", pages()[30:33])))))
        was = spark.conf.get("spark.sql.adaptive.enabled")
        spark.conf.set("spark.sql.adaptive.enabled", adaptive)
        try:
            select.run(context)
        finally:
            spark.conf.set("spark.sql.adaptive.enabled", was)
        found.append(
            {
                (name, file.path): file.sha256
                for name, manifest in context.published["select"].items()
                for file in manifest.files
                if file.path.startswith("block-")
            }
        )
        assert not set(ids_of("pages", pages()[30:33])) & (ids_in(context, "pages") | ids_in(context, "long"))
    assert found[0] == found[1]
    assert found[0]


def test_forgetting_what_was_no_survivor_rewrites_nothing(make: Callable[..., Context]) -> None:
    context = make()
    publish(context, "files", files(), removed={0: ids_of("pages", pages())[0]})
    add_tombstone(context.lake, Tombstone(ids=(LAMP_IDS[0],)))
    select.run(context)
    manifest = context.of("select", "files")
    assert [file.path for file in manifest.files] == ["index.parquet"]
    assert (manifest.books.records_in, manifest.books.rejected, manifest.books.reasons) == (29, 0, {})
    assert ids_in(context, "files") == set(ids_of("files", files())) - {LAMP_IDS[0]}


def test_documents_that_come_in_later_stay_out_too(make: Callable[..., Context]) -> None:
    context = selected(make())
    add_tombstone(context.lake, Tombstone(match=LAMPS))
    more = [*files(), Document("print('new')\n", "file", repository="harbour/lamps", path="new.py")]
    publish(context, "files", more)
    select.run(context)
    assert ids_in(context, "files") == set(ids_of("files", files()[3:]))
    assert context.of("select", "files").books.reasons == {"forgotten": 4}


def test_a_tombstone_taken_back_gives_the_blocks_of_before(make: Callable[..., Context]) -> None:
    context = make()
    before = block_set(context, "files")
    tombstone = Tombstone(match=LAMPS)
    add_tombstone(context.lake, tombstone)
    select.run(context)
    assert block_set(context, "files").content != before.content
    remove_tombstone(context.lake, tombstone.digest)
    again = context_of(context.lake, no_spark)
    again.published = {stage: found for stage, found in context.published.items() if stage != "select"}
    select.run(again)
    assert block_set(again, "files") == before


def test_a_document_that_two_tombstones_forget_is_rejected_once(make: Callable[..., Context]) -> None:
    context = make(where="n_chars > 0")
    add_tombstone(context.lake, Tombstone(match=LAMPS))
    add_tombstone(context.lake, Tombstone(match="path = 'lamp0.py'"))
    select.run(context)
    assert context.of("select", "files").books.reasons == {"forgotten": 3}
    assert sorted(row["documents"]["files"] for row in select.forgotten_counts(context)) == [1, 3]


def test_a_condition_that_cannot_be_used_is_refused_before_any_work(tmp_path: Path) -> None:
    context = context_of(Lake(str(tmp_path)), no_spark, long="n_wrods > 3")
    publish_both(context)
    with pytest.raises(RecipeError, match=r"tier 'long': where: .*did you mean 'n_words'"):
        select.run(context)


def test_absence_is_proven_and_presence_is_named(make: Callable[..., Context]) -> None:
    context = make(long="n_words > 100")
    before = write_mixture(selected(context))
    assert verify_absence(before) == 0  # nothing is to be forgotten
    tombstone = Tombstone(match=LAMPS, ids=tuple(ids_of("pages", pages()[-1:])))
    add_tombstone(context.lake, tombstone)
    with pytest.raises(StillThere, match="Build the mixture again") as error:
        verify_absence(before)
    assert ids_of("pages", pages()[-1:])[0] in str(error.value)
    after = write_mixture(selected(context))
    kept = {name: len(ids_in(context, name)) for name in ("pages", "files", "long")}
    assert kept["pages"] == 39
    assert kept["files"] == 27
    assert verify_absence(after) == sum(kept.values())


def test_absence_is_not_taken_from_what_select_says(make: Callable[..., Context]) -> None:
    """A block with a forgotten document, put where select's should be, is found."""
    context = make()
    add_tombstone(context.lake, Tombstone(match=LAMPS))
    mixture = write_mixture(selected(context))
    manifest = context.of("select", "files")
    folder = Path(context.lake.stage_uri("select", "files", manifest.fingerprint))
    block = next(folder.glob("block-*.parquet"))
    tokenized = context.of("tokenize", "files")
    shutil.copy(Path(context.lake.stage_uri("tokenize", "files", tokenized.fingerprint)) / block.name, block)
    with pytest.raises(StillThere, match="files"):
        verify_absence(mixture)


def test_a_damaged_part_is_named(make: Callable[..., Context]) -> None:
    context = make()
    annotated = context.of("annotate", "files")
    ingested = context.of("ingest", "files")
    for stage, manifest, number in (("annotate", annotated, 1), ("ingest", ingested, 0)):
        folder = context.lake.stage_uri(stage, "files", manifest.fingerprint)
        table = storage.read_table(f"{folder}/part-0000{number}.parquet")
        storage.write_parquet(f"{folder}/part-00000.parquet", table.schema, [table.slice(number)])
    task = {
        "documents_uri": ingested.part_uris(context.lake, "part-")[0],
        "annotated_uri": annotated.part_uris(context.lake, "part-")[0],
        "lake_uri": context.lake.uri,
        "tombstones": [],
        "where": {"files": LAMPS},
        "salt": SALT,
        "block_bits": BLOCK_BITS,
    }
    with pytest.raises(storage.DamagedFile, match="rows"):
        list(select.dropped_of_part(task))


def test_what_preview_foresees_is_what_select_writes(make: Callable[..., Context]) -> None:
    """Conditions and tombstones that no build has seen yet, worked out from ids and signals without Spark."""
    context = make(where="n_words > 20", long="n_words > 40")
    add_tombstone(context.lake, Tombstone(match=LAMPS))
    start_spark, context.start_spark = context.start_spark, no_spark
    select.foresee(context)
    foreseen = {name: block_set(context, name) for name in ("pages", "files", "long")}
    context.foreseen.clear()
    context.start_spark = start_spark
    select.run(context)
    for name, blocks in foreseen.items():
        written = block_set(context, name)
        assert blocks.documents == written.documents
        assert blocks.tokens == written.tokens
        for block, folder in written.folders.items():
            assert blocks.lengths[block].tolist() == read_lengths(f"{folder}/{block_name(block)}").tolist()
    assert sum(foreseen["files"].documents.values()) < len(files())

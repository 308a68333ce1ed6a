"""What-if says what a build of the changed recipe would count."""

from pathlib import Path

import pytest

from mixer import storage
from pipelines.context import NotBuilt
from pipelines.estimates.choice import estimate_sources
from pipelines.estimates.plans import estimated_plan
from pipelines.estimates.published import published_so_far
from pipelines.estimates.stored_parts import stored_parts
from pipelines.estimates.tables import reasons_table, what_if_table
from pipelines.estimates.what_if import WhatIf, what_if
from pipelines.recipe import Recipe
from pipelines.steps import annotate, deduplicate, ingest, tokenize_blocks
from tests.pipelines.estimates.lakes import build, new_context, recipe_of, write_input


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path]:
    """Two tokenized sources."""
    folder = tmp_path_factory.mktemp("lake")
    for name in ("one", "second"):
        write_input(folder, name, files=2, documents=150)
    recipe = recipe_of(folder, ["one", "second"])
    build(recipe, folder)
    return recipe, folder


def asked(lake: tuple[Recipe, Path], *changes: str) -> WhatIf:
    recipe, folder = lake
    return what_if(recipe, new_context(recipe, folder), changes)


def rebuilt(result: WhatIf, folder: Path) -> dict[str, tuple[int, int]]:
    """Documents and tokens of each source when the changed recipe is built."""
    build(result.recipe, folder)
    estimates = estimate_sources(new_context(result.recipe, folder))
    assert {estimate.how for estimate in estimates} == {"exact"}
    return {estimate.source: (estimate.documents, estimate.tokens) for estimate in estimates}


def test_a_stricter_rule_counts_exactly_what_a_build_counts(lake: tuple[Recipe, Path], tmp_path: Path) -> None:
    result = asked(lake, "quality.gopher.min_words=60")
    truth = rebuilt(result, tmp_path)
    for source in result.sources:
        before, after = source.before.estimate, source.after.estimate
        assert before.how == "exact"
        assert after.documents < before.documents
        assert (after.documents, after.tokens) == truth[source.source]
        assert after.low_tokens == after.tokens == after.high_tokens
        assert after.complete
        (reason,) = source.changed_reasons
        assert reason == "gopher_quality.too_few_words"
        assert source.changed_reasons[reason][0] < source.changed_reasons[reason][1]
    assert result.estimates == [source.after.estimate for source in result.sources]
    assert any("dedup was not run again" in note for note in result.notes)


def test_documents_that_a_looser_rule_keeps_are_added_and_count_as_unique(
    lake: tuple[Recipe, Path], tmp_path: Path
) -> None:
    result = asked(lake, "sources.second.gopher.min_words=6")
    truth = rebuilt(result, tmp_path)
    one, second = result.sources
    assert one.before == one.after
    assert one.after.estimate.how == "exact"
    assert second.after.estimate.how == "stored"
    assert second.after.estimate.documents > second.before.estimate.documents
    assert 0 <= second.after.estimate.documents - truth["second"][0] <= 2  # the duplicates
    assert second.after.estimate.tokens >= truth["second"][1]
    assert second.after.estimate.complete  # so few were added that all were read


def test_both_ways_at_once(lake: tuple[Recipe, Path], tmp_path: Path) -> None:
    result = asked(lake, "rules.gopher.min_words=6", "rules.length.max_bytes=400")
    truth = rebuilt(result, tmp_path)
    for source in result.sources:
        assert 0 <= source.after.estimate.documents - truth[source.source][0] <= 2
        assert source.after.text_bytes < source.before.text_bytes
        assert len(source.changed_reasons) == 2


@pytest.mark.parametrize("until", [annotate.NAME, deduplicate.NAME])
def test_without_blocks_the_interval_holds_what_a_build_counts(until: str, tmp_path: Path) -> None:
    write_input(tmp_path, "pages", files=3, documents=400)
    recipe = recipe_of(tmp_path, ["pages"])
    build(recipe, tmp_path, until)
    result = what_if(recipe, new_context(recipe, tmp_path), ["rules.gopher.min_words=40"])
    (documents, tokens) = rebuilt(result, tmp_path / "changed")["pages"]
    (source,) = result.sources
    estimate = source.after.estimate
    assert estimate.how == "stored"
    assert estimate.before_dedup is (until == annotate.NAME)
    assert estimate.low_tokens is not None
    assert estimate.high_tokens is not None
    assert estimate.low_tokens <= tokens <= estimate.high_tokens
    assert (estimate.documents == documents) is (until == deduplicate.NAME)
    (preview,) = estimate_sources(new_context(recipe, tmp_path))
    assert source.before.estimate == preview


def test_bytes_and_reasons_are_those_of_the_stored_documents(lake: tuple[Recipe, Path]) -> None:
    recipe, folder = lake
    result = asked(lake, "rules.gopher.min_words=60")
    found = published_so_far(new_context(recipe, folder))
    for source in result.sources:
        books = found.of("decide", source.source).books
        assert source.before.reasons == books.reasons
        kept = set()
        for uri in found.of(tokenize_blocks.NAME, source.source).part_uris(found.lake, "block-"):
            kept |= set(storage.read_table(uri, ["doc_id"]).column("doc_id").to_pylist())
        text_bytes = 0
        for part in stored_parts(found, source.source):
            table = storage.read_table(part.documents_uri, ["doc_id", "text"])
            for doc_id, text in zip(table.column("doc_id").to_pylist(), table.column("text").to_pylist(), strict=True):
                text_bytes += len(text.encode()) if doc_id in kept else 0
                kept.discard(doc_id)  # a duplicate has the same id
        assert source.before.text_bytes == text_bytes


def test_no_change_changes_nothing(lake: tuple[Recipe, Path]) -> None:
    result = asked(lake, "rules.gopher.min_words=20")
    assert all(source.before == source.after for source in result.sources)
    assert reasons_table(result).row_count == 0


def test_the_changed_recipe_has_a_plan_and_tables(lake: tuple[Recipe, Path]) -> None:
    result = asked(lake, "rules.gopher.min_words=60")
    plan = estimated_plan(result.recipe, result.estimates)
    assert [total.available_tokens for total in plan.sources] == [estimate.tokens for estimate in result.estimates]
    assert what_if_table(result).row_count == 2
    assert reasons_table(result).row_count == 2


def test_a_change_that_does_not_reach_a_source_is_noted(tmp_path: Path) -> None:
    write_input(tmp_path, "pages", files=1, documents=30)
    sources = [
        {"name": "pages", "kind": "jsonl", "uri": str(tmp_path / "pages"), "rules": [{"length": {"min_chars": 9}}]}
    ]
    recipe = recipe_of(tmp_path, ["pages"], sources=sources)
    build(recipe, tmp_path, annotate.NAME)
    result = what_if(recipe, new_context(recipe, tmp_path), ["rules.length.min_chars=900"])
    assert result.sources[0].before == result.sources[0].after
    assert "write sources.pages.length.min_chars=" in result.notes[0]


def test_without_signals_it_says_what_to_run(tmp_path: Path) -> None:
    write_input(tmp_path, "pages", files=1, documents=5)
    recipe = recipe_of(tmp_path, ["pages"])
    build(recipe, tmp_path, ingest.NAME)
    with pytest.raises(NotBuilt, match=r"not built for pages in .*: run `mixdown build --until annotate`"):
        what_if(recipe, new_context(recipe, tmp_path), ["rules.gopher.min_words=60"])

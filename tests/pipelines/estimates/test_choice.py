"""Each source gets the best estimate that is possible, and its interval holds what a build counts."""

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mixer import storage
from pipelines.block_sets import INDEX_FILE, INDEX_SCHEMA
from pipelines.context import Context, Unit
from pipelines.estimates.choice import estimate_sources
from pipelines.estimates.plans import estimated_plan
from pipelines.estimates.published import published_so_far
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.splits import sample_sources
from pipelines.estimates.tables import estimate_notes, estimates_table, interval_text
from pipelines.lake import Lake, PartFile
from pipelines.progress import Progress
from pipelines.recipe_keys.problems import RecipeError
from pipelines.steps import annotate, decide, deduplicate, ingest, tokenize_blocks
from tests.pipelines.estimates.lakes import (
    STEPS,
    InProcess,
    build,
    exact_tokens,
    new_context,
    no_spark,
    recipe_of,
    write_input,
)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    for name in ("one", "second"):
        write_input(folder, name)
    return folder


@pytest.fixture(scope="module")
def truth(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SourceEstimate]:
    """What a whole build counts."""
    folder = tmp_path_factory.mktemp("whole")
    recipe = recipe_of(inputs, ["one", "second"])
    build(recipe, folder)
    found = published_so_far(new_context(recipe, folder))
    estimates = {estimate.source: estimate for estimate in estimate_sources(new_context(recipe, folder))}
    for name, estimate in estimates.items():
        assert estimate.how == "exact"
        assert estimate.complete
        assert estimate.tokens == estimate.low_tokens == estimate.high_tokens == exact_tokens(found, name)
    return estimates


@pytest.mark.parametrize("until", [step.NAME for step in (ingest, annotate, decide, deduplicate)])
def test_a_stored_estimates_interval_holds_the_exact_number(
    until: str, inputs: Path, truth: dict[str, SourceEstimate], tmp_path: Path
) -> None:
    recipe = recipe_of(inputs, ["one", "second"])
    build(recipe, tmp_path, until)
    for estimate in estimate_sources(new_context(recipe, tmp_path)):
        exact = truth[estimate.source]
        assert estimate.how == "stored"
        assert not estimate.complete
        assert estimate.before_dedup is (until != deduplicate.NAME)
        assert estimate.low_tokens is not None
        assert estimate.high_tokens is not None
        assert estimate.low_tokens <= exact.tokens <= estimate.high_tokens
        assert estimate.relative_error is not None
        assert estimate.relative_error < 0.15
        if until == deduplicate.NAME:
            assert estimate.documents == exact.documents
        elif until != ingest.NAME:
            assert estimate.documents > exact.documents  # by the duplicates


def test_a_sample_of_everything_is_the_exact_number(tmp_path: Path) -> None:
    write_input(tmp_path, "few", files=2, documents=40)
    recipe = recipe_of(tmp_path, ["few"])
    build(recipe, tmp_path)
    (exact,) = estimate_sources(new_context(recipe, tmp_path))
    for until in (ingest, annotate, decide, deduplicate):
        folder = tmp_path / until.NAME
        build(recipe, folder, until.NAME)
        (estimate,) = estimate_sources(new_context(recipe, folder))
        assert estimate.complete
        assert estimate.low_tokens == estimate.tokens == estimate.high_tokens
        assert (estimate.tokens == exact.tokens) is (until is deduplicate)
        assert estimate.documents == exact.documents + (0 if until is deduplicate else 2)


def test_an_estimate_is_the_same_each_time(inputs: Path, tmp_path: Path) -> None:
    recipe = recipe_of(inputs, ["one"])
    build(recipe, tmp_path, decide.NAME)
    first, second = (estimate_sources(new_context(recipe, tmp_path)) for _ in range(2))
    assert first == second
    (other,) = estimate_sources(new_context(recipe.model_copy(update={"seed": 1}), tmp_path))
    assert other != first[0]


def test_each_source_gets_its_own_kind_of_estimate(
    inputs: Path, truth: dict[str, SourceEstimate], tmp_path: Path
) -> None:
    """Tokenized for one source alone; then a third that nothing is known of joins, and dedup does not hold."""
    recipe = recipe_of(inputs, ["one", "second"])
    build(recipe, tmp_path, tokenize_blocks.NAME, only=["second"])
    context = new_context(recipe, tmp_path)
    one, second = estimate_sources(context)
    assert (one.how, second.how) == ("stored", "exact")
    assert not one.before_dedup
    assert second == truth["second"]
    assert context.published == {}
    assert not context.read_only

    write_input(tmp_path, "third", files=1, documents=20)
    (inputs / "third").symlink_to(tmp_path / "third")
    wider = recipe_of(inputs, ["one", "third", "second"])
    assert [(e.source, e.how) for e in estimate_sources(new_context(wider, tmp_path))] == [
        ("one", "stored"),
        ("third", "sampled"),
        ("second", "stored"),
    ]


def test_a_source_without_input_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="finds no input"):
        estimate_sources(new_context(recipe_of(tmp_path, ["nowhere"]), tmp_path))


def test_splits_read_whole_give_an_interval_and_all_of_them_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_input(tmp_path, "pages", files=12, documents=60)
    recipe = recipe_of(tmp_path, ["pages"])
    (everything,) = estimate_sources(new_context(recipe, tmp_path))
    assert everything.how == "sampled"
    assert everything.complete
    assert everything == sample_sources(recipe)[0]
    monkeypatch.setattr("pipelines.estimates.splits.SAMPLE_TEXT_BYTES", 1)
    (estimate,) = estimate_sources(new_context(recipe, tmp_path))
    assert not estimate.complete
    assert estimate.low_tokens is not None
    assert estimate.high_tokens is not None
    assert 0 < estimate.low_tokens < estimate.tokens < estimate.high_tokens
    assert estimate.low_tokens <= everything.tokens <= estimate.high_tokens
    (single,) = sample_sources(recipe)  # one split whole: an estimate, but nothing to tell how sure it is
    assert single.tokens > 0
    assert single.low_tokens is None


def test_a_part_of_one_split_gives_no_interval_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_input(tmp_path, "pages", files=1, documents=60)
    recipe = recipe_of(tmp_path, ["pages"])
    monkeypatch.setattr("pipelines.estimates.splits.SAMPLE_SECONDS", 1e-9)
    (estimate,) = estimate_sources(new_context(recipe, tmp_path))
    assert (estimate.low_tokens, estimate.high_tokens, estimate.complete) == (None, None, False)
    assert interval_text(estimate) == "none: too little was read"
    assert any("there may be far more" in note for note in estimate_notes([estimate]))


def test_the_table_has_a_line_a_source() -> None:
    estimates = [
        SourceEstimate("one", 10, 1000, 900, 1100, "stored"),
        SourceEstimate("two", 10, 1000, 1000, 1000, "exact", complete=True, before_dedup=False),
    ]
    table = estimates_table(estimates)
    assert table.row_count == 2
    assert list(table.columns[-1].cells) == ["900 to 1,100 (± 10.0%)", "all were counted"]
    assert estimate_notes(estimates[1:]) == []
    assert "one: counted before dedup" in estimate_notes(estimates)[-1]


def test_a_plan_over_estimates(inputs: Path, tmp_path: Path) -> None:
    recipe = recipe_of(inputs, ["one", "second"])
    build(recipe, tmp_path, annotate.NAME)
    estimates = estimate_sources(new_context(recipe, tmp_path))
    plan = estimated_plan(recipe, estimates)
    assert [source.available_tokens for source in plan.sources] == [estimate.tokens for estimate in estimates]


def test_ten_million_tokenized_documents_take_no_time(tmp_path: Path) -> None:
    """Six sources whose manifests say so; the only file of each is its index, so nothing else can be read."""
    names = [f"source{number}" for number in range(6)]
    for name in names:
        write_input(tmp_path, name, files=1, documents=1)
    recipe = recipe_of(tmp_path, names)
    publisher = IndexOnly(recipe, Lake(str(tmp_path / "lake")), no_spark, Progress(quiet=True))
    for step in STEPS:
        step.run(publisher)
    started = time.monotonic()
    estimates = estimate_sources(new_context(recipe, tmp_path))
    assert time.monotonic() - started < 2
    assert sum(estimate.documents for estimate in estimates) == 10_002_432
    assert {estimate.how for estimate in estimates} == {"exact"}


class IndexOnly(InProcess):
    """Publishes every stage's units without their work; of a tokenized source, an index of 1024 blocks."""

    def find(self, units: Any) -> list[Unit]:
        for unit in Context.find(self, units):
            manifest = unit.manifest([])
            manifest.measures = {"text_bytes": 1e10}
            if unit.stage == tokenize_blocks.NAME:
                index = [{"block": block, "documents": 1628, "tokens": 1_000_000} for block in range(1024)]
                uri = f"{self.lake.stage_uri(unit.stage, unit.source, unit.fingerprint)}/{INDEX_FILE}"
                file = storage.write_parquet(uri, INDEX_SCHEMA, [pa.Table.from_pylist(index, schema=INDEX_SCHEMA)])
                manifest.files = [PartFile(**file._asdict())]
            self.published.setdefault(unit.stage, {})[unit.source] = self.lake.publish(manifest)
        return []

"""Held-out documents: never trained on, the same for every ratio, gone when they are forgotten."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixer.blocks import block_name
from mixer.held_out import held_out_from
from mixer.manifest import MixtureManifest
from mixer.order import document_order_hash
from mixer.tokens import tokenizer
from pipelines.block_sets import block_set
from pipelines.context import Context
from pipelines.diffing.absence import why_absent
from pipelines.diffing.document_ids import ids_of
from pipelines.diffing.trained import trained_source
from pipelines.explaining.trail import explain_document
from pipelines.lake import Lake
from pipelines.mixture import open_mixture
from pipelines.recipe import Recipe, parse_recipe
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.validation import ValidationSpec
from pipelines.removal.absence import StillThere, verify_absence
from pipelines.removal.tombstones import Tombstone, add_tombstone
from pipelines.steps import select
from pipelines.steps.mix import published_mixture
from tests.pipelines import selectable_lake
from tests.pipelines.in_process import InProcess, run, snapshot, write_jsonl

SHARE = 0.25
LENGTH = 32
SOURCES = ("web", "code")


def recipe_of(folder: Path, **keys: Any) -> Recipe:
    content: dict[str, Any] = {
        "name": "small",
        "sources": [
            {"name": "web", "kind": "jsonl", "uri": str(folder / "web.jsonl"), "where": keys.pop("where", None)},
            {"name": "code", "kind": "jsonl_code", "uri": str(folder / "code.jsonl"), "fim": keys.pop("fim", None)},
        ],
        "phases": [{"name": "main", "budget_tokens": 1200, "weights": keys.pop("weights", {"web": 0.5, "code": 0.5})}],
        "sequence_length": LENGTH,
        "max_epochs": 50,
        "retention": {"max_loss": 1.0},
        "validation": {"share": SHARE},
    }
    return parse_recipe(content | keys)


def write_inputs(folder: Path, documents: int = 40) -> Path:
    write_jsonl(
        folder / "web.jsonl",
        [
            {"text": f"Page {n}: the lamp burns. " * (1 + n % 5), "url": f"http://one.example/{n}"}
            for n in range(documents)
        ],
    )
    write_jsonl(
        folder / "code.jsonl",
        [{"text": f"def lamp_{n}() -> int:\n    return {n}  # wick 灯\n" * (1 + n % 3)} for n in range(documents)],
    )
    return folder


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def built(inputs: Path) -> Context:
    return run(recipe_of(inputs), inputs / "lake")


def ids_in(uris: list[str]) -> set[str]:
    return {doc_id for uri in uris for doc_id in pq.read_table(uri).column("doc_id").to_pylist()}


def block_uris(context: Context, name: str) -> list[str]:
    return [f"{folder}/block-{block:06d}.parquet" for block, folder in block_set(context, name).folders.items()]


def tokenized(context: Context, source: str) -> set[str]:
    return ids_in(context.of("tokenize", source).part_uris(context.lake, "block-"))


def validation_texts(folder: str | Path, source: str) -> list[str]:
    """The documents of a validation file, as text; parts of one that was cut are told apart."""
    encoder = tokenizer("cl100k_base")
    texts = []
    for row in pq.read_table(f"{folder}/validation-{source}.parquet").to_pylist():
        starts = row["doc_starts"]
        for start, end in zip(starts[1::2], [*starts[2::2], row["n_tokens"]], strict=True):
            texts.append(encoder.decode(row["input_ids"][start:end]))
    return texts


def files_of(manifest: MixtureManifest) -> dict[str, str]:
    return {file.source: file.sha256 for file in manifest.validation}


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 40), st.sampled_from([0.02, 0.1, 0.3, 0.5]), st.one_of(st.none(), st.integers(40, 100)))
def test_documents_are_trained_on_or_held_out_and_never_both(
    tmp_path_factory: pytest.TempPathFactory, documents: int, share: float, most: int | None
) -> None:
    folder = write_inputs(tmp_path_factory.mktemp("parted"), documents)
    where = f"n_chars < {most}" if most is not None else None
    spec = recipe_of(folder, validation={"share": share}, where=where)
    context = run(spec, folder / "lake", "select")
    plain = run(recipe_of(folder, validation=None, where=where), folder / "plain", "select")
    for source in SOURCES:
        trained, held_out = ids_in(block_uris(context, source)), ids_in(list(block_set(context, source).held_out))
        assert not trained & held_out
        assert trained | held_out == ids_in(block_uris(plain, source))
        first = held_out_from(share)
        assert all(document_order_hash(spec.salt, doc_id) < first for doc_id in trained)
        assert all(document_order_hash(spec.salt, doc_id) >= first for doc_id in held_out)
        books = context.of("select", source).books
        assert books.kept == len(trained)
        assert books.reasons.get("held_out", 0) == len(
            [d for d in tokenized(context, source) if document_order_hash(spec.salt, d) >= first]
        )


@pytest.mark.parametrize(
    ("share", "whole", "boundary"), [(0.25, {6, 7}, set()), (0.3, {6, 7}, {5}), (0.01, set(), {7})]
)
def test_only_the_last_blocks_are_touched(tmp_path: Path, share: float, whole: set[int], boundary: set[int]) -> None:
    """Of eight blocks those wholly in the share are left out, at most one is rewritten, others are not even read."""
    context = selectable_lake.context_of(Lake(str(tmp_path)), InProcess)
    context.recipe = context.recipe.model_copy(update={"validation": ValidationSpec(share=share)})
    selectable_lake.publish_both(context)
    before = {name: block_set(context, name) for name in ("pages", "files")}
    select.run(context)
    for name, old in before.items():
        new = block_set(context, name)
        assert old.folders.keys() - new.folders.keys() <= whole | boundary
        assert not whole & new.folders.keys()
        assert {block for block in new.folders if new.folders[block] != old.folders[block]} <= boundary
        assert {int(uri[-14:-8]) for uri in new.held_out} <= whole | boundary
        held_out = ids_in(list(new.held_out))
        first = held_out_from(share)
        ids = ids_in([f"{folder}/{block_name(block)}" for block, folder in old.folders.items()])
        assert held_out == {doc_id for doc_id in ids if document_order_hash("mixdown", doc_id) >= first}
    assert context.tasks_run == sum(block in whole | boundary for old in before.values() for block in old.folders)


def test_the_manifest_says_what_the_files_hold(built: Context) -> None:
    manifest = published_mixture(built)
    assert [file.source for file in manifest.validation] == list(SOURCES)
    for file in manifest.validation:
        data = Path(built.mixture_uri, file.path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
        table = pq.read_table(f"{built.mixture_uri}/{file.path}")
        assert (table.num_rows, sum(table.column("n_bytes").to_pylist())) == (file.rows, file.text_bytes)
        texts = validation_texts(built.mixture_uri, file.source)
        assert sum(len(text.encode()) for text in texts) == file.text_bytes
        assert file.documents == len(ids_in(list(block_set(built, file.source).held_out)))


def test_held_out_texts_are_in_no_shard(built: Context, inputs: Path) -> None:
    """And every document of the input is in one of the two."""
    encoder = tokenizer("cl100k_base")
    trained = "".join(
        encoder.decode(ids)
        for path in sorted(Path(built.mixture_uri).glob("shard-*.parquet"))
        for ids in pq.read_table(path).column("input_ids").to_pylist()
    )
    texts = {source: validation_texts(built.mixture_uri, source) for source in SOURCES}
    assert all(text.split(":")[0] + ":" not in trained for text in texts["web"] if text.startswith("Page"))
    assert all(text.split("(")[0] + "(" not in trained for text in texts["code"] if text.startswith("def"))


def test_validation_is_the_same_for_every_ratio_seed_budget_and_packing(inputs: Path, built: Context) -> None:
    expected = files_of(published_mixture(built))
    for number, keys in enumerate(
        [
            {"weights": {"web": 1, "code": 0}},
            {"weights": {"web": 0.1, "code": 0.9}, "seed": 5},
            {"packing": "best_fit"},
            {"phases": [{"name": "main", "budget_tokens": 600, "weights": {"code": 1}}]},
        ]
    ):
        manifest = published_mixture(run(recipe_of(inputs, **keys), inputs / f"other{number}"))
        assert files_of(manifest) == expected


def test_a_greater_share_begins_with_the_same_documents(inputs: Path, built: Context) -> None:
    more = run(recipe_of(inputs, validation={"share": 0.5}), inputs / "more")
    for source in SOURCES:
        few, many = (validation_texts(context.mixture_uri, source) for context in (built, more))
        assert many[: len(few)] == few
        assert len(many) > len(few)


def test_what_is_written_is_bounded_and_training_data_does_not_change(inputs: Path, built: Context) -> None:
    bounded = run(recipe_of(inputs, validation={"share": SHARE, "max_tokens": 60}), inputs / "lake")
    assert bounded.mixture_uri != built.mixture_uri
    before, after = published_mixture(built), published_mixture(bounded)
    assert after.files == before.files
    assert all(file.tokens <= 60 for file in after.validation)
    for source in SOURCES:
        few, many = (validation_texts(context.mixture_uri, source) for context in (bounded, built))
        assert many[: len(few)] == few


def test_a_recipe_without_validation_keeps_its_fingerprints(inputs: Path, built: Context) -> None:
    """Also in a lake that was built with it."""
    plain = run(recipe_of(inputs, validation=None), inputs / "plain")
    again = run(recipe_of(inputs, validation=None), inputs / "lake")
    assert again.mixture_uri.rsplit("/", 1)[1] == plain.mixture_uri.rsplit("/", 1)[1]
    assert "select" not in plain.published
    manifest = published_mixture(plain)
    assert manifest.validation == []
    assert manifest.files == published_mixture(again).files


def test_a_second_run_writes_nothing(inputs: Path, built: Context) -> None:
    before = snapshot(inputs / "lake")
    again = run(recipe_of(inputs), inputs / "lake")
    assert again.tasks_run == 0
    again_pointer = again.lake.mixture_uri("small", "").rsplit("/", 1)[0] + "/latest"
    changed = {name for name, data in snapshot(inputs / "lake").items() if before.get(name) != data}
    assert changed <= {again_pointer.removeprefix(f"{again.lake.uri}/")}


def test_a_preview_is_what_a_build_writes(inputs: Path, tmp_path: Path) -> None:
    """Over token blocks, before select ran."""
    from pipelines.previews.outlook import outlook

    lake = tmp_path / "lake"
    run(recipe_of(inputs), lake, "tokenize")
    seen = Context(recipe_of(inputs), run(recipe_of(inputs), lake, "tokenize").lake, _no_spark, _quiet())
    view = outlook(seen)
    assert view.exact
    manifest = published_mixture(run(recipe_of(inputs), lake))
    assert view.plan.phases == manifest.phases
    assert view.plan.sources == manifest.sources


def test_fill_in_the_middle_leaves_what_is_held_out_as_it_was(inputs: Path, built: Context, tmp_path: Path) -> None:
    context = run(recipe_of(inputs, fim={"rate": 1.0}), tmp_path / "lake")
    assert files_of(published_mixture(context)) == files_of(published_mixture(built))
    encoder = tokenizer("cl100k_base")
    prefix = encoder.special_tokens["<|fim_prefix|>"]
    assert any(prefix in ids for uri in block_uris(context, "code") for ids in pq.read_table(uri)["tokens"].to_pylist())


def test_tiers_leave_out_what_their_source_holds_out(inputs: Path, tmp_path: Path) -> None:
    tiers = [{"name": "short", "from": "web", "where": "n_chars < 70"}]
    context = run(recipe_of(inputs, tiers=tiers, weights={"web": 0.4, "short": 0.3, "code": 0.3}), tmp_path / "lake")
    manifest = published_mixture(context)
    assert [file.source for file in manifest.validation] == list(SOURCES)
    tier = ids_in(block_uris(context, "short"))
    assert tier
    assert not tier & ids_in(list(block_set(context, "web").held_out))
    assert block_set(context, "short").held_out == {}


def test_forgotten_documents_leave_validation_too(inputs: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    before = run(recipe_of(inputs), lake)
    (victim, *_) = sorted(ids_in(list(block_set(before, "web").held_out)))
    texts = validation_texts(before.mixture_uri, "web")
    add_tombstone(before.lake, Tombstone(ids=[victim]))
    with pytest.raises(StillThere, match=r"held-out file held-out-000000\.parquet of 'web' holds 1"):
        verify_absence(before.mixture_uri)
    after = run(recipe_of(inputs), lake)
    assert after.mixture_uri != before.mixture_uri
    assert verify_absence(after.mixture_uri) > 0
    left = validation_texts(after.mixture_uri, "web")
    assert set(left) < set(texts)
    assert published_mixture(after).validation[0].documents == published_mixture(before).validation[0].documents - 1
    assert published_mixture(after).validation[1] == published_mixture(before).validation[1]


def test_explain_says_that_a_document_is_held_out(built: Context) -> None:
    mixture = open_mixture(built.mixture_uri)
    for doc_id in sorted(ids_in(list(block_set(built, "web").held_out)))[:2]:
        (trail,) = explain_document(mixture, doc_id).trails
        assert trail.outcome == "left_out"
        assert trail.mixed[0].left_out_by == ["validation: held out, with 0.25 of the documents"]


def test_a_diff_says_that_documents_are_held_out(inputs: Path, tmp_path: Path) -> None:
    """And tells them from those that a condition leaves out."""
    context = run(recipe_of(inputs, where="n_chars < 70"), tmp_path / "lake")
    mixture = open_mixture(context.mixture_uri)
    missing = sorted(tokenized(context, "web") - ids_in(block_uris(context, "web")))
    trained = trained_source(mixture, "web")
    absence = why_absent(mixture, "web", trained, ids_of(pa.chunked_array([missing])), range(len(missing)))
    first = held_out_from(SHARE)
    expected = ["held_out" if document_order_hash("mixdown", doc_id) >= first else "where" for doc_id in missing]
    assert absence.reasons["not_chosen"] == Counter(expected)
    assert set(expected) == {"held_out", "where"}
    assert [absence.details[position].reasons for position in range(len(missing))] == [(reason,) for reason in expected]


def test_estimates_take_off_what_is_held_out(inputs: Path, tmp_path: Path) -> None:
    from pipelines.previews.outlook import outlook

    with_it, without = (
        outlook(Context(recipe, Lake(str(tmp_path)), _no_spark, _quiet())).plan.sources
        for recipe in (recipe_of(inputs), recipe_of(inputs, validation=None))
    )
    for held, plain in zip(with_it, without, strict=True):
        assert held.available_tokens == int(plain.available_tokens * (1 - SHARE))


def test_a_source_without_held_out_documents_is_noted(inputs: Path, tmp_path: Path) -> None:
    context = run(recipe_of(inputs, validation={"share": 0.00001}), tmp_path / "lake")
    manifest = published_mixture(context)
    assert manifest.validation == []
    assert "validation: no document of web, code is among the 1e-05 held out; raise `share`" in manifest.notes


@pytest.mark.parametrize("spec", [{}, {"share": 0}, {"share": 0.6}, {"share": 0.1, "max_tokens": 0}, {"shrae": 0.1}])
def test_a_validation_that_cannot_be_is_refused(inputs: Path, spec: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="validation"):
        recipe_of(inputs, validation=spec)


def test_an_old_manifest_is_read(built: Context, tmp_path: Path) -> None:
    manifest = published_mixture(built)
    shutil.copytree(built.mixture_uri, tmp_path / "old")
    old = manifest.model_dump_json(exclude={"validation"})
    assert MixtureManifest.model_validate_json(old).validation == []


def _no_spark() -> None:
    raise AssertionError("Spark was started for nothing")


def _quiet() -> Any:
    from pipelines.progress import Progress

    return Progress(quiet=True)

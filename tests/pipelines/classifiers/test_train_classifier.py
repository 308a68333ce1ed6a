"""From two sources in a lake to a model, and from the model to what a build keeps."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from mixer import storage
from pipelines.classifiers.choice import choose
from pipelines.classifiers.examples import find_examples, found_in_lake
from pipelines.classifiers.metrics import at_threshold, auc, metrics_of
from pipelines.classifiers.training import ClassifierTraining, train_classifier
from pipelines.cli import app
from pipelines.context import Context
from pipelines.estimates.published import published_so_far
from pipelines.estimates.stored import stored_estimate
from pipelines.lake import Lake
from pipelines.recipe import Recipe, parse_recipe
from pipelines.recipe_keys.problems import RecipeError
from pipelines.steps.annotate import scored_by
from pipelines.steps.select import check_conditions
from tests.pipelines.in_process import InProcess, run, snapshot, write_jsonl

SETTINGS = ClassifierTraining(dim=8, buckets=1000, epochs=20, lr=0.5, held_out=0.3)
GOOD = [
    "the",
    "keeper",
    "explains",
    "why",
    "each",
    "step",
    "of",
    "the",
    "proof",
    "holds",
    "and",
    "shows",
    "an",
    "example",
]
BAD = ["buy", "cheap", "click", "now", "best", "offer", "login", "cart", "wow", "free", "shipping", "deal"]


def texts(words: list[str], count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    common = ["and", "of", "to", "a", "in", "is"]
    return [" ".join(draw.choice(words if draw.random() < 0.6 else common) for _ in range(30)) for _ in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, words, count, seed in (("good", GOOD, 80, 1), ("bad", BAD, 120, 2)):
        write_jsonl(tmp_path / f"{name}.jsonl", [{"text": text} for text in texts(words, count, seed)])
    mixed = [text for pair in zip(texts(GOOD, 30, 3), texts(BAD, 30, 4), strict=True) for text in pair]
    write_jsonl(tmp_path / "crawl.jsonl", [{"text": text} for text in mixed])
    return tmp_path


def recipe(folder: Path, crawl: dict[str, Any] | None = None) -> Recipe:
    crawl = {"kind": "jsonl", "uri": str(folder / "crawl.jsonl")} | (crawl or {})
    return parse_recipe(
        {
            "name": "small",
            "sources": [
                {"name": "good", "kind": "jsonl", "uri": str(folder / "good.jsonl")},
                {"name": "bad", "kind": "jsonl", "uri": str(folder / "bad.jsonl")},
                {"name": "crawl", **crawl},
            ],
            "phases": [{"name": "all", "budget_tokens": 64, "weights": {"crawl": 1}}],
            "sequence_length": 16,
            "max_epochs": 9,
            "retention": {"min_documents": 1000},
        }
    )


def trained(folder: Path, settings: ClassifierTraining = SETTINGS) -> Any:
    positives, negatives = ([find_examples(str(folder / f"{name}.jsonl"), None, None)] for name in ("good", "bad"))
    return train_classifier(positives, negatives, settings, Lake(str(folder / "lake")))


def test_trained_twice_the_bytes_are_the_same_and_the_second_run_does_nothing(folder: Path) -> None:
    first = trained(folder)
    assert first.is_new
    stored = snapshot(folder / "lake")
    assert not trained(folder).is_new
    assert snapshot(folder / "lake") == stored
    (folder / "lake").rename(folder / "other")
    assert trained(folder).is_new
    assert snapshot(folder / "lake") == stored


def test_the_metrics_are_those_of_documents_held_out(folder: Path) -> None:
    manifest = trained(folder).manifest
    assert manifest.counts["__label__hq"]["found"] == 80
    assert manifest.counts["__label__cc"]["found"] == 120
    of_both = [sum(own[key] for key in ("trained_on", "held_out")) for own in manifest.counts.values()]
    assert of_both == [80, 80]
    held_out = sum(own["held_out"] for own in manifest.counts.values())
    assert 20 < held_out < 80
    confusion = [
        manifest.metrics[f"{kind}_{side}"] for kind in ("true", "false") for side in ("positives", "negatives")
    ]
    assert sum(confusion) == held_out
    assert manifest.metrics["auc"] > 0.95
    assert manifest.metrics["f1"] > 0.9


def test_sources_in_the_lake_count_as_what_was_kept_of_them(folder: Path) -> None:
    write_jsonl(folder / "good.jsonl", [{"text": text} for text in [*texts(GOOD, 80, 1), "a duplicate", "a duplicate"]])
    context = run(recipe(folder), folder / "lake", until="dedup")
    found = found_in_lake(Context(context.recipe, context.lake, InProcess, context.progress))
    examples = {name: find_examples(name, found.recipe, found) for name in ("good", "bad")}
    assert sum(len(batch) for batch in examples["good"].texts()) == 81
    of_lake = train_classifier([examples["good"]], [examples["bad"]], SETTINGS, context.lake)
    assert of_lake.manifest.counts["__label__hq"]["found"] == 81
    assert not train_classifier([examples["good"]], [examples["bad"]], SETTINGS, context.lake).is_new
    with pytest.raises(RecipeError, match="unknown source 'godo'; did you mean 'good'"):
        find_examples("godo", found.recipe, found)


def test_a_source_that_is_not_ingested_is_refused(folder: Path) -> None:
    context = Context(
        recipe(folder), Lake(str(folder / "empty")), InProcess, run(recipe(folder), folder / "l", "ingest").progress
    )
    with pytest.raises(RecipeError, match=r"source 'good' is not in .*empty: run `mixdown build"):
        find_examples("good", context.recipe, found_in_lake(context))


def test_a_build_keeps_the_best_share_by_the_model(folder: Path) -> None:
    fingerprint = trained(folder).manifest.fingerprint
    asked = {
        "measure": {"classifiers": {"quality": {"model": f"lake:{fingerprint}"}}},
        "rules": [{"classifier": {"top_share": 0.5}}],
        "where": "scores['quality'] > 0.5 AND quality_score > 0.5 AND n_words > 0",
    }
    context = run(recipe(folder, asked), folder / "lake")
    assert scored_by(context.of("annotate", "crawl").settings) == ["quality"]
    (verdicts_uri,) = context.of("decide", "crawl").part_uris(context.lake, "part-")
    verdicts = pq.read_table(verdicts_uri).to_pylist()
    assert sum(row["keep"] for row in verdicts) == 30
    (documents_uri,) = context.of("ingest", "crawl").part_uris(context.lake, "part-")
    kept = [
        text
        for text, row in zip(pq.read_table(documents_uri).column("text").to_pylist(), verdicts, strict=True)
        if row["keep"]
    ]
    assert sum(any(word in GOOD for word in text.split()) for text in kept) >= 28
    (reason,) = next(row["reasons"] for row in verdicts if not row["keep"])
    assert reason["reason"] == "classifier.quality"
    assert float(reason["value"]) < float(reason["bound"])
    assert context.of("select", "crawl").books.kept <= 30
    assert run(recipe(folder, asked), folder / "lake").tasks_run == 0
    found = published_so_far(context)
    del found.published["decide"], found.published["dedup"]  # as a preview sees it before the rules were run
    assert stored_estimate(found, found.recipe.source("crawl")).documents == 30


def test_a_rule_for_a_classifier_that_is_not_measured_is_refused(folder: Path) -> None:
    asked = {
        "measure": {"classifiers": {"quality": {"model": "m.bin"}}},
        "rules": [{"classifier": {"name": "qualty"}}],
    }
    with pytest.raises(RecipeError, match="unknown name 'qualty'; did you mean 'quality'"):
        recipe(folder, asked)
    with pytest.raises(RecipeError, match="classifier 'Bad Name'"):
        recipe(folder, {"measure": {"classifiers": {"Bad Name": {"model": "m.bin"}}}})


def test_a_condition_on_a_classifier_that_is_not_measured_is_refused(folder: Path) -> None:
    measured = {"measure": {"classifiers": {"quality": {"model": "m.bin"}, "edu": {"model": "n.bin"}}}}
    check_conditions(recipe(folder, measured | {"where": "edu_score > 0.5 OR scores['quality'] > 0.5"}))
    for where in ("scores['qualty'] > 0.5", "qualty_score > 0.5"):
        with pytest.raises(
            RecipeError, match=r"source 'crawl': where: .*quality_score\?.*scores\['edu'\], scores\['quality'\]"
        ):
            check_conditions(recipe(folder, measured | {"where": where}))
    with pytest.raises(RecipeError, match="no classifier 'edu' is measured here"):
        check_conditions(recipe(folder, {"where": "edu_score > 0.5"}))


def test_a_model_that_the_lake_lacks_is_refused(folder: Path) -> None:
    for uri in ("lake:" + "0" * 24, "lake:../../etc"):
        asked = {"measure": {"classifiers": {"quality": {"model": uri}}}}
        with pytest.raises(RecipeError, match="no such model in"):
            run(recipe(folder, asked), folder / "lake", until="annotate")


def test_equal_texts_are_never_on_both_sides_and_texts_of_both_labels_on_none(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"text": f"a {i % 40}"} for i in range(80)] + [{"text": "both"}])
    write_jsonl(tmp_path / "b.jsonl", [{"text": f"b {i}"} for i in range(30)] + [{"text": "both"}, {"text": " "}])
    files = [[find_examples(str(tmp_path / f"{name}.jsonl"), None, None)] for name in ("a", "b")]
    chosen = choose(files, 0, None, 0.25)
    assert chosen.found == [40, 30]
    assert chosen.ambiguous == 1
    found = chosen.texts.to_pylist()
    assert len(set(found)) == len(found) == 60
    assert sorted(chosen.labels) == [0] * 30 + [1] * 30
    other = choose(files, 1, 10, 0.25)
    assert len(other.texts) == 20
    assert other.texts.to_pylist() != found[:20]


def test_the_order_of_lines_does_not_matter(folder: Path) -> None:
    lines = (folder / "good.jsonl").read_text(encoding="utf-8").splitlines()
    before = [find_examples(str(folder / f"{name}.jsonl"), None, None) for name in ("good", "bad")]
    first = choose([[before[0]], [before[1]]], 5, 50, 0.2)
    random.Random(0).shuffle(lines)
    (folder / "good.jsonl").write_text("\n".join(lines), encoding="utf-8")
    second = choose([[before[0]], [before[1]]], 5, 50, 0.2)
    assert first.texts == second.texts
    assert np.array_equal(first.held_out, second.held_out)


@pytest.mark.parametrize("line", ['{"text": 1}', '{"txt": "a"}', "[]", "not json", '{"text": "\\ud800"}'])
def test_a_line_without_text_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "fine"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="line 2: no JSON object"):
        list(find_examples(str(tmp_path / "a.jsonl"), None, None).texts())


def test_too_few_documents_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("three\nfour\n", encoding="utf-8")
    examples = [[find_examples(str(tmp_path / f"{name}.txt"), None, None)] for name in ("a", "b")]
    with pytest.raises(RecipeError, match="at least 10 and 1 are needed"):
        train_classifier(*examples, SETTINGS, Lake(str(tmp_path / "lake")))
    assert not (tmp_path / "lake").exists()


def test_the_command(folder: Path) -> None:
    command = ["train-classifier", "--positive", str(folder / "good.jsonl"), "--negative", str(folder / "bad.jsonl")]
    command += ["--lake", str(folder / "lake"), "--dim", "8", "--buckets", "1000", "--epochs", "20", "--lr", "0.5"]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    assert "precision" in first.output
    assert "model: lake:" in first.output
    second = CliRunner().invoke(app, command)
    assert "nothing changed" in second.output
    manifest = json.loads(CliRunner().invoke(app, [*command, "--json"]).output)
    assert f"lake:{manifest['fingerprint']}" in first.output
    assert storage.exists(f"{folder}/lake/models/{manifest['fingerprint']}/model.bin")
    assert CliRunner().invoke(app, command[:3]).exit_code == 2


def test_metrics() -> None:
    positives, negatives = np.array([0.9, 0.8, 0.3], np.float32), np.array([0.5, 0.3, 0.1, 0.1], np.float32)
    assert auc(positives, negatives) == pytest.approx((4 + 4 + 2 + 0.5) / 12)
    found = at_threshold(positives, negatives, 0.5)
    assert [found[name] for name in ("true_positives", "false_positives", "false_negatives", "true_negatives")] == [
        2,
        1,
        1,
        3,
    ]
    assert found["precision"] == found["recall"] == found["f1"] == pytest.approx(2 / 3)
    nothing = np.empty(0, np.float32)
    assert metrics_of(nothing, nothing)["auc"] == 0.0
    assert metrics_of(positives, nothing)["recall"] == pytest.approx(2 / 3)
    assert pa.array([metrics_of(positives, negatives)]) is not None

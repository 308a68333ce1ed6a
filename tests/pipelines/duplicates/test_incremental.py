"""A lake that grows by a source a day: what was decided stays, and the new day alone is work."""

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mixer import storage
from pipelines.context import Context
from pipelines.lake import Lake
from pipelines.progress import Progress
from pipelines.recipe import Recipe
from pipelines.stages import run_stages
from pipelines.steps import deduplicate
from tests.pipelines.in_process import write_jsonl

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DAYS = 10
NEAR_AND_VERIFIED = {"verify": "signature", "threshold": 0.7, "bands": 20, "rows": 4, "ngram": 2}


def write_days(folder: Path) -> None:
    """Ten files of texts that drift from day to day, so that there are copies, near copies and chains."""
    generator = random.Random(3)
    families = [[f"w{generator.randrange(10**6)}" for _ in range(60)] for _ in range(8)]
    for day in range(DAYS):
        texts = []
        for words in families:
            for _ in range(generator.randrange(3)):
                texts.append(" ".join(words))
                for _ in range(generator.randrange(6)):
                    words[generator.randrange(60)] = f"w{generator.randrange(10**6)}"
        texts.append(f"a text of day {day} alone " + " ".join(f"x{generator.randrange(10**6)}" for _ in range(30)))
        write_jsonl(folder / f"day{day}.jsonl", [{"text": text, "id": f"{day}-{i}"} for i, text in enumerate(texts)])


def recipe(folder: Path, days: int, dedup: dict[str, Any]) -> Recipe:
    names = [f"day{day}" for day in range(days)]
    sources = [{"name": name, "kind": "jsonl", "uri": f"{folder}/{name}.jsonl", "near_dedup": True} for name in names]
    phase = {"name": "main", "budget_tokens": 64, "weights": dict.fromkeys(names, 1.0)}
    return Recipe.model_validate({"name": "days", "sources": sources, "phases": [phase], "dedup": dedup})


def deduplicated(spark: "SparkSession", lake: Path, made: Recipe) -> Context:
    context = Context(made, Lake(str(lake)), lambda: spark, Progress(quiet=True))
    run_stages(context, deduplicate.NAME)
    return context


def removals(context: Context) -> dict[tuple[str, str, int], tuple[str, str]]:
    """(source, file, row) of every removed document -> its survivor's id and the reason."""
    found = {}
    for source in context.recipe.sources:
        for uri in context.of(deduplicate.NAME, source.name).part_uris(context.lake, "removed-"):
            for row in storage.read_table(uri).to_pylist():
                found[source.name, uri.rsplit("/", 1)[1], row["row"]] = (row["survivor_id"], row["reason"])
    return found


def survivors(found: dict[tuple[str, str, int], tuple[str, str]]) -> dict[tuple[str, str, int], str]:
    return {key: survivor for key, (survivor, _) in found.items()}


@pytest.mark.slow
def test_ten_increments_keep_the_clusters_of_a_full_run(spark: "SparkSession", tmp_path: Path) -> None:
    write_days(tmp_path)
    incremental = NEAR_AND_VERIFIED | {"incremental": True}
    before: dict[tuple[str, str, int], tuple[str, str]] = {}
    for days in range(1, DAYS + 1):
        context = deduplicated(spark, tmp_path / "grown", recipe(tmp_path, days, incremental))
        found = removals(context)
        assert {key: value for key, value in found.items() if key in before} == before, "an earlier day changed"
        before = found
    at_once = deduplicated(spark, tmp_path / "full", recipe(tmp_path, DAYS, NEAR_AND_VERIFIED))
    # A copy of what was removed before is near to its survivor: the reason differs, the cluster does not.
    assert survivors(removals(at_once)) == survivors(before)
    assert {reason for _, reason in before.values()} == {"exact_duplicate", "near_duplicate"}
    assert len({source for source, _, _ in before}) > 5


@pytest.mark.slow
def test_a_new_day_leaves_the_old_ones_alone(spark: "SparkSession", tmp_path: Path) -> None:
    write_days(tmp_path)
    settings = NEAR_AND_VERIFIED | {"incremental": True, "verify": "none"}
    deduplicated(spark, tmp_path / "lake", recipe(tmp_path, 2, settings))
    grown = deduplicated(spark, tmp_path / "lake", recipe(tmp_path, 3, settings))
    assert grown.tasks_run == 4, "ingest, annotate, decide and dedup of one file each"


@pytest.mark.slow
def test_days_without_documents_are_days_too(spark: "SparkSession", tmp_path: Path) -> None:
    write_days(tmp_path)
    write_jsonl(tmp_path / "day0.jsonl", [])
    write_jsonl(tmp_path / "day2.jsonl", ["no record"])
    context = deduplicated(spark, tmp_path / "lake", recipe(tmp_path, 4, NEAR_AND_VERIFIED | {"incremental": True}))
    kept = {source.name: context.of(deduplicate.NAME, source.name).books.kept for source in context.recipe.sources}
    assert (kept["day0"], kept["day2"]) == (0, 0)
    assert min(kept["day1"], kept["day3"]) > 0

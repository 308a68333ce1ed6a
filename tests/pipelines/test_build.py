"""The main job end to end, in real processes, on the demo's own input."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from mixer.manifest import read_manifest
from pipelines.java import find_java
from pipelines.stages import STAGE_NAMES
from tests.audit import audit, code_share
from tests.services.light_jvm import LIGHT_JVM

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "recipes" / "demo"
SUBMIT = ("spark-submit", "--driver-java-options", LIGHT_JVM)
RATIOS = (0, 0.25, 0.5, 0.75, 0.9, 1)

pytestmark = pytest.mark.skipif(find_java() is None, reason="no Java 17: install a JRE or run `make setup`")


def write_recipe(folder: Path) -> Path:
    """A small recipe over all four kinds of source, the same in every clone."""
    recipe = {
        "name": "small",
        "sources": [
            {
                "name": "pages",
                "kind": "web",
                "uri": str(DEMO / "pages.warc.gz"),
                "rules": ["language", "gopher_quality"],
            },
            {
                "name": "python",
                "kind": "python_packages",
                "uri": "environment",
                "rules": ["starcoder_lines", "license"],
                "options": {"distributions": ["stdlib", "typer"], "max_files": 60},
                "fim": {"rate": 0.5},
            },
            {
                "name": "commits",
                "kind": "git_commits",
                "uri": str(DEMO / "history.bundle"),
                "rules": ["starcoder_lines"],
            },
            {"name": "pull_requests", "kind": "pull_requests", "uri": str(DEMO / "events" / "*.json.gz")},
        ],
        "tiers": [{"name": "best_pages", "from": "pages", "where": "language_score > 0.9"}],
        "sequence_length": 256,
        "rows_per_shard": 32,
        "seed": 5,
        "phases": [
            {
                "name": "main",
                "budget_tokens": 40_000,
                "weights": {"pages": 2, "python": 1, "commits": 0.5, "pull_requests": 0.5},
            },
            {"name": "cooldown", "budget_tokens": 10_000, "weights": {"best_pages": 0.6, "pull_requests": 0.4}},
        ],
    }
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def environment() -> dict[str, str]:
    """As a person has it who activated the environment."""
    binaries = str(Path(sys.executable).parent)
    return os.environ | {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "SPARK_LOCAL_IP": "127.0.0.1"}


def submit(*arguments: str, cores: int = 2, partitions: int = 4) -> subprocess.CompletedProcess[str]:
    """`spark-submit pipelines/build_mix.py ...` from the checkout."""
    command = [*SUBMIT, "--master", f"local[{cores}]", "--conf", f"spark.sql.shuffle.partitions={partitions}"]
    return subprocess.run(
        [*command, "pipelines/build_mix.py", *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # spark-submit merges the two by itself
        text=True,
        check=False,
        timeout=600,
    )


def mixdown(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "mixdown", *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def mixture(lake: Path, name: str = "small") -> Path:
    return lake / "mixtures" / name / (lake / "mixtures" / name / "latest").read_text().strip()


def shards(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*.parquet"))}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, subprocess.CompletedProcess[str]]:
    """(recipe, lake, the finished process) of one build with half code on two cores."""
    folder = tmp_path_factory.mktemp("built")
    recipe = write_recipe(folder)
    lake = folder / "lake"
    process = submit("--recipe", str(recipe), "--code-ratio", "0.5", "--lake", str(lake))
    assert process.returncode == 0, process.stdout[-3000:]
    return recipe, lake, process


def test_the_job_writes_an_audited_mixture_of_half_code(
    built: tuple[Path, Path, subprocess.CompletedProcess[str]],
) -> None:
    _, lake, process = built
    folder = mixture(lake)
    manifest = audit(folder)
    share, rows = code_share(folder)
    assert abs(share - 0.5) * rows <= 2  # one sequence in each of two phases
    assert f"shards: {folder}" in process.stdout
    assert f"code share {share:.4f}" in process.stdout
    for stage in STAGE_NAMES:
        assert f"\n{stage} " in "\n" + process.stdout
    names = {source["name"] for source in manifest["sources"]}
    assert names == {"pages", "best_pages", "python", "commits", "pull_requests"}
    assert all(source["actual_tokens"] for source in manifest["sources"])


@pytest.mark.slow
def test_every_ratio_is_hit_to_one_sequence_without_touching_text(
    built: tuple[Path, Path, subprocess.CompletedProcess[str]],
) -> None:
    recipe, lake, _ = built
    for ratio in RATIOS:
        preview = mixdown(
            "preview", str(recipe), "--code-ratio", str(ratio), "--lake", str(lake), "--json", "--budget", "30000"
        )
        assert preview.returncode == 0, preview.stderr
        shown = json.loads(preview.stdout)
        process = submit("--recipe", str(recipe), "--code-ratio", str(ratio), "--lake", str(lake), "--budget", "30000")
        assert process.returncode == 0, process.stdout[-3000:]
        for stage in ("ingest", "annotate", "decide", "dedup", "tokenize", "select"):
            assert f"\n{stage:<10} nothing to do" in "\n" + process.stdout
        manifest = audit(mixture(lake))
        assert shown["exact"]
        for key in ("actual_tokens", "available_tokens", "epochs", "share", "documents"):
            assert [source[key] for source in shown["sources"]] == [source[key] for source in manifest["sources"]]
        assert shown["phases"] == manifest["phases"]
        for phase in manifest["phases"]:
            code = sum(part["rows"] for part in phase["sources"] if "pages" not in part["source"])
            assert abs(code - ratio * phase["rows"]) < 1


@pytest.mark.slow
def test_best_fit_is_another_plan_over_the_same_blocks(
    built: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    recipe, lake, _ = built
    content = yaml.safe_load(recipe.read_text()) | {"name": "packed", "packing": "best_fit"}
    path = tmp_path / "packed.yaml"
    path.write_text(yaml.safe_dump(content))
    preview = json.loads(mixdown("preview", str(path), "--lake", str(lake), "--json").stdout)
    process = submit("--recipe", str(path), "--lake", str(lake))
    assert process.returncode == 0, process.stdout[-3000:]
    assert "tokenize   nothing to do" in process.stdout
    manifest = audit(mixture(lake, "packed"))
    assert preview["exact"]
    assert preview["phases"] == manifest["phases"]
    pages = next(source for source in manifest["sources"] if source["name"] == "pages")
    assert 0 < pages["padding_tokens"] < 0.1 * pages["actual_tokens"]


@pytest.mark.slow
def test_one_core_and_other_partitions_give_the_same_bytes(
    built: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    recipe, lake, _ = built
    process = submit(
        "--recipe", str(recipe), "--code-ratio", "0.5", "--lake", str(tmp_path / "lake"), cores=1, partitions=13
    )
    assert process.returncode == 0, process.stdout[-3000:]
    assert half(lake, recipe) == shards(mixture(tmp_path / "lake"))


def half(lake: Path, recipe: Path) -> dict[str, bytes]:
    """The shards of the half-code mixture; built again they are found, not made."""
    process = submit("--recipe", str(recipe), "--code-ratio", "0.5", "--lake", str(lake))
    assert process.returncode == 0, process.stdout[-3000:]
    assert "nothing changed: no stage did any work" in process.stdout
    return shards(mixture(lake))


@pytest.mark.slow
def test_killed_in_every_stage_the_job_ends_with_the_same_bytes(
    built: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    recipe, lake, _ = built
    broken = tmp_path / "lake"
    for stage in ("ingest", "annotate", "decide", "dedup", "tokenize", "select", "mixtures"):
        assert kill_when_files_appear(recipe, broken, stage), f"the job ended before {stage} could be interrupted"
    process = submit("--recipe", str(recipe), "--code-ratio", "0.5", "--lake", str(broken))
    assert process.returncode == 0, process.stdout[-3000:]
    audit(mixture(broken))
    assert shards(mixture(broken)) == half(lake, recipe)


def kill_when_files_appear(recipe: Path, lake: Path, stage: str) -> bool:
    """Run the job and `kill -9` it with all its children as soon as the stage writes; False when it got through."""
    folder = lake / stage if stage == "mixtures" else lake / "stages" / stage
    command = [*SUBMIT, "--master", "local[2]", "pipelines/build_mix.py", "--recipe", str(recipe)]
    process = subprocess.Popen(
        [*command, "--code-ratio", "0.5", "--lake", str(lake)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while process.poll() is None:
            if any(path.is_file() for path in folder.rglob("*")):
                return True
            time.sleep(0.002)
        return False
    finally:
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.wait()


@pytest.mark.slow
def test_a_mixture_out_of_reach_is_refused_before_any_work(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    process = submit("--recipe", str(recipe), "--budget", "900000000", "--lake", str(tmp_path / "lake"))
    assert process.returncode == 2
    assert "before any work: the data cannot reach this mixture" in process.stdout
    assert "Largest budget at these shares" in process.stdout
    assert not (tmp_path / "lake" / "stages").exists()


@pytest.mark.slow
def test_a_missing_input_and_a_bad_ratio_are_refused_before_any_work(tmp_path: Path) -> None:
    content = yaml.safe_load(write_recipe(tmp_path).read_text())
    content["sources"][0]["uri"] = "nowhere/*.warc.gz"
    path = tmp_path / "missing.yaml"
    path.write_text(yaml.safe_dump(content))
    missing = mixdown("build", str(path), "--lake", str(tmp_path / "lake"))
    assert missing.returncode == 2
    assert "source 'pages' (web) finds no input" in missing.stderr
    bad = mixdown("build", str(path), "--code-ratio", "1.5", "--lake", str(tmp_path / "lake"))
    assert bad.returncode == 2
    assert "--code-ratio 1.5: a share from 0 to 1 is needed" in bad.stderr


@pytest.mark.slow
def test_help_works_as_typed() -> None:
    process = submit("--help")
    assert process.returncode == 0
    assert "--code-ratio" in process.stdout


@pytest.mark.slow
def test_preview_of_an_empty_lake_is_an_estimate_and_says_so(tmp_path: Path) -> None:
    process = mixdown("preview", str(write_recipe(tmp_path)), "--lake", str(tmp_path / "lake"), "--json")
    assert process.returncode == 0, process.stderr
    shown = json.loads(process.stdout)
    assert shown["exact"] is False
    assert all(source["available_tokens"] > 0 for source in shown["sources"])


@pytest.mark.slow
def test_the_shards_open_in_everyones_readers(
    built: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    import datasets
    import duckdb
    import pandas as pd

    _, lake, _ = built
    folder = mixture(lake)
    manifest = read_manifest(str(folder))
    files = [str(folder / file.path) for file in manifest.files]
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.num_rows == manifest.rows
    first = loaded[0]
    assert len(first["input_ids"]) == manifest.sequence_length
    by_duckdb = duckdb.sql(f"SELECT * FROM read_parquet('{folder}/*.parquet') ORDER BY row LIMIT 1").fetchall()[0]
    by_pandas = pd.read_parquet(files[0]).iloc[0]
    assert first["input_ids"] == by_duckdb[0] == by_pandas["input_ids"].tolist()
    assert first["source"] == by_duckdb[1] == by_pandas["source"]


def test_every_document_that_starts_in_the_shards_leads_back_to_its_source(
    built: tuple[Path, Path, subprocess.CompletedProcess[str]],
) -> None:
    """Lineage: tokens -> block -> document with its place and licence, kept by the rules and no removed duplicate."""
    _, lake, _ = built
    folder = mixture(lake)
    manifest = read_manifest(str(folder))

    def parts(stage: str, source: str, prefix: str) -> list[Path]:
        fingerprint = manifest.inputs[f"{stage}/{source}"]
        return sorted((lake / "stages" / stage / source / fingerprint).glob(f"{prefix}*.parquet"))

    rows = [row for path in sorted(folder.glob("shard-*.parquet")) for row in pq.read_table(path).to_pylist()]
    led_back = 0
    for source in manifest.sources:
        if source.name == "best_pages":  # a tier: what is in its blocks is in its source's
            continue
        blocks = [row for path in parts("tokenize", source.name, "block-") for row in pq.read_table(path).to_pylist()]
        by_beginning: dict[tuple[int, ...], list[dict[str, Any]]] = {}
        for block_row in blocks:
            by_beginning.setdefault(tuple(block_row["tokens"][:4]), []).append(block_row)
        documents = {}
        for path in parts("ingest", source.name, "part-"):
            number = path.stem.removeprefix("part-")
            removed = [p for p in parts("dedup", source.name, "removed-") if p.stem == f"removed-{number}"]
            gone = {row for p in removed for row in pq.read_table(p).column("row").to_pylist()}
            (verdicts,) = [p for p in parts("decide", source.name, "part-") if p.stem == path.stem]
            keep = pq.read_table(verdicts).column("keep").to_pylist()
            for number_in_part, document in enumerate(pq.read_table(path).to_pylist()):
                if keep[number_in_part] and number_in_part not in gone:
                    documents[document["doc_id"]] = document
        assert {block_row["doc_id"] for block_row in blocks} == set(documents)
        for row in rows:
            if row["source"] == source.name:
                for start, stop in pairwise([*row["doc_starts"], manifest.sequence_length]):
                    found = row["input_ids"][start:stop]
                    origins = [b for b in by_beginning.get(tuple(found[:4]), ()) if b["tokens"][: len(found)] == found]
                    if len(found) >= 4:
                        assert origins
                        document = documents[origins[0]["doc_id"]]
                        assert document["url"] or (document["repository"] and document["path"])
                        led_back += 1
    assert led_back > 20

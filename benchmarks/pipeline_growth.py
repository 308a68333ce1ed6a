"""The whole job on once, twice, four and eight times as many files, with one worker and with two: how does it grow?

`make bench ONLY=pipeline_growth`. Input, recipe and stages are those of `whole_pipeline.py`; once is 24 MB of text
(`--quick`: 2 MB). Numbers are those that each stage leaves in its `metrics.json`: CPU seconds of its workers, wall
seconds, the largest worker's and the driver's memory, bytes shuffled. The exponent is that of a power law fitted to CPU
seconds: 1 is linear, and what any size costs makes it smaller.
"""

import shutil
from pathlib import Path

import numpy as np

from benchmarks.harness import machine, print_result, workspace
from benchmarks.pipeline_corpus import corpus_files
from benchmarks.process_tree import run_tree
from benchmarks.whole_pipeline import TEXT_MB, command, write_recipe
from pipelines.metering.stage_metrics import METRICS_NAME, StageMetrics

FACTORS = (1, 2, 4, 8)
FILES, QUICK_MB = 3, 16.0  # once; quick: all of it
WORKERS = (1, 2)
STAGES = ("ingest", "annotate", "decide", "dedup", "tokenize")
MOST_EXPONENT = 1.1  # what is asked for


def run(quick: bool) -> None:
    """Print a line a stage and size, and each stage's exponent."""
    print(machine())
    text_mb = QUICK_MB if quick else TEXT_MB
    files = corpus_files(text_mb)
    once = max(1, len(files) // FACTORS[-1]) if quick else FILES
    with workspace() as folder:
        exponents = {}
        for workers in WORKERS[-1:] if quick else WORKERS:
            measured = {factor: measure(files[: once * factor], folder, workers) for factor in FACTORS}
            exponents |= {f"{stage}, {workers}": _print(stage, workers, measured) for stage in STAGES}
    print_result("pipeline_growth", max(exponents.values()), most=MOST_EXPONENT, exponents=exponents)


def measure(files: list[Path], folder: Path, workers: int) -> dict[str, StageMetrics]:
    """A build of these files from nothing: the metrics of its stages."""
    corpus, lake = folder / "corpus", folder / "lake"
    for old in (corpus, lake):
        shutil.rmtree(old, ignore_errors=True)
    corpus.mkdir()
    for file in files:
        (corpus / file.name).symlink_to(file.absolute())
    run_tree(command(write_recipe(corpus, folder / "recipe.yaml"), lake, workers))
    return metrics_of(lake)


def metrics_of(lake: Path) -> dict[str, StageMetrics]:
    """What each stage of a lake with one source left in its `metrics.json`."""
    found = (StageMetrics.model_validate_json(path.read_text()) for path in lake.rglob(METRICS_NAME))
    return {metrics.stage: metrics for metrics in found}


def _print(stage: str, workers: int, measured: dict[int, dict[str, StageMetrics]]) -> float:
    """A line a size; the exponent of the stage's CPU seconds."""
    rows = [stages[stage] for stages in measured.values()]
    for factor, row in zip(measured, rows, strict=True):
        memory = {"worker": row.workers.peak_memory_bytes} | row.driver_peak_memory_bytes
        peaks = ", ".join(f"{name} {peak / 1e6:,.0f} MB" for name, peak in memory.items())
        shuffled = row.spark.shuffle_write_bytes if row.spark else 0
        print(
            f"{stage:9} {workers} x {factor}: {row.documents_in:7,} in {row.workers.cpu_seconds:7.2f} CPU s "
            f"{row.wall_seconds:6.1f} s  {peaks}, shuffled {shuffled / 1e6:.1f} MB",
            flush=True,
        )
    spent = np.array([row.workers.cpu_seconds for row in rows])
    slope, _ = np.polyfit(np.log(list(measured)), np.log(np.maximum(spent, 1e-3)), 1)
    return round(float(slope), 2)

"""Object store (SeaweedFS on loopback): a Parquet file's MB/s beside pyarrow's S3 and boto3, and requests of a build.

Wall seconds hold what the store does on the same machine; CPU seconds are this process's own. Medians of interleaved
rounds.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
from boto3.s3.transfer import TransferConfig

from benchmarks.harness import machine, workspace
from mixer import storage
from pipelines.build import recipe_from
from pipelines.stages import STAGE_NAMES
from tests.pipelines.in_process import run as run_stages
from tests.pipelines.in_process import write_jsonl
from tests.services.faulty_proxy import faulty_proxy
from tests.services.seaweed import BUCKET, ObjectStore, seaweed

SCHEMA = pa.schema([("ids", pa.binary())])
GROUPS = 12
OPTIONS = {"compression": storage.COMPRESSION, "compression_level": 1, "write_page_checksum": True}


def run(quick: bool) -> None:
    """Print both tables."""
    with workspace() as folder, seaweed(folder) as store:
        os.environ |= store.settings()
        print(machine())
        _speed(store, folder, 20 if quick else 200, 1 if quick else 3)
        _requests(store, folder)


def _speed(store: ObjectStore, folder: Path, megabytes: int, rounds: int) -> None:
    random = np.random.default_rng(0)
    rows = megabytes * 1_000_000 // GROUPS // 8192
    tables = [pa.table({"ids": [random.bytes(8192) for _ in range(rows)]}, schema=SCHEMA) for _ in range(GROUPS)]
    storage.write_parquet(str(folder / "local"), SCHEMA, tables)
    size_bytes = (folder / "local").stat().st_size
    arrow = pyarrow.fs.S3FileSystem(endpoint_override=store.endpoint, region="us-east-1")
    client = boto3.client("s3")
    one_thread = TransferConfig(use_threads=False)

    def arrow_write() -> None:
        with arrow.open_output_stream(f"{BUCKET}/arrow") as sink, pq.ParquetWriter(sink, SCHEMA, **OPTIONS) as writer:
            for table in tables:
                writer.write_table(table, row_group_size=table.num_rows)

    def arrow_read() -> None:
        with arrow.open_input_file(f"{BUCKET}/arrow") as file:
            parquet = pq.ParquetFile(file, page_checksum_verification=True)
            for group in range(GROUPS):
                parquet.read_row_group(group, use_threads=False)

    def ours_read() -> None:
        for _ in storage.row_groups(f"s3://{BUCKET}/ours", ["ids"]):
            pass

    candidates: dict[str, Callable[[], object]] = {
        "write: ours, with SHA-256": lambda: storage.write_parquet(f"s3://{BUCKET}/ours", SCHEMA, tables),
        "write: pyarrow": arrow_write,
        "write: boto3, a finished file": lambda: client.upload_file(
            str(folder / "local"), BUCKET, "boto", Config=one_thread
        ),
        "read row groups: ours": ours_read,
        "read row groups: pyarrow": arrow_read,
        "read through: ours, with SHA-256": lambda: storage.sha256_of(f"s3://{BUCKET}/ours"),
        "read through: boto3, to a file": lambda: client.download_file(
            BUCKET, "boto", str(folder / "copy"), Config=one_thread
        ),
    }
    _print_speeds(size_bytes / 1e6, _timed(candidates, rounds))


def _timed(candidates: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Median (wall, CPU) seconds of each."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, candidate in candidates.items():
            began, began_cpu = time.perf_counter(), time.process_time()
            candidate()
            taken[name].append((time.perf_counter() - began, time.process_time() - began_cpu))
    return {
        name: (statistics.median(wall for wall, _ in each), statistics.median(cpu for _, cpu in each))
        for name, each in taken.items()
    }


def _print_speeds(megabytes: float, seconds: dict[str, tuple[float, float]]) -> None:
    print(f"\n{megabytes:.0f} MB, {GROUPS} row groups, load {os.getloadavg()[0]:.1f}\n")
    print("| | MB/s | CPU ms/MB |\n|---|--:|--:|")
    for name, (wall, cpu) in seconds.items():
        print(f"| {name} | {megabytes / wall:.0f} | {1000 * cpu / megabytes:.1f} |")


def _requests(store: ObjectStore, folder: Path) -> None:
    """Requests of each stage as a task of its own, and of a rerun."""
    for source in ("pages", "code"):
        for part in range(4):
            lines = [{"text": f"{source} {part} {number} " * 40} for number in range(200)]
            write_jsonl(folder / source / f"{part}.jsonl", lines)
    (folder / "recipe.yaml").write_text(
        """
name: counted
sources: [{name: pages, kind: jsonl, uri: pages}, {name: code, kind: jsonl_code, uri: code}]
phases: [{name: main, budget_tokens: 65536, weights: {pages: 0.5, code: 0.5}}]
sequence_length: 256
rows_per_shard: 64
""",
        encoding="utf-8",
    )
    with faulty_proxy(store.endpoint, faults={}) as proxy:
        os.environ["AWS_ENDPOINT_URL"] = proxy.endpoint
        print("\n| stage | PUT | GET | HEAD | LIST |\n|---|--:|--:|--:|--:|")
        for stage in (*STAGE_NAMES, "again: nothing to do"):
            proxy.forget()
            until = stage if stage in STAGE_NAMES else STAGE_NAMES[-1]
            run_stages(recipe_from(folder / "recipe.yaml", None, None), f"s3://{BUCKET}/lake", until)  # type: ignore[arg-type]
            heads = proxy.requests["HeadObject"] + proxy.requests["HeadBucket"]
            counts = (proxy.requests["PutObject"], proxy.requests["GetObject"], heads, proxy.requests["ListObjects"])
            print(f"| {stage} | {' | '.join(map(str, counts))} |")


if __name__ == "__main__":
    run(quick=False)

"""Reading tokens for training: our loader beside mosaicml-streaming, litdata and a NumPy memory map.

The same rows, in order, as int64 batches; one process on one core; zstd off and on. Each candidate runs in a process of
its own (peers in environments of their own), once a round, in turn; only the reading loop is timed, in CPU time,
without its first batch, which imports and opens. All print the sum of the ids they read, and the sums must agree.
"""

import json
import os
import shutil
import statistics
import sys
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.harness import machine, print_result, workspace
from benchmarks.token_mixture import write_mixture

LENGTH = 2048
BATCH_ROWS = 8
ROUNDS = 5
MOSAICML = ("mosaicml-streaming", "zstd", "Brotli", "python-snappy", "cramjam", "transformers", "safetensors")
LITDATA = ("litdata", "lightning-utilities", "obstore", "tifffile", "zstd")

TIMED = """
import json, os, sys, time
import numpy as np
os.sched_setaffinity(0, {0})
def timed(batches):
    total, tokens, started = int(next(batches)[:, ::64].sum()), 0, time.process_time()
    for batch in batches:
        total += int(batch[:, ::64].sum())
        tokens += batch.size
    print(json.dumps({"seconds": time.process_time() - started, "tokens": tokens, "sum": total}))
folder, length, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
"""

OURS = """
from trainer.loader import TrainingLoader
with TrainingLoader(folder + "/manifest.json", rows) as loader:
    timed(batch.input_ids for batch in loader)
"""

MEMMAP = """
ids = np.memmap(folder + "/tokens.bin", np.uint32, "r").reshape(-1, length)
timed(ids[start : start + rows].astype(np.int64) for start in range(0, len(ids), rows))
"""

# mosaicml-streaming imports torchvision for its image datasets, whose wheels fit one build of torch alone.
WITHOUT_VISION = """
import importlib.machinery, types
class Empty(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})
for name in ("", ".datasets", ".datasets.folder", ".transforms", ".transforms.functional", ".io", ".utils", ".ops"):
    module = sys.modules["torchvision" + name] = Empty("torchvision" + name)
    module.__spec__ = importlib.machinery.ModuleSpec("torchvision" + name, None)
"""

WRITE_MDS = (
    WITHOUT_VISION
    + """
from streaming import MDSWriter
source, compression = sys.argv[4], None if sys.argv[5] == "none" else sys.argv[5]
ids = np.memmap(source, np.uint32, "r").reshape(-1, length)
with MDSWriter(out=folder, columns={"input_ids": f"ndarray:uint32:{length}"}, compression=compression) as writer:
    for row in ids:
        writer.write({"input_ids": np.asarray(row)})
"""
)

READ_MDS = (
    WITHOUT_VISION
    + """
from streaming import StreamingDataset
dataset = StreamingDataset(local=folder, shuffle=False, batch_size=rows)
def batches():
    pending = []
    for sample in dataset:
        pending.append(sample["input_ids"])
        if len(pending) == rows:
            yield np.stack(pending).astype(np.int64)
            pending = []
timed(batches())
"""
)

WRITE_LITDATA = """
from litdata import TokensLoader
from litdata.streaming.writer import BinaryWriter
import torch
source, compression = sys.argv[4], None if sys.argv[5] == "none" else sys.argv[5]
ids = np.memmap(source, np.uint32, "r").reshape(-1, length)
writer = BinaryWriter(folder, item_loader=TokensLoader(block_size=length), chunk_bytes="64MB", compression=compression)
for number, row in enumerate(ids):
    writer[number] = torch.from_numpy(np.asarray(row).astype(np.int32))
writer.done()
writer.merge()
"""

READ_LITDATA = """
import torch
from litdata import StreamingDataset, TokensLoader
dataset = StreamingDataset(folder, item_loader=TokensLoader(block_size=length), shuffle=False, drop_last=False)
def batches():
    pending = []
    for sample in dataset:
        pending.append(sample)
        if len(pending) == rows:
            yield torch.stack(pending).to(torch.int64).numpy()
            pending = []
timed(batches())
"""


def run(quick: bool) -> None:
    """Print tokens a second of each, and our ratio to each peer."""
    rows = 2048 if quick else 16_384
    print(machine())
    print(f"{rows:,} rows of {LENGTH} tokens, batches of {BATCH_ROWS}")
    with workspace() as folder:
        ids = _tokens(rows)
        candidates = _prepare(folder, ids)
        speeds = _measured(candidates, 1 if quick else ROUNDS)
    for name, speed in speeds.items():
        print(f"{name:<24} {speed / 1e6:8.1f} M tokens per CPU second")
    ratios = {
        f"{peer} {compression}": round(speeds[f"mixdown {compression}"] / speeds[f"{peer} {compression}"], 2)
        for peer in ("mosaicml-streaming", "litdata")
        for compression in ("none", "zstd")
        if f"{peer} {compression}" in speeds
    }
    print_result("loader", min(ratios.values(), default=float("nan")), ratios=ratios, **_starvation(speeds))


def _tokens(rows: int) -> "np.ndarray[tuple[int, int], np.dtype[np.uint32]]":
    """Ids whose frequencies fall as those of text do, so that compression has work to do."""
    draws = np.random.default_rng(0).zipf(1.2, rows * LENGTH)
    return (draws % 100_000).astype(np.uint32).reshape(rows, LENGTH)


def _prepare(folder: Path, ids: "np.ndarray[tuple[int, int], np.dtype[np.uint32]]") -> dict[str, tuple[str, str, Path]]:
    """Name -> (interpreter, code, folder to read)."""
    memmap = folder / "memmap"
    memmap.mkdir()
    ids.tofile(memmap / "tokens.bin")
    candidates = {"numpy memmap": (sys.executable, MEMMAP, memmap)}
    for compression in ("none", "zstd"):
        ours = folder / f"mixdown-{compression}"
        write_mixture(ours, ids, compression)
        candidates[f"mixdown {compression}"] = (sys.executable, OURS, ours)
    for peer, requirements, write, read in (
        ("mosaicml-streaming", MOSAICML, WRITE_MDS, READ_MDS),
        ("litdata", LITDATA, WRITE_LITDATA, READ_LITDATA),
    ):
        try:
            python = peers.python_of(peer, *requirements)
        except peers.NotInstalled as error:
            print(f"{peer} does not install here: {error}")
            continue
        for compression in ("none", "zstd"):
            theirs = folder / f"{peer}-{compression}"
            theirs.mkdir()
            source = str(memmap / "tokens.bin")
            try:
                peers.run(python, TIMED + write, str(theirs), str(LENGTH), str(BATCH_ROWS), source, compression)
            except RuntimeError as error:
                print(f"{peer} with {compression}: {str(error).strip().splitlines()[-1]}")
                continue
            candidates[f"{peer} {compression}"] = (python, read, theirs)
    return candidates


def _measured(candidates: dict[str, tuple[str, str, Path]], rounds: int) -> dict[str, float]:
    """Tokens per CPU second, the median over rounds; AssertionError where two read something else."""
    speeds: dict[str, list[float]] = {name: [] for name in candidates}
    sums: dict[str, object] = {}
    os.environ["OMP_NUM_THREADS"] = "1"
    for _ in range(rounds):
        for name, (python, code, folder) in candidates.items():
            shutil.rmtree(folder / ".cache", ignore_errors=True)
            last = peers.run(python, TIMED + code, str(folder), str(LENGTH), str(BATCH_ROWS)).splitlines()[-1]
            found = json.loads(last)
            speeds[name].append(found["tokens"] / found["seconds"])
            sums[name] = (found["tokens"], found["sum"])
    assert len(set(sums.values())) == 1, sums
    return {name: statistics.median(values) for name, values in speeds.items()}


def _starvation(speeds: dict[str, float]) -> dict[str, float]:
    """How many times faster one core reads than eight GPUs train the 470m preset at half their peak.

    6 floating-point operations a parameter and token, 470e6 parameters and the tied embedding's 128e6; an H100 does
    989e12 in bfloat16 (NVIDIA's data sheet, without sparsity).
    """
    trained = 8 * 0.5 * 989e12 / (6 * 598e6)
    return {
        "tokens_per_second_trained_on_8_gpus": round(trained),
        "read_to_trained": round(min(speeds["mixdown none"], speeds["mixdown zstd"]) / trained, 1),
    }

"""Each stage beside what bounds it on this machine: copying, scanning, parsing, decompressing, hashing, encoding alone.

`make bench ONLY=limits`. Text is that of `whole_pipeline.py`: 24 MB of it (`--quick`: 2 MB). Bounds are timed in this
process, one thread, CPU time, medians of interleaved rounds; a stage's speed is text over the CPU seconds of its worker
in a build with one worker. A stage's bound is the time of all that it cannot do without, one after the other.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tiktoken
import xxhash

from benchmarks.harness import interleaved, machine, print_result, workspace
from benchmarks.pipeline_corpus import corpus_files
from benchmarks.pipeline_growth import FILES, QUICK_MB, measure
from benchmarks.whole_pipeline import TEXT_MB
from mixer import storage
from mixer.token_engine import FastEncoder
from mixer.tokens import ENCODINGS

ROUNDS = 5
# What a stage cannot do without: names of bounds.
NEEDS = {
    "ingest": ("parse JSON", "hash (XXH3)", "compress (zstd 1)"),
    "annotate": ("decompress (zstd)", "scan UTF-8", "hash (XXH3)"),
    "tokenize": ("decompress (zstd)", "encode tokens"),
}


def run(quick: bool) -> None:
    """Print the bounds, then each stage's share of its own."""
    print(machine())
    text_mb = QUICK_MB if quick else TEXT_MB
    files = corpus_files(text_mb)[:FILES]
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    texts = [json.loads(line)["text"] for line in lines]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    with workspace() as folder:
        speeds = {
            name: megabytes / seconds for name, seconds in interleaved(bounds(lines, texts, folder), ROUNDS).items()
        }
        stages = measure(files, folder, 1)
    for name, speed in speeds.items():
        print(f"{name:20} {speed:10,.0f} MB/s")
    shares = {}
    kept = stages["tokenize"].documents_out / stages["ingest"].documents_out
    for stage, needs in NEEDS.items():
        # Blocks hold what is left of the documents; how much text that is, is taken from their number.
        own = megabytes * (kept if stage == "tokenize" else 1) / stages[stage].workers.cpu_seconds
        bound = 1 / sum(1 / speeds[need] for need in needs)
        shares[stage] = round(own / bound, 3)
        print(f"{stage:9} {own:8.1f} MB/s, bound {bound:8.1f} ({', then '.join(needs)}): {own / bound:.0%}")
    print_result("limits", shares["annotate"], **shares)


def bounds(lines: list[bytes], texts: list[str], folder: Path) -> dict[str, Callable[[], object]]:
    """What is timed, all of it over the same documents."""
    folder.mkdir(exist_ok=True)
    column = pa.array(texts, pa.large_string())
    data = np.frombuffer(column.buffers()[2], np.uint8)
    table, path = pa.table({"text": column}), str(folder / "text.parquet")
    pq.write_table(table, path, compression=storage.COMPRESSION, compression_level=storage.COMPRESSION_LEVEL)
    encoded = [text.encode() for text in texts]
    encode = FastEncoder(tiktoken.get_encoding(ENCODINGS["cl100k_base"]))
    return {
        "copy": lambda: data.copy(),
        "scan UTF-8": lambda: column.cast(pa.large_binary()).cast(pa.large_string()),
        "hash (XXH3)": lambda: [xxhash.xxh3_128_digest(each) for each in encoded],
        "parse JSON": lambda: [json.loads(line) for line in lines],
        "compress (zstd 1)": lambda: pq.write_table(
            table, str(folder / "again.parquet"), compression="zstd", compression_level=storage.COMPRESSION_LEVEL
        ),
        "decompress (zstd)": lambda: pq.read_table(path, use_threads=False),
        "encode tokens": lambda: [encode(text) for text in texts],
    }

"""Mixing token blocks into shards, beside a plain pyarrow copy of the same shards (same columns, same compression)."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness import interleaved, machine, print_result
from mixer import storage
from mixer.blocks import Block, block_name, block_schema
from mixer.plan import MixturePlan, PhaseRequest, PlanRequest, SourceTokens, plan_mixture
from mixer.shards import shard_name, write_shard

BLOCK_TOKENS = 4_000_000
DOCUMENT_TOKENS = 800  # mean; lengths are log-normal, as real ones are
VOCABULARY = 100_307


def write_blocks(folder: Path, blocks: int) -> None:
    """Blocks of Zipf-like ids, so that they compress about as text's do."""
    rng = np.random.default_rng(0)
    schema = block_schema("uint32")
    for block in range(blocks):
        lengths = np.maximum(
            2, rng.lognormal(np.log(DOCUMENT_TOKENS), 1.0, BLOCK_TOKENS // DOCUMENT_TOKENS).astype(int)
        )
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        ids = np.minimum(rng.zipf(1.2, offsets[-1]), VOCABULARY - 1).astype(np.uint32)
        columns = [
            pa.array([f"{block:08x}{number:024x}" for number in range(len(lengths))]),
            pa.array(np.sort(rng.integers(0, 2**63, len(lengths)).astype(np.uint64))),
            pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids), type=schema.field(2).type),
        ]
        table = pa.Table.from_arrays(columns, schema=schema)
        storage.write_parquet(str(folder / block_name(block)), schema, [table], use_dictionary=False)


def plan_of(folder: Path, blocks: int) -> MixturePlan:
    """Two sources over the same blocks, half and half, one epoch in all."""
    tokens = {}
    for block in range(blocks):
        with storage.open_parquet(str(folder / block_name(block))) as file:
            tokens[block] = len(file.read(["tokens"]).column("tokens").combine_chunks().values)
    sources = [
        SourceTokens(name=name, kind="web", group=name, documents=1, block_tokens=tokens) for name in ("text", "code")
    ]
    phase = PhaseRequest(name="train", budget_tokens=sum(tokens.values()), weights={"text": 1, "code": 1})
    return plan_mixture(PlanRequest(sources=sources, phases=[phase], sequence_length=2048, rows_per_shard=8192, seed=0))


def run(quick: bool) -> None:
    """Print the ratio: the copy's CPU time over mixing's (1 would be as fast as copying)."""
    blocks = 2 if quick else 8
    folder = Path(tempfile.mkdtemp(prefix="mixdown-bench-"))
    try:
        write_blocks(folder, blocks)
        plan = plan_of(folder, blocks)

        def mix() -> None:
            read = cache(lambda block: Block.read(str(folder / block_name(block))))  # a worker reads a block once
            for shard in plan.shards:
                write_shard(str(folder / "out" / shard_name(shard.index)), plan, shard, "uint32", lambda _, b: read(b))

        def copy() -> None:
            for shard in plan.shards:
                table = pq.read_table(folder / "out" / shard_name(shard.index), use_threads=False)
                uri = str(folder / "copy" / shard_name(shard.index))
                storage.write_parquet(uri, table.schema, [table], use_dictionary=["source", "phase"])

        seconds = interleaved({"mix": mix, "copy": copy}, rounds=2 if quick else 5)
    finally:
        shutil.rmtree(folder)
    tokens = plan.rows * 2048
    print(f"{machine()}\n{tokens:,} tokens in {len(plan.shards)} shards")
    for name, spent in seconds.items():
        print(f"{name:<6} {spent:7.2f} CPU s  {tokens / spent / 1e6:7.1f} M tokens/s")
    print_result(
        "mixing over a pyarrow copy", seconds["copy"] / seconds["mix"], tokens_per_second=tokens / seconds["mix"]
    )


if __name__ == "__main__":
    run(quick=True)

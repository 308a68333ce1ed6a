"""Mixing token blocks into shards, beside a plain pyarrow copy of the same shards, on one core.

*Mix* is what a task does for a shard: read the blocks that it needs (checksums verified), put their documents into the
epoch's order, pack, interleave, write the shard with its SHA-256. Nothing is kept from shard to shard, as tasks keep
nothing: where a shard ends inside a block, the next one reads that block again. *Copy* reads those shards with pyarrow
and writes them again: same columns, same row groups, same compression, neither checksums nor SHA-256. *Checked copy*
does it with both, as every file of the lake is read and written, so that the rest of the gap is what mixing itself
costs. All files are in the page cache. Numbers are CPU seconds, medians of interleaved rounds; the ratio is the copy's
over mixing's (1 is as fast as copying). Tokens are those of the rows, padding left out.

Two shapes, each with both packings. `two sources`: half and half. `six sources`: 35, 20, 15, 15, 10 and 5 % of the
tokens, one epoch of each; a shard then takes little from each block, and `read` says how many tokens were read for
one that was mixed. Full size: blocks of 4M tokens (the largest there are) and shards of 32,768 rows of 2048 tokens (the
recipe's default). `--quick` divides both by eight.
"""

from collections.abc import Callable
from functools import partial

from benchmarks.harness import interleaved, machine, print_result, workspace
from benchmarks.token_blocks import checked_copy, copy, mix, plan_of, tokens_of, write_blocks

BLOCK_TOKENS = 4_000_000
ROWS_PER_SHARD = 32_768
QUICK_DIVISOR = 8
SHAPES = {
    "two sources": {"text": 8, "code": 8},
    "six sources": {"web": 7, "books": 4, "papers": 3, "code": 3, "commits": 2, "issues": 1},
}


def run(quick: bool) -> None:
    """Print, for every shape and packing, the ratio of the copy's CPU time to mixing's."""
    divisor, rounds = (QUICK_DIVISOR, 2) if quick else (1, 5)
    print(machine())
    with workspace() as folder:
        for shape, counts in SHAPES.items():
            blocks = write_blocks(folder / shape, counts, BLOCK_TOKENS // divisor)
            for packing in ("concat", "best_fit"):
                plan = plan_of(blocks, packing, ROWS_PER_SHARD // divisor)
                shards = folder / "shards"
                reads = mix(plan, blocks, shards)
                candidates: dict[str, Callable[[], object]] = {
                    "mix": partial(mix, plan, blocks, shards),
                    "copy": partial(copy, plan, shards, folder / "copies"),
                    "checked copy": partial(checked_copy, plan, shards, folder / "copies"),
                }
                seconds = interleaved(candidates, rounds)
                read_tokens = sum(times * blocks.tokens[source][block] for (source, block), times in reads.items())
                _print(f"{shape}, {packing}", tokens_of(plan), len(plan.shards), read_tokens, seconds)


def _print(name: str, tokens: int, shards: int, read_tokens: int, seconds: dict[str, float]) -> None:
    print(f"\n{name}: {tokens:,} tokens in {shards} shards, {read_tokens / tokens:.2f} tokens read for one mixed")
    for candidate, spent in seconds.items():
        print(f"{candidate:<12} {spent:7.2f} CPU s  {tokens / spent / 1e6:7.1f} M tokens/s")
    print_result(
        f"mixing over a pyarrow copy: {name}",
        seconds["copy"] / seconds["mix"],
        over_a_checked_copy=round(seconds["checked copy"] / seconds["mix"], 4),
        tokens_per_second=round(tokens / seconds["mix"]),
        tokens=tokens,
    )


if __name__ == "__main__":
    run(quick=True)

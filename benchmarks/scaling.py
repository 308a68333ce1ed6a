"""Mixing once, twice, four and eight times as many tokens: CPU time is to grow with them, and nothing faster.

Two sources, half and half, one epoch, with each packing; the blocks of a smaller size are the first ones of the next,
so only their number changes. Once is 13M tokens in 16 blocks, eight times 105M in 128 (`--quick`: an eighth, in blocks
and shards of an eighth). Shards end inside blocks, which are read again then; blocks and shards are small enough that
this adds the same 3/8 to what is read at every size. Numbers are CPU seconds on one core, medians of interleaved
rounds. Printed are the line fitted through them (seconds at no tokens, seconds for a million more, R squared), and as
the ratio the tokens a second at eight times over those at once: 1 is linear, less is slower than linear. `mixing.py`
says what mixing includes.
"""

from functools import partial

import numpy as np

from benchmarks.harness import interleaved, machine, print_result, workspace
from benchmarks.token_blocks import mix, plan_of, tokens_of, write_blocks

FACTORS = (1, 2, 4, 8)
BLOCKS = 8  # of each source, at once
BLOCK_TOKENS = 820_000
ROWS_PER_SHARD = 2048  # 4.2M tokens
QUICK_DIVISOR = 8


def run(quick: bool) -> None:
    """Print seconds at every size, the fitted line and the ratio of speeds."""
    divisor, rounds = (QUICK_DIVISOR, 2) if quick else (1, 5)
    print(machine())
    with workspace() as folder:
        count = BLOCKS * FACTORS[-1]
        blocks = write_blocks(folder / "blocks", {"text": count, "code": count}, BLOCK_TOKENS // divisor)
        for packing in ("concat", "best_fit"):
            some = {factor: blocks.first(BLOCKS * factor) for factor in FACTORS}
            plans = {factor: plan_of(some[factor], packing, ROWS_PER_SHARD // divisor) for factor in FACTORS}
            seconds = interleaved(
                {str(factor): partial(mix, plans[factor], some[factor], folder / "shards") for factor in FACTORS},
                rounds,
            )
            _print(packing, [tokens_of(plan) for plan in plans.values()], list(seconds.values()))


def _print(packing: str, tokens: list[int], seconds: list[float]) -> None:
    print(f"\n{packing}")
    for factor, size, used in zip(FACTORS, tokens, seconds, strict=True):
        print(f"{factor}x {size:12,} tokens {used:7.2f} CPU s  {size / used / 1e6:6.1f} M tokens/s")
    million, spent = np.array(tokens) / 1e6, np.array(seconds)
    slope, intercept = np.polyfit(million, spent, 1)
    residuals = spent - (slope * million + intercept)
    fit = 1 - (residuals**2).sum() / ((spent - spent.mean()) ** 2).sum()
    speeds = million / spent
    print_result(
        f"scaling of mixing: {packing}",
        speeds[-1] / speeds[0],
        seconds_at_none=round(float(intercept), 3),
        seconds_for_a_million=round(float(slope), 4),
        r_squared=round(float(fit), 4),
    )


if __name__ == "__main__":
    run(quick=True)

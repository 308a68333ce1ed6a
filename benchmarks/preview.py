"""Preview of a lake of ten million documents in six sources, with both packings.

The lake is fabricated (`fabricated_lake.py` says what in it is real): 8 billion tokens, some 2,900 blocks, some 500
parts a stage. `--quick` makes a tenth of it. `command` is the whole `mixdown preview RECIPE --lake LAKE`, from starting
Python to the printed table: wall-clock time, CPU time and peak memory of that process. `in process` is a second and
later preview in a process that has everything imported and compiled: finding what is published (fingerprints,
manifests, sizes of files), the plan's request (block indexes; with `best_fit` every document's length), the plan, and
the largest budget. Medians of five (`--quick`: three) after one that does not count; files are in the page cache. The
ratio is of 2 seconds to the command's wall-clock time: above 1 is faster than that.
"""

import statistics
import time

from benchmarks.fabricated_lake import PACKINGS, FabricatedLake, fabricate_lake
from benchmarks.harness import machine, print_result, workspace
from benchmarks.process_tree import MIXDOWN, run_tree
from mixer.plan import largest_budget, plan_mixture
from mixer.request import Packing
from pipelines.build import new_context, recipe_from
from pipelines.stages import find_blocks
from pipelines.steps.plan import plan_request

DOCUMENTS = 10_000_000
QUICK_DIVISOR = 10
BOUND_SECONDS = 2.0  # what a person waits for without thinking of something else; the bound


def run(quick: bool) -> None:
    """Print what the command costs and where the time in it goes, for each packing."""
    rounds = 3 if quick else 5
    print(machine())
    with workspace() as folder:
        lake = fabricate_lake(folder / "fabricated", DOCUMENTS // (QUICK_DIVISOR if quick else 1))
        print(f"{lake.documents:,} documents, {lake.tokens:,} tokens, {lake.blocks:,} blocks")
        for packing in PACKINGS:
            command = [MIXDOWN, "preview", str(lake.recipe[packing]), "--lake", lake.uri]
            costs = [run_tree(command) for _ in range(rounds + 1)][1:]
            if "(exact)" not in costs[0].output:
                raise RuntimeError(f"the preview is not exact:\n{costs[0].output}")
            wall = statistics.median(cost.wall_seconds for cost in costs)
            cpu = statistics.median(cost.cpu_seconds for cost in costs)
            peak_bytes = max(cost.peak_bytes for cost in costs)
            print(f"\n{packing}\ncommand     {wall:6.2f} s wall {cpu:6.2f} CPU s   peak {peak_bytes / 1e6:,.0f} MB")
            steps = _in_process(lake, packing, rounds)
            print(f"in process  {sum(steps.values()):6.2f} s wall: ", end="")
            print(", ".join(f"{step} {seconds:.3f} s" for step, seconds in steps.items()))
            print_result(
                f"preview of {lake.documents:,} documents, {packing}",
                BOUND_SECONDS / wall,
                wall_seconds=round(wall, 3),
                cpu_seconds=round(cpu, 3),
                in_process_seconds=round(sum(steps.values()), 3),
            )


def _in_process(lake: FabricatedLake, packing: Packing, rounds: int) -> dict[str, float]:
    """Median seconds of each step, of previews with nothing left to import or compile."""
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds + 1):
        context = new_context(recipe_from(lake.recipe[packing], None, None), lake.uri, quiet=True)
        at = time.perf_counter()

        def step(name: str) -> None:
            nonlocal at
            seconds.setdefault(name, []).append(time.perf_counter() - at)
            at = time.perf_counter()

        find_blocks(context)
        step("find")
        request, ledgers = plan_request(context)
        step("request")
        plan_mixture(request, ledgers)
        step("plan")
        largest_budget(request, ledgers)
        step("largest budget")
    return {name: statistics.median(values[1:]) for name, values in seconds.items()}


if __name__ == "__main__":
    run(quick=True)

"""Memory that planning takes: `make_plan` over lakes of a thousand to ten million documents.

Each number is of a process of its own over a fabricated lake (`fabricated_lake.py`). When everything is imported,
compiled and found (manifests read, files checked), the kernel is told to forget the process's peak so far
(/proc/self/clear_refs); then comes `make_plan`: block indexes, with `best_fit` every document's length, ledgers, plan.
Printed is the new peak less what was resident before, in bytes and divided by the documents; arrays of NumPy and Arrow
are in it, which `tracemalloc` would not all see. Two rows of lakes:

- `growing`: 800 tokens a document, so tokens and blocks grow with the documents, as in life;
- `same tokens`: the tokens and blocks of the largest, in fewer and longer documents, so that nothing but the number of
  documents grows.

The lake of a thousand documents shows what planning takes anyway: modules loaded late, threads, their arenas. The
result of a row is the largest lake less the smallest: bytes for each document more. Its ratio is to 200 bytes: below 1
is less than that, 0 is no growth, and a little below 0 is noise. Medians of three processes (`--quick`: one, and no
lake above a million).
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.fabricated_lake import PACKINGS, FabricatedLake, fabricate_lake
from benchmarks.harness import machine, print_result, workspace
from benchmarks.token_blocks import DOCUMENT_TOKENS
from mixer import warm
from mixer.request import Packing
from pipelines.build import new_context, recipe_from
from pipelines.stages import find_blocks
from pipelines.steps.plan import make_plan

DOCUMENTS = (1_000, 100_000, 1_000_000, 10_000_000)
BOUND_BYTES = 200.0  # a document; the bound


def run(quick: bool) -> None:
    """Print peak bytes of every lake and packing, and bytes a document."""
    sizes, runs = (DOCUMENTS[:-1], 1) if quick else (DOCUMENTS, 3)
    tokens = sizes[-1] * DOCUMENT_TOKENS
    print(machine())
    with workspace() as folder:
        lakes = {
            "growing": [fabricate_lake(folder / f"growing-{size}", size) for size in sizes],
            "same tokens": [fabricate_lake(folder / f"same-{size}", size, tokens / size) for size in sizes[1:]],
        }
        for row, lakes_of_row in lakes.items():
            for packing in PACKINGS:
                print(f"\n{row}, {packing}")
                peaks = [_median_peak_bytes(lake, packing, runs) for lake in lakes_of_row]
                for lake, peak_bytes in zip(lakes_of_row, peaks, strict=True):
                    print(
                        f"{lake.documents:12,} documents {lake.blocks:6,} blocks {peak_bytes / 1e6:8.2f} MB "
                        f"{peak_bytes / lake.documents:8.2f} bytes a document"
                    )
                _print_growth(f"{row}, {packing}", lakes_of_row, peaks)


def _print_growth(name: str, lakes: list[FabricatedLake], peaks: list[int]) -> None:
    documents = lakes[-1].documents - lakes[0].documents
    growth = (peaks[-1] - peaks[0]) / documents
    print_result(
        f"planning memory: {name}",
        growth / BOUND_BYTES,
        bytes_for_a_document_more=round(growth, 3),
        peak_bytes=peaks[-1],
    )


def _median_peak_bytes(lake: FabricatedLake, packing: Packing, runs: int) -> int:
    command = [sys.executable, "-m", "benchmarks.planning_memory", str(lake.recipe[packing]), lake.uri]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(runs)]
    return int(sorted(found)[runs // 2])


def measured_peak_bytes(recipe: str, lake_uri: str) -> int:
    """Memory of this process at its highest in `make_plan`, less what it held before."""
    context = new_context(recipe_from(recipe, None, None), lake_uri, quiet=True)
    warm.warm()
    find_blocks(context)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew: proc(5)
    before = _memory_bytes("VmRSS")
    make_plan(context)
    return _memory_bytes("VmHWM") - before


def _memory_bytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    print(measured_peak_bytes(*sys.argv[1:]))

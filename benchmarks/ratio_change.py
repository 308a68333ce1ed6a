"""Another code ratio on a lake that is built: its CPU time beside that of the first build, in whole processes.

Made-up prose and code (`word_text.py`) of 268M tokens, half of each, which is a gigabyte of tokens at four bytes each
(`--quick`: 1.2M tokens, about 5 MB of text, where starting Spark outweighs everything and the ratio says nothing).
Three runs of `mixdown build` on one lake, nothing kept between them but the lake:

1. `first build`: from the text to shards at half code, with a budget of 95 % of the tokens;
2. `ratio 0.25`: the same budget at a quarter code (the prose then repeats 1.4 times), every shard written anew;
3. `ratio 0.75, small`: three quarters code with a hundredth of the budget, the fixed costs above all.

CPU seconds are of the command with all its descendants, the JVM and Spark's Python workers among them
(`process_tree.py`); wall-clock time is until the command ended, on all cores. The first ratio is run 2 over run 1. The
second is run 3 over what a first build with the small budget would have cost: run 1, less run 2, plus run 3. Kernels
are compiled before. Needs Java, and 10 GB of disk for the full size.
"""

import json
import subprocess
import sys
from pathlib import Path

import yaml

from benchmarks.harness import bytes_on_disk, machine, print_result, workspace
from benchmarks.process_tree import MIXDOWN, Cost, run_tree
from benchmarks.word_text import write_code, write_prose
from pipelines.stages import STAGE_NAMES

TOKENS = (1 << 30) // 4  # a gigabyte of uint32
QUICK_TOKENS = 1_200_000
BUDGET_SHARE = 0.95
SMALL_DIVISOR = 100
LINES = [[name] for name in ("sampling", "starting", *STAGE_NAMES)]  # of a build's output: those with its times
KERNELS = ("quality.warm", "dedup.warm", "mixer.warm")


def run(quick: bool) -> None:
    """Print the cost of the three runs and the two ratios."""
    tokens = QUICK_TOKENS if quick else TOKENS
    budget = int(tokens * BUDGET_SHARE)
    print(machine())
    for module in KERNELS:
        subprocess.run([sys.executable, "-m", module], check=True)
    with workspace() as folder:
        write_prose(folder / "pages.jsonl", tokens // 2)
        write_code(folder / "files.jsonl", tokens // 2)
        text_bytes = bytes_on_disk(folder)
        (folder / "recipe.yaml").write_text(yaml.safe_dump(_recipe(budget)))
        first = _build(folder, 0.5, budget)
        _print_lake(folder, text_bytes, first)
        runs = {
            "first build": first,
            "ratio 0.25": _build(folder, 0.25, budget),
            "ratio 0.75, small": _build(folder, 0.75, budget // SMALL_DIVISOR),
        }
        disk_bytes = bytes_on_disk(folder)
    for name, cost in runs.items():
        print(f"{name:<18} {cost.cpu_seconds:8.1f} CPU s  {cost.wall_seconds:8.1f} s wall")
    print(f"disk at the end: {disk_bytes / 1e9:.2f} GB")
    _print_ratios(*(cost.cpu_seconds for cost in runs.values()))


def _recipe(budget_tokens: int) -> dict[str, object]:
    return {
        "name": "ratio",
        "sources": [
            {
                "name": "pages",
                "kind": "jsonl",
                "uri": "pages.jsonl",
                "group": "text/web",
                "rules": ["language", "gopher_quality"],
            },
            {
                "name": "files",
                "kind": "jsonl_code",
                "uri": "files.jsonl",
                "group": "code/web",
                "rules": ["starcoder_lines", "license"],
            },
        ],
        "rules": {"language": {"languages": ["en"]}},
        "phases": [{"name": "train", "budget_tokens": budget_tokens, "weights": {"text": 0.5, "code": 0.5}}],
    }


def _build(folder: Path, code_ratio: float, budget_tokens: int) -> Cost:
    """Spark's own files go into `folder` too, so that they are gone afterwards."""
    command = [MIXDOWN, "build", str(folder / "recipe.yaml"), "--lake", str(folder / "lake")]
    command += ["--code-ratio", str(code_ratio), "--budget", str(budget_tokens)]
    return run_tree(command, {"SPARK_LOCAL_DIRS": str(folder / "spark")})


def _print_lake(folder: Path, text_bytes: int, first: Cost) -> None:
    """What the first build found, and its line of each stage."""
    manifests = [json.loads(path.read_bytes()) for path in folder.glob("lake/stages/tokenize/*/*/manifest.json")]
    tokens = {manifest["source"]: int(manifest["measures"]["tokens"]) for manifest in manifests}
    found = ", ".join(f"{source} {count:,} tokens" for source, count in sorted(tokens.items()))
    print(f"{text_bytes / 1e6:,.1f} MB of JSON lines; {found}")
    for line in first.output.splitlines():
        if line.split(maxsplit=1)[:1] in LINES:
            print(f"  {line}")


def _print_ratios(first: float, change: float, small_change: float) -> None:
    print_result("ratio change over the first build", change / first, cpu_seconds=round(change, 1))
    small_first = first - change + small_change
    name = "ratio change over the first build, a hundredth of the budget"
    print_result(name, small_change / small_first, cpu_seconds=round(small_change, 1))


if __name__ == "__main__":
    run(quick=True)

"""`make bench`: every benchmark, or one (`ONLY=mixing`), small (`QUICK=1`); each in a process of its own.

What a part prints as its results goes into a table of RESULTS.md, but for small ones. Small ones of all parts would
take half an hour, so `QUICK=1` alone runs those beside peers that take least.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any, NamedTuple

from benchmarks.harness import machine
from benchmarks.record import RESULTS, Row, write_rows

PARTS = (
    "mixing",
    "scaling",
    "preview",
    "planning_memory",
    "ratio_change",
    "code_rules",
    "decontamination",
    "pii",
    "classifier",
    "words",
    "filters",
    "signatures",
    "beside_text_dedup",
    "beside_data_juicer",
    "beside_nemo_curator",
    "beside_dolma",
    "beside_dolma_deduper",
    "dedup_accuracy",
    "dedup_stages",
    "dedup_spark",
    "dedup_growth",
    "dedup_skew",
    "contraction_rounds",
    "annotate_memory",
    "worker_start",
    "repeats",
    "extraction",
    "tokens",
    "loader",
    "document_attention",
    "whole_pipeline",
    "spark_profile",
    "pipeline_growth",
    "limits",
    "object_store",
)

QUICK_PARTS = ("mixing", "signatures", "tokens", "dedup_stages", "loader", "whole_pipeline")


class Ran(NamedTuple):
    """A part that was run."""

    results: list[dict[str, Any]]  # as print_result prints them
    peak_bytes: int  # of its largest process, without Spark's
    status: int


def main() -> None:
    """Run the parts that were asked for; fails when one fails, after the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    parts = [options.only] if options.only else QUICK_PARTS if options.quick else PARTS
    ran = {}
    for part in parts:
        if len(parts) > 1:
            print(f"\n== {part}", flush=True)
        ran[part] = run_part(part, options.quick)
        if not options.quick:
            write_rows(RESULTS, [Row.of(part, each, ran[part].peak_bytes) for each in ran[part].results], machine())
    failed = [part for part, found in ran.items() if found.status]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    if len(parts) > 1:
        print_summary([result for found in ran.values() for result in found.results])
    sys.exit(1 if failed else 0)


def run_part(part: str, quick: bool) -> Ran:
    """Run one part and show what it prints."""
    command = [sys.executable, "-m", "benchmarks.part", part, *(["--quick"] if quick else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    results = []
    for line in process.stdout or ():
        print(line, end="", flush=True)
        if line.startswith('{"name"'):
            results.append(json.loads(line))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ran(results, usage.ru_maxrss << 10, process.returncode)


def print_summary(results: list[dict[str, Any]]) -> None:
    """The last line of several: their ratios, and the geometric mean of those, since each is of its own kind."""
    ratios = {str(each["name"]): float(each["ratio"]) for each in results}
    known = [ratio for ratio in ratios.values() if ratio > 0]
    mean = statistics.geometric_mean(known) if known else 0.0
    print(json.dumps({"name": "bench", "ratio": round(mean, 4), "ratios": ratios}), flush=True)


if __name__ == "__main__":
    main()

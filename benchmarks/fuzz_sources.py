"""Fuzz every parser of the sources: many thousands of damaged inputs each, none of which may crash it or hang.

    python -m benchmarks.fuzz_sources [--only NAME ...] [--cases 10000] [--seed 1] [--first 0]

Prints for each parser its cases a second and what came of the records; of each failure the seed and the number of the
case, and with `--keep FOLDER` its bytes are written there. The exit status is 1 when a case failed.
"""

import argparse
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.pipelines.sources.fuzzing.cases import Fuzzed
from tests.pipelines.sources.fuzzing.mutations import mutated
from tests.pipelines.sources.fuzzing.running import Broken, run_case, subjects

MAX_FAILURES = 5  # of one parser, then it is left


def main() -> int:
    """Run what the command line asks for; 1 when a case failed."""
    asked = _arguments()
    known = subjects()
    unknown = sorted(set(asked.only) - set(known))
    if unknown:
        sys.exit(f"no parser {', '.join(unknown)}; known: {', '.join(known)}")
    numbers = range(asked.first, asked.first + asked.cases)
    failures = [_fuzz(known[name], asked.seed, numbers, asked.keep) for name in asked.only or known]
    return int(any(failures))


def _fuzz(subject: Fuzzed, seed: int, numbers: Sequence[int], keep: Path | None) -> int:
    samples = subject.samples()
    outcomes: Counter[str] = Counter()
    failures = done = 0
    started, cpu_started = time.perf_counter(), time.process_time()
    for number in numbers:
        done += 1
        try:
            outcomes += run_case(subject, samples, seed, number)
        except Broken as broken:
            failures += 1
            print(f"FAILED {broken}\n  again: --only {subject.name} --seed {seed} --first {number} --cases 1")
            traceback.print_exception(broken.__cause__)
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{subject.name}-{seed}-{number}").write_bytes(mutated(samples, seed, number))
            if failures == MAX_FAILURES:
                break
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    print(
        f"{subject.name}: {done:,} cases, {failures} failed, {done / seconds:,.0f} cases/s "
        f"({done / max(cpu_seconds, 1e-9):,.0f} a CPU second of this process), {outcomes.total():,} records; "
        f"peak memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10:,} MiB"
    )
    for outcome, count in outcomes.most_common():
        print(f"  {count:>9,}  {outcome}", flush=True)
    return failures


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fuzz the parsers of the sources.")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="parsers; default: all")
    parser.add_argument("--cases", type=int, default=10_000, help="cases of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to write inputs that failed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

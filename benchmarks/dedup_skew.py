"""100,000 near copies of one page among 100,000 other documents: does a task get more than its share of the work?

The copies are 0.9 to 1 similar to the page, so a hot bucket a band holds many of them. Every shuffle has 64 tasks,
also where Spark would make fewer of so little data. Printed are, for every stage of as many tasks, the largest task
over the median one: by records read, by records written, and by seconds (which on a busy machine say little). Once without verification and once with `verify: signature`. `--quick`: a tenth of the documents.
"""

from benchmarks import synthetic_bands
from benchmarks.harness import machine, print_result, workspace
from benchmarks.spark_dedup import SETTINGS, Found, find, session, write_documents
from dedup.settings import DedupSettings

COPIES = 100_000
TASKS = 64
LEAST_RECORDS = 10_000  # of a stage that is looked at


def run(quick: bool) -> None:
    """Print every stage's skew, and the worst as the result."""
    count = COPIES // (10 if quick else 1)
    print(machine())
    with workspace() as folder, session() as spark:
        write_documents(folder / "documents", synthetic_bands.one_hot_page(count, count))
        for name, settings in {"none": SETTINGS, "signature": DedupSettings(exact=False, verify="signature")}.items():
            found = find(spark, folder / "documents", settings, TASKS)
            _print(name, count, found)


def _print(verify: str, count: int, found: Found) -> None:
    print(f"\nverify {verify}: {count:,} copies and as many others, {found.removed:,} removed")
    print(f"{'tasks':>6} {'records':>11} {'read':>7} {'written':>8} {'seconds':>8}   most over median")
    worst = 1.0
    for stage in found.counted.stages:
        records = sum(task.read for task in stage.tasks)
        if len(stage.tasks) >= TASKS and records >= LEAST_RECORDS:
            read, written, seconds = (stage.skew(of) for of in ("read", "written", "run_seconds"))
            print(f"{len(stage.tasks):6} {records:11,} {read:7.2f} {written:8.2f} {seconds:8.2f}   {stage.name}")
            worst = max(worst, read)
    print_result(f"dedup skew, verify {verify}: records of the largest task over the median", worst)


if __name__ == "__main__":
    run(quick=True)

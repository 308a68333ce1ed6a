"""100,000 near copies of one page among 100,000 other documents: does a task get more than its share of the work?

The copies are 0.9 to 1 similar to the page, so a hot bucket a band holds most of them. Every shuffle has 64 tasks, also
where Spark would make fewer of so little data. The result is the largest task of all stages over the median one of the
stage that reads most, in records: what a run waits for beyond an even spread. For every stage its own largest task
stands beside its own median: a stage that reads only what the page left behind in a few places has a high one and is
short all the same. Left out are stages that read the input, a task a file, and the one task that solves the components
of up to `max_edges_in_one_task` edges on purpose. Seconds say little on a busy machine. Once without verification and
once with `verify: signature`. `--quick`: a tenth of the documents.
"""

from statistics import median

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
    print(f"{'tasks':>6} {'records':>11} {'median':>8} {'largest':>8} {'ratio':>7} {'of seconds':>11}")
    spread = [stage for stage in found.counted.stages if len(stage.tasks) >= TASKS]
    busy = [stage for stage in spread if sum(stage.values("read")) >= LEAST_RECORDS]
    for stage in busy:
        read = stage.values("read")
        print(
            f"{len(read):6} {sum(read):11,.0f} {median(read):8,.0f} {max(read):8,.0f} {stage.skew('read'):7.2f} "
            f"{stage.skew('run_seconds'):11.2f}"
        )
    heaviest = max(busy, key=lambda stage: sum(stage.values("read")))
    largest = max(max(stage.values("read")) for stage in busy)
    print_result(
        f"dedup skew, verify {verify}: largest task over the median of the heaviest stage",
        largest / median(heaviest.values("read")),
    )


if __name__ == "__main__":
    run(quick=True)

"""Buckets and components on Spark (`dedup.apply.find_duplicates`) beside the same in one process, and bytes shuffled.

100,000, a million and ten million documents that never were (`synthetic_bands.py`: a fifth are near copies), bands
given as annotate stores them, near duplicates alone, `local[2]`. Positions (part, row) are those of a hundred thousand
parts, since small numbers would be compressed better than there. CPU seconds are those of the driver, the JVM and
Python's workers together, without starting the session; before, 20,000 documents are taken so that the JVM has compiled
what it runs. Shuffled bytes are what Spark's stages wrote for one another, compressed as they lie on disk. `--quick`:
only the smallest; ten million want 5 GB of disk in TMPDIR and 8 GB of memory.
"""

from benchmarks import synthetic_bands
from benchmarks.harness import cpu_seconds, machine, print_result, workspace
from benchmarks.spark_dedup import find, session, write_documents
from dedup.in_process import near_labels

COUNTS = (100_000, 1_000_000, 10_000_000)
WARM_COUNT = 20_000
MOST_BYTES = 16  # shuffled, of a band and document: what is asked for


def run(quick: bool) -> None:
    """Print both ways' seconds, their ratio and the shuffled bytes of every size."""
    print(machine())
    with workspace() as folder, session() as spark:
        write_documents(folder / "warm", synthetic_bands.documents(WARM_COUNT))
        find(spark, folder / "warm")
        for count in COUNTS[: 1 if quick else None]:
            documents = synthetic_bands.documents(count)
            write_documents(folder / str(count), documents)
            before = cpu_seconds()
            rows, labels = near_labels(documents.bands)
            seconds = cpu_seconds() - before
            del documents
            found = find(spark, folder / str(count))
            if found.removed != (rows != labels).sum():
                raise ValueError(f"Spark removes {found.removed} documents, one process {(rows != labels).sum()}")
            counted = found.counted
            records = count * synthetic_bands.BANDS
            print(f"\n{count:,} documents, {found.removed:,} removed, spilled {counted.spilled_bytes / 1e6:.0f} MB")
            print(f"one process {seconds:8.2f} CPU s")
            print(f"Spark       {counted.cpu_seconds:8.2f} CPU s  {found.wall_seconds:8.1f} s")
            for stage in counted.stages:
                if stage.shuffled_bytes > records / 10:
                    print(
                        f"  {stage.shuffled_bytes / records:6.2f} bytes and {stage.shuffled_records / records:5.2f} "
                        f"records shuffled a band and document, {len(stage.tasks)} tasks"
                    )
            print_result(
                f"dedup on Spark over one process: {count}",
                counted.cpu_seconds / seconds,
                bytes_a_band=round(counted.shuffled_bytes / records, 2),
                bytes_a_document=round(counted.shuffled_bytes / count, 1),
                asked_for=MOST_BYTES,
                microseconds_a_document=round(1e6 * counted.cpu_seconds / count, 2),
            )


if __name__ == "__main__":
    run(quick=True)

"""What dedup would take for ten billion documents: measured constants times sizes, a stage a row.

`python -m benchmarks.dedup_model` prints the table of docs/dedup-at-scale.md; options put in another size, cluster or
constant. Nothing is measured here: `Measured` holds what the other benchmarks printed. All of it is taken to grow with
the documents, as dedup_growth finds, but for the rounds of star contraction, which grow with their logarithm.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import log, log2, sqrt
from typing import Any

# Published runs of MinHash deduplication, in GB of text a core and hour.
PUBLISHED = {
    "BigCode on Spark": 3.0,  # 319 GB of Java in 40 minutes on 10 workers of 16 vCPUs: bigcode-dataset's README
    "Data-Juicer on Ray": 1.4,  # 5 TB in 2.8 hours on 1,280 cores: Chen et al. 2024, Data-Juicer 2.0
}
HASH_BYTES = 8  # of a band, stored; hashes do not compress
EDGE_BYTES = 125  # of memory, an edge that one task solves: `max_edges_in_one_task` of dedup/settings.py
RECORDS_A_TASK = 2_000_000  # (band hash, document), in a sort of that size
SAMPLE_A_TASK, MOST_SAMPLED = 100, 1_000_000  # by which Spark cuts ranges: sampleSizePerPartition, RangePartitioner


@dataclass(frozen=True)
class Measured:
    """Constants of one core of the machine that RESULTS.md names."""

    read_mb_per_second: float = 600.0  # Parquet to text (dedup_growth)
    signature_mb_per_second: float = 100.0  # text to bands (dedup_growth)
    spark_us: float = 37.3  # CPU microseconds a document: buckets, edges, survivors (dedup_spark, the slope)
    sort_bytes: float = 14.0  # shuffled, a band and document, by the sort of the buckets (dedup_spark)
    other_bytes: float = 1.5  # likewise, by all that follows it but for the next two
    edges: float = 0.28  # a document (contraction_rounds)
    round_us: float = 22.3  # CPU microseconds an edge and round of star contraction (dedup_growth)
    round_bytes: float = 123.0  # shuffled, an edge and round (dedup_growth)
    rounds: float = 5.0  # of star contraction, for a million documents (contraction_rounds)
    rounds_a_doubling: float = 0.3  # more, for twice the documents (contraction_rounds)


@dataclass(frozen=True)
class Job:
    """What is deduplicated, and on what."""

    documents: float = 1e10
    document_bytes: float = 4000.0  # of text
    bands: float = 14.0
    executors: float = 100.0
    cores: float = 16.0  # an executor
    network_mb_per_second: float = 1250.0  # an executor: 10 Gbit/s
    disk_mb_per_second: float = 500.0  # an executor's local disks
    busy: float = 0.7  # share of the cores' time that is work: the rest is waiting, stragglers, failures


@dataclass(frozen=True)
class Stage:
    """A row of the table."""

    name: str
    cpu_seconds: float
    shuffled_bytes: float = 0.0


def stages(measured: Measured, job: Job) -> list[Stage]:
    """What each stage takes."""
    megabytes = job.documents * job.document_bytes / 1e6
    records = job.documents * job.bands
    rounds = contraction_rounds(measured, job)
    contracted = measured.edges * job.documents * rounds
    return [
        Stage("text read", megabytes / measured.read_mb_per_second),
        Stage("signatures and bands", megabytes / measured.signature_mb_per_second),
        Stage(
            "buckets, edges, survivors",
            job.documents * measured.spark_us / 1e6,
            records * (measured.sort_bytes + measured.other_bytes),
        ),
        Stage(f"components, {rounds} rounds", contracted * measured.round_us / 1e6, contracted * measured.round_bytes),
    ]


def contraction_rounds(measured: Measured, job: Job) -> int:
    """Rounds of star contraction, as many as for a million documents at the least."""
    return round(measured.rounds + measured.rounds_a_doubling * max(0.0, log2(job.documents / 1e6)))


def hours(stage: Stage, job: Job) -> float:
    """Of wall-clock time: work on all cores, then bytes written, sent and read, nothing of it at the same time."""
    work = stage.cpu_seconds / (job.executors * job.cores * job.busy)
    disk = 2 * stage.shuffled_bytes / (job.executors * job.disk_mb_per_second * 1e6)
    network = stage.shuffled_bytes / (job.executors * job.network_mb_per_second * 1e6)
    return (work + disk + network) / 3600


def largest_range(tasks: float) -> float:
    """The largest task of a sort by ranges over the mean one: ranges are cut by sampled points, which scatter."""
    points = min(SAMPLE_A_TASK, MOST_SAMPLED / tasks)
    return 1 + sqrt(2 * log(max(2.0, tasks)) / points)


def report(measured: Measured, job: Job) -> str:
    """The table and what follows from it, as text."""
    rows = stages(measured, job)
    everything = Stage("all", sum(row.cpu_seconds for row in rows), sum(row.shuffled_bytes for row in rows))
    held = job.executors * job.cores * hours(everything, job)
    gigabytes = job.documents * job.document_bytes / 1e9
    lines = [
        f"{job.documents:,.0f} documents of {job.document_bytes:,.0f} bytes, {gigabytes / 1e3:,.1f} TB of text; "
        f"{job.executors:,.0f} executors of {job.cores:,.0f} cores",
        "",
        f"{'stage':<28} {'CPU hours':>10} {'shuffled TB':>12} {'hours':>7}",
    ]
    for row in [*rows, everything]:
        lines.append(
            f"{row.name:<28} {row.cpu_seconds / 3600:10,.0f} {row.shuffled_bytes / 1e12:12,.2f} {hours(row, job):7.2f}"
        )
    lines += ["", *_consequences(measured, job, everything)]
    lines += ["", f"{'GB of text a core-hour held':<28} {'':10} {'core-hours':>12}"]
    for name, speed in {"mixdown, by this model": gigabytes / held, **PUBLISHED}.items():
        lines.append(f"{name:<28} {speed:10,.1f} {gigabytes / speed:12,.0f}")
    return "\n".join(lines) + "\n"


def _consequences(measured: Measured, job: Job, everything: Stage) -> list[str]:
    records, edges = job.documents * job.bands, measured.edges * job.documents
    tasks = max(1.0, records / RECORDS_A_TASK)
    return [
        f"shuffled a document            {everything.shuffled_bytes / job.documents:,.0f} bytes, "
        f"{everything.shuffled_bytes / records:.1f} a band",
        f"bands as stored                {records * HASH_BYTES / 1e12:,.2f} TB, read twice",
        f"largest shuffle, an executor   {records * measured.sort_bytes / job.executors / 1e9:,.0f} GB of disk",
        f"its tasks                      {tasks:,.0f}, the largest {largest_range(tasks):.1f} times the mean",
        f"edges                          {edges:,.0f}; one task would need {edges * EDGE_BYTES / 1e9:,.0f} GB for them",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description="What dedup would take; every number can be put in.")
    for kind in (Measured, Job):
        for field in fields(kind):
            default: Any = field.default
            option = f"--{field.name.replace('_', '-')}"
            parser.add_argument(option, type=float, default=default, metavar="NUMBER", help=f"default: {default:g}")
    options = vars(parser.parse_args(arguments))
    measured = Measured(**{field.name: options[field.name] for field in fields(Measured)})
    job = Job(**{field.name: options[field.name] for field in fields(Job)})
    print(report(measured, job), end="")


if __name__ == "__main__":
    main()

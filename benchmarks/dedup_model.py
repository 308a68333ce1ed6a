"""What dedup would take for ten billion documents: measured constants times sizes, a stage a row.

`python -m benchmarks.dedup_model` prints the tables of docs/dedup-at-scale.md; options put in another size, cluster or
constant. Nothing is measured here. `Measured` holds what the other benchmarks measured, each with the one that prints
it, and everything is taken to grow with the documents (dedup_growth), but for the rounds of star contraction.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import log2
from typing import Any

# Published runs of MinHash deduplication, text in to text out, in GB of text a core and hour.
PUBLISHED = {
    "BigCode on Spark: 319 GB of Java, 40 minutes, 10 workers of 16 vCPUs (bigcode-dataset, near_deduplication)": 3.0,
    "Data-Juicer on Ray: 5 TB, 2.8 hours, 1,280 cores (Chen et al. 2024, Data-Juicer 2.0)": 1.4,
}
PARQUET_BYTES = 8  # of a band hash; hashes do not compress


@dataclass(frozen=True)
class Measured:
    """Constants of one core of the machine that RESULTS.md names."""

    signature_mb_per_second: float = 170.0  # text to bands, CPU (signatures)
    sort_us: float = 3.0  # CPU microseconds a band and document: exploded, sorted, made stars (dedup_spark)
    sort_bytes: float = 14.0  # shuffled, a band and document (dedup_spark, positions as of many parts)
    edges: float = 0.31  # distinct, a document (dedup_growth)
    loose_edges: float = 0.54  # before repeated ones go, a document (dedup_spark)
    edge_bytes: float = 10.2  # shuffled, an edge that is made distinct (dedup_spark)
    round_us: float = 10.0  # CPU microseconds an edge and round of star contraction (dedup_growth)
    round_bytes: float = 60.0  # shuffled, an edge and round (dedup_growth)
    rounds: float = 4.0  # for `rounds_documents` (dedup_growth)
    rounds_documents: float = 800_000.0
    rounds_a_doubling: float = 0.1  # more, for twice the documents (dedup_growth; see the page)
    member_us: float = 20.0  # CPU microseconds a document that has a candidate: label, survivor (dedup_spark)
    member_bytes: float = 25.0  # shuffled, likewise
    members: float = 0.24  # documents that have a candidate, of all


@dataclass(frozen=True)
class Job:
    """What is deduplicated, and on what."""

    documents: float = 1e10
    document_bytes: float = 4000.0  # of text
    bands: float = 14.0
    executors: float = 100.0
    cores: float = 16.0  # an executor
    network_mb_per_second: float = 1250.0  # an executor: 10 Gbit/s
    disk_mb_per_second: float = 500.0  # an executor's local disks, each way
    busy: float = 0.7  # share of the cores' time that is work: the rest is waiting, stragglers, failures


@dataclass(frozen=True)
class Stage:
    """A row of the model."""

    name: str
    cpu_seconds: float
    shuffled_bytes: float


def stages(measured: Measured, job: Job) -> list[Stage]:
    """What each stage takes."""
    records = job.documents * job.bands
    edges = measured.edges * job.documents
    rounds = contraction_rounds(measured, job)
    members = measured.members * job.documents
    return [
        Stage("signatures, in annotate's pass", job.documents * job.document_bytes / measured.signature_mb_per_second / 1e6, 0),
        Stage("buckets: one sort of all bands", records * measured.sort_us / 1e6, records * measured.sort_bytes),
        Stage("distinct edges", 0, measured.loose_edges * job.documents * measured.edge_bytes),
        Stage(f"components: {rounds:.0f} rounds", edges * rounds * measured.round_us / 1e6, edges * rounds * measured.round_bytes),
        Stage("survivors", members * measured.member_us / 1e6, members * measured.member_bytes),
    ]  # fmt: skip


def contraction_rounds(measured: Measured, job: Job) -> float:
    """Rounds of star contraction, never fewer than were measured."""
    doublings = max(0.0, log2(job.documents / measured.rounds_documents))
    return float(round(measured.rounds + measured.rounds_a_doubling * doublings))


def hours(stage: Stage, job: Job) -> float:
    """Wall-clock hours: work on all cores, then bytes written, sent and read; nothing of it at the same time."""
    work = stage.cpu_seconds / (job.executors * job.cores * job.busy)
    disk = 2 * stage.shuffled_bytes / (job.executors * job.disk_mb_per_second * 1e6)
    network = stage.shuffled_bytes / (job.executors * job.network_mb_per_second * 1e6)
    return (work + disk + network) / 3600


def report(measured: Measured, job: Job) -> str:
    """The tables, as text."""
    found = stages(measured, job)
    lines = [
        f"{job.documents:,.0f} documents of {job.document_bytes:,.0f} bytes: {job.documents * job.document_bytes / 1e12:,.1f} TB of text",
        f"{job.executors:,.0f} executors of {job.cores:,.0f} cores",
        "",
        f"{'stage':<32} {'core-hours':>11} {'shuffled TB':>12} {'hours':>7}",
    ]  # fmt: skip
    total = Stage("all", sum(s.cpu_seconds for s in found), sum(s.shuffled_bytes for s in found))
    for stage in [*found, total]:
        lines.append(
            f"{stage.name:<32} {stage.cpu_seconds / 3600:11,.0f} {stage.shuffled_bytes / 1e12:12,.2f} "
            f"{hours(stage, job):7.2f}"
        )
    text_gb = job.documents * job.document_bytes / 1e9
    held = job.executors * job.cores * hours(total, job)
    sort = found[1]
    lines += [
        "",
        f"shuffled: {total.shuffled_bytes / job.documents:,.0f} bytes a document, "
        f"{total.shuffled_bytes / job.documents / job.bands:.1f} a band and document",
        f"band index: {job.documents * job.bands * PARQUET_BYTES / 1e12:.2f} TB stored",
        f"local disk: {sort.shuffled_bytes / job.executors / 1e9:,.0f} GB an executor for the largest shuffle",
        f"edges: {measured.edges * job.documents:,.0f}, {24 * measured.edges * job.documents / 1e9:,.0f} GB as an edge list",
        f"core-hours held: {held:,.0f}, {text_gb / held:,.1f} GB of text a core-hour; without signatures "
        f"{text_gb / (held - job.executors * job.cores * hours(found[0], job)):,.1f}",
    ]
    lines += [
        f"published: {speed} GB a core-hour, {text_gb / speed:,.0f} core-hours: {name}"
        for name, speed in PUBLISHED.items()
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for kind in (Measured, Job):
        for field in fields(kind):
            default: Any = field.default
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=default, metavar="NUMBER")
    options = vars(parser.parse_args(arguments))
    measured = Measured(**{field.name: options[field.name] for field in fields(Measured)})
    job = Job(**{field.name: options[field.name] for field in fields(Job)})
    print(report(measured, job), end="")


if __name__ == "__main__":
    main()

"""What a corpus would take: a lake's measured costs scaled to other sizes. `python -m benchmarks.sizing LAKE`.

Reads `metrics.json` of every stage that made a mixture, or the numbers that an earlier call saved (`--costs FILE`).
"""

import argparse
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from mixer.manifest import read_manifest
from pipelines.lake import Lake
from pipelines.metering.stage_metrics import METRICS_NAME, StageMetrics, read_metrics
from pipelines.stages import STAGE_NAMES

COSTS = Path(__file__).with_name("sizing_costs.json")
SIZES = {"1 TB": 10**12, "100 TB": 10**14, "10 PB": 10**16}


@dataclass(frozen=True)
class StageCost:
    """One stage over all sources."""

    cpu_seconds: float
    output_bytes: int
    shuffle_bytes: int  # written


@dataclass(frozen=True)
class Costs:
    """A measured lake."""

    raw_bytes: int  # of input as it lies there
    text_bytes: int
    documents: int
    tokens: int
    stages: dict[str, StageCost]


@dataclass(frozen=True)
class Assumptions:
    """What is not measured: put in your own."""

    vcpu_hour_dollars: float = 0.04  # general-purpose machines on demand, list prices of the large clouds
    busy: float = 0.7  # share of the paid vCPU seconds that tasks get; the rest is start-up, tails and waiting
    vcpus_per_executor: int = 16
    executors: int = 64
    stored_dollars_per_gb_month: float = 0.023
    months: float = 1.0  # that stages between input and shards are kept
    put_dollars_per_1000: float = 0.005
    get_dollars_per_1000: float = 0.0004
    request_bytes: int = 8 << 20  # of one request to the object store


@dataclass(frozen=True)
class Need:
    """What one size of raw input takes."""

    vcpu_hours: float
    hours: float
    compute_dollars: float
    stored_bytes: float
    storage_dollars: float
    requests: float
    request_dollars: float
    shuffle_bytes_at_once: float  # of the stage that shuffles most: what executors' disks must hold

    def dollars(self) -> float:
        """In all."""
        return self.compute_dollars + self.storage_dollars + self.request_dollars


def measured(lake: Lake, mixture: str) -> Costs:
    """The costs of the stages that a mixture was made from; numbers of what ran at once are taken once."""
    manifest = read_manifest(mixture)
    folders = {place: f"{lake.uri}/stages/{place}/{name}" for place, name in manifest.inputs.items()}
    found: dict[str, list[StageMetrics]] = defaultdict(list)
    raw_bytes = text_bytes = documents = 0
    for place, folder in folders.items():
        stage, _, source = place.partition("/")
        found[stage].append(read_metrics(f"{folder}/{METRICS_NAME}"))
        if stage == "ingest":
            published = lake.manifest(stage, source, manifest.inputs[place])
            assert published is not None
            raw_bytes += int(published.measures["raw_bytes"])
            text_bytes += int(published.measures["text_bytes"])
            documents += published.books.kept
    found["mix"].append(read_metrics(f"{mixture}/{METRICS_NAME}"))
    tokens = sum(source.available_tokens for source in manifest.sources)
    stages = {stage: _cost(found[stage]) for stage in STAGE_NAMES if stage in found}
    return Costs(raw_bytes, text_bytes, documents, tokens, stages)


def _cost(metrics: list[StageMetrics]) -> StageCost:
    at_once = {(each.run, tuple(each.of), each.wall_seconds): each for each in metrics}.values()
    own = sum(each.workers.cpu_seconds for each in (metrics if metrics[0].own_tasks else at_once))
    in_jvm = sum(each.spark.jvm_cpu_seconds + each.spark.gc_seconds for each in at_once if each.spark)
    in_all = sum(each.all_processes_cpu_seconds or 0.0 for each in at_once)
    return StageCost(
        cpu_seconds=round(max(in_all, own + in_jvm), 1),  # on a cluster the driver sees its own processes alone
        output_bytes=sum(each.output_bytes for each in metrics),
        shuffle_bytes=sum(each.spark.shuffle_write_bytes for each in at_once if each.spark),
    )


def need(costs: Costs, raw_bytes: int, given: Assumptions) -> Need:
    """Everything in proportion to the raw input."""
    times = raw_bytes / costs.raw_bytes
    cpu_hours = times * sum(stage.cpu_seconds for stage in costs.stages.values()) / 3600
    vcpu_hours = cpu_hours / given.busy
    stored = times * sum(stage.output_bytes for stage in costs.stages.values())
    puts = stored / given.request_bytes
    gets = (raw_bytes + times * _read_again(costs)) / given.request_bytes
    return Need(
        vcpu_hours=vcpu_hours,
        hours=vcpu_hours / (given.executors * given.vcpus_per_executor),
        compute_dollars=vcpu_hours * given.vcpu_hour_dollars,
        stored_bytes=stored,
        storage_dollars=stored / 1e9 * given.stored_dollars_per_gb_month * given.months,
        requests=puts + gets,
        request_dollars=puts / 1000 * given.put_dollars_per_1000 + gets / 1000 * given.get_dollars_per_1000,
        shuffle_bytes_at_once=times * max(stage.shuffle_bytes for stage in costs.stages.values()),
    )


def _read_again(costs: Costs) -> int:
    """Bytes of stages that later ones read: documents twice, measurements by three stages, blocks by mix."""
    readers = {"ingest": 2, "annotate": 3, "decide": 2, "dedup": 1, "repeats": 1, "tokenize": 1, "select": 1}
    return sum(readers.get(name, 0) * stage.output_bytes for name, stage in costs.stages.items())


def stage_table(costs: Costs) -> list[str]:
    """A row a stage, as the page has it."""
    raw_mb = costs.raw_bytes / 1e6
    lines = [
        "| stage | CPU seconds for a GB of raw input | MB of raw input a CPU second | bytes written for a raw byte | "
        "bytes shuffled for a raw byte |",
        "|---|---|---|---|---|",
    ]
    for name, stage in costs.stages.items():
        lines.append(
            f"| {name} | {stage.cpu_seconds / raw_mb * 1000:,.0f} | {raw_mb / max(stage.cpu_seconds, 1e-9):,.1f} | "
            f"{stage.output_bytes / costs.raw_bytes:.4f} | {stage.shuffle_bytes / costs.raw_bytes:.4f} |"
        )
    total = sum(stage.cpu_seconds for stage in costs.stages.values())
    written = sum(stage.output_bytes for stage in costs.stages.values())
    shuffled = sum(stage.shuffle_bytes for stage in costs.stages.values())
    lines.append(
        f"| all | {total / raw_mb * 1000:,.0f} | {raw_mb / total:,.1f} | {written / costs.raw_bytes:.4f} | "
        f"{shuffled / costs.raw_bytes:.4f} |"
    )
    return lines


def size_table(costs: Costs, given: Assumptions) -> list[str]:
    """A row a size, as the page has it."""
    lines = [
        f"| raw input | vCPU hours | hours with {given.executors} executors of {given.vcpus_per_executor} | compute | "
        "stored between | storage | requests | shuffled at once | in all |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, raw_bytes in SIZES.items():
        found = need(costs, raw_bytes, given)
        lines.append(
            f"| {name} | {found.vcpu_hours:,.0f} | {found.hours:,.1f} | ${found.compute_dollars:,.0f} | "
            f"{found.stored_bytes / 1e12:,.2f} TB | ${found.storage_dollars:,.0f} | ${found.request_dollars:,.0f} | "
            f"{found.shuffle_bytes_at_once / 1e12:,.2f} TB | ${found.dollars():,.0f} |"
        )
    return lines


def read_costs(path: Path) -> Costs:
    """What `--save` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Costs(**content | {"stages": {name: StageCost(**stage) for name, stage in content["stages"].items()}})


def make_parser() -> argparse.ArgumentParser:
    """What is measured, and an option for each assumption."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lake", nargs="?", help="a lake with one mixture, or that mixture's folder")
    parser.add_argument("--costs", type=Path, default=COSTS, help="saved costs, where no lake is given")
    parser.add_argument("--save", type=Path, help="save the costs of the lake")
    for name, value in asdict(Assumptions()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    return parser


def main() -> None:
    """Print both tables."""
    options = make_parser().parse_args()
    given = Assumptions(**{name: getattr(options, name) for name in asdict(Assumptions())})
    costs = _measured_at(options.lake) if options.lake else read_costs(options.costs)
    if options.save:
        options.save.write_text(json.dumps(asdict(costs), indent=1) + "\n", encoding="utf-8")
    print(
        f"{costs.raw_bytes / 1e6:,.0f} MB of raw input, {costs.text_bytes / 1e6:,.0f} MB of text in "
        f"{costs.documents:,} documents, {costs.tokens:,} tokens left\n"
    )
    print("\n".join([*stage_table(costs), "", *size_table(costs, given)]))


def _measured_at(place: str) -> Costs:
    if "/mixtures/" in place:
        return measured(Lake(place.rsplit("/mixtures/", 1)[0]), place.rstrip("/"))
    folders = sorted(Path(place).glob("mixtures/*/*/manifest.json"))
    if len(folders) != 1:
        raise SystemExit(f"{place} has {len(folders)} mixtures: name one, <lake>/mixtures/<name>/<fingerprint>")
    return measured(Lake(place), str(folders[0].parent))


if __name__ == "__main__":
    main()

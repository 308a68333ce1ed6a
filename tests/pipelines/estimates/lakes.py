"""Small lakes with every stage's own fingerprints, filled in this process without Spark."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mixer import storage
from mixer.blocks import block_name, block_schema
from mixer.order import document_order_hash
from mixer.tokens import tokenizer
from pipelines.block_sets import INDEX_FILE, INDEX_SCHEMA
from pipelines.context import Context, TaskResult, Unit
from pipelines.estimates.stored_parts import removed_rows, stored_parts
from pipelines.estimates.token_counts import TEXT_COLUMNS, token_counts
from pipelines.lake import Books, Lake
from pipelines.progress import Progress
from pipelines.recipe import Recipe, parse_recipe
from pipelines.steps import annotate, decide, deduplicate, ingest, tokenize_blocks

STEPS = (ingest, annotate, decide, deduplicate, tokenize_blocks)
WORDS = "the lantern on harbour wall was lit each evening by keeper and nobody in town thought it odd that be with of"
BLOCKS = 4


class InProcess(Context):
    """A run whose tasks are done here; `only` names the sources for which the last two stages publish."""

    only: Sequence[str] | None = None

    def run_tasks(
        self, stage: str, work: Callable[[Any], Any], tasks: Sequence[Any], input_bytes: int | None = None
    ) -> list[Any]:
        return [work(task) for task in tasks]

    def find(self, units: Any) -> list[Unit]:
        missing = super().find(units)
        for unit in missing:
            if unit.stage in MAKERS and (self.only is None or unit.source in self.only):
                self.publish(unit, [MAKERS[unit.stage](self, unit)])
        return [unit for unit in missing if unit.stage not in MAKERS]


def no_spark() -> Any:
    raise AssertionError("Spark was started")


def recipe_of(folder: Path, sources: Sequence[str], /, **changes: Any) -> Recipe:
    """A recipe of JSON lines under `folder`; every source is judged by length and gopher_quality."""
    content = {
        "name": "small",
        "sources": [
            {"name": name, "kind": "jsonl", "uri": str(folder / name), "rules": ["length", "gopher_quality"]}
            for name in sources
        ],
        "rules": {"gopher_quality": {"min_words": 20}},
        "phases": [{"budget_tokens": 4096, "weights": dict.fromkeys(sources, 1.0)}],
        "sequence_length": 64,
    }
    return parse_recipe(content | changes)


def write_input(folder: Path, name: str, files: int = 3, documents: int = 300, seed: int = 0) -> None:
    """JSON lines: documents of 5 to a few hundred words, numbers in some of them, and one duplicate a file."""
    rng = np.random.default_rng([seed, len(name)])
    words = np.array(WORDS.split())
    (folder / name).mkdir(parents=True)
    for file in range(files):
        lines = []
        for _ in range(documents):
            chosen = rng.choice(words, int(np.exp(rng.normal(4, 0.8))) + 5)
            numbers = rng.integers(0, 10**9, int(len(chosen) * rng.uniform(0, 0.15)))
            lines.append(" ".join([*chosen, *map(str, numbers)]))
        lines.append(lines[0])
        content = "".join(json.dumps({"text": line}) + "\n" for line in lines)
        (folder / name / f"{file}.jsonl").write_text(content, encoding="utf-8")


def new_context(recipe: Recipe, folder: Path) -> InProcess:
    return InProcess(recipe, Lake(str(folder / "lake")), no_spark, Progress(quiet=True))


def build(recipe: Recipe, folder: Path, until: str = tokenize_blocks.NAME, only: Sequence[str] | None = None) -> None:
    """Publish every stage up to `until`, whose last one is published for the sources `only` (default: all)."""
    context = new_context(recipe, folder)
    for step in STEPS:
        context.only = only if until == step.NAME else None
        step.run(context)
        if until == step.NAME:
            return


def exact_tokens(context: Context, source: str) -> int:
    """The tokens of a source that is tokenized, counted one document after the other."""
    uris = context.of(tokenize_blocks.NAME, source).part_uris(context.lake, "block-")
    return sum(storage.read_table(uri).column("n_tokens").to_numpy().sum() for uri in uris)


def _dedup(context: Context, unit: Unit) -> TaskResult:
    """Documents with the content of an earlier one of the same source are removed."""
    seen: set[bytes] = set()
    files = []
    removed = 0
    for number, part in enumerate(stored_parts(context, unit.source)):
        hashes = storage.read_table(part.annotated_uri, ["content_hash"]).column("content_hash").to_pylist()
        keep = storage.read_table(part.verdicts_uri or "", ["keep"]).column("keep").to_pylist()
        rows = []
        for row, (content, kept) in enumerate(zip(hashes, keep, strict=True)):
            if kept and content in seen:
                rows.append({"row": row, "survivor_id": "", "reason": "exact_duplicate", "cluster_size": 2})
            elif kept:
                seen.add(content)
        if rows:
            table = pa.Table.from_pylist(rows, schema=deduplicate.REMOVED_SCHEMA)
            uri = f"{context.lake.stage_uri(unit.stage, unit.source, unit.fingerprint)}/removed-{number:05d}.parquet"
            files.append(storage.write_parquet(uri, deduplicate.REMOVED_SCHEMA, [table]))
            removed += len(rows)
    came = context.of(decide.NAME, unit.source).books.kept
    return TaskResult(files, Books(records_in=came, kept=came - removed, rejected=removed))


def _tokenize(context: Context, unit: Unit) -> TaskResult:
    """The survivors in blocks; of their tokens zeros are kept, for no estimate reads them."""
    info = tokenizer(context.recipe.tokenizer.name).info
    source = context.recipe.source(unit.source)
    rows: list[dict[str, Any]] = []
    for part in stored_parts(context, unit.source):
        documents = storage.read_table(part.documents_uri, TEXT_COLUMNS)
        keep = np.array(storage.read_table(part.verdicts_uri or "", ["keep"]).column("keep"), np.bool_)
        kept = documents.filter(pa.array(keep & ~removed_rows(part, len(keep))))
        for doc_id, count in zip(
            kept.column("doc_id").to_pylist(), token_counts(kept, context.recipe, source), strict=True
        ):
            order_hash = document_order_hash(context.recipe.salt, doc_id)
            rows.append({"doc_id": doc_id, "order_hash": order_hash, "n_tokens": count, "tokens": [0] * count})
    folder = context.lake.stage_uri(unit.stage, unit.source, unit.fingerprint)
    schema = block_schema(info.id_type)
    files, index = [], []
    for block in range(BLOCKS):
        own = rows[block::BLOCKS]
        table = pa.Table.from_pylist(own, schema=schema)
        files.append(storage.write_parquet(f"{folder}/{block_name(block)}", schema, [table]))
        index.append({"block": block, "documents": len(own), "tokens": sum(row["n_tokens"] for row in own)})
    index_table = pa.Table.from_pylist(index, schema=INDEX_SCHEMA)
    index_uri = f"{folder}/{INDEX_FILE}"
    files.append(storage.write_parquet(index_uri, INDEX_SCHEMA, [index_table]))
    return TaskResult(files, Books(records_in=len(rows), kept=len(rows)))


MAKERS: dict[str, Callable[[Context, Unit], TaskResult]] = {
    deduplicate.NAME: _dedup,
    tokenize_blocks.NAME: _tokenize,
}

"""Select: the documents of a source or tier that pass its condition, no tombstone forgets and nothing holds out.

Works on ids, not on text. A block none of whose documents is dropped is referenced where tokenize wrote it; only
blocks that lose some are written anew, without them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.blocks import block_name, block_of
from mixer.held_out import held_out_from
from mixer.order import document_order_hash
from pipelines.block_sets import INDEX_FILE, INDEX_SCHEMA, BlockSet, read_block_set
from pipelines.conditions.columns import read_part
from pipelines.conditions.condition import Condition, Mask
from pipelines.conditions.rewriting import CHANGED_SQL, FORGOTTEN, HELD_OUT, WHERE, block_writer
from pipelines.context import Context, TaskResult, Unit
from pipelines.lake import Books, Lake
from pipelines.recipe import Recipe
from pipelines.recipe_keys.measures import classifiers_of
from pipelines.recipe_keys.problems import RecipeError
from pipelines.removal.tombstones import columns_of, matches_of, read_tombstone, read_tombstones

NAME = "select"
VERSION = 1

DROPPED_SQL = "source string, block long, doc_id string, reasons string"
DROPPED_SCHEMA = pa.schema(
    [
        ("source", pa.string()),  # the source or tier that drops the document
        ("block", pa.int64()),
        ("doc_id", pa.string()),
        ("reasons", pa.string()),  # comma-separated: `held_out`; or `where`, `forgotten/<digest>` of each that matches
    ]
)
ROWS_PER_BATCH = 10_000  # ids that leave a worker at once


def run(context: Context) -> None:
    """Publish the blocks of every source and tier that does not take all that was tokenized."""
    if not context.read_only:
        context.foreseen.clear()  # what is written from here on counts
    missing = context.find(_units(context))
    if not missing:
        return
    changed = _rewrite_blocks(context, missing)
    for unit in missing:
        context.publish(unit, [_unit_result(context, unit, [row for row in changed if row["source"] == unit.source])])


def foresee(context: Context) -> None:
    """Work out, without Spark and without writing, what `run` would choose: for a preview over what is tokenized.

    KeyError when some source is not tokenized; reads ids and what the conditions name.
    """
    units = _units(context)
    dropped: dict[tuple[str, int], list[str]] = defaultdict(list)
    for task in _tasks(context, units):
        for batch in _dropped_of(task):
            names, blocks, ids = (batch.column(name).to_pylist() for name in ("source", "block", "doc_id"))
            for name, block, doc_id in zip(names, blocks, ids, strict=True):
                dropped[name, block].append(doc_id)
    for unit in units:
        base = _base_blocks(context, unit)
        kept = dict(_kept_lengths(base, unit.source, dropped))
        context.foreseen[unit.source] = BlockSet(
            documents={block: len(lengths) for block, lengths in kept.items()},
            tokens={block: int(lengths.sum()) for block, lengths in kept.items()},
            folders={block: base.folders[block] for block in kept},
            sha256={},
            lengths=kept,
        )


def _kept_lengths(
    base: BlockSet, name: str, dropped: dict[tuple[str, int], list[str]]
) -> Iterator[tuple[int, npt.NDArray[np.int32]]]:
    """(block, tokens of each document that stays) of the blocks that keep any."""
    for block, folder in base.folders.items():
        table = storage.read_table(f"{folder}/{block_name(block)}", ["doc_id", "n_tokens"])
        gone = pc.is_in(table.column("doc_id"), value_set=pa.array(dropped.get((name, block), []), pa.string()))
        lengths = table.filter(pc.invert(gone)).column("n_tokens").to_numpy()
        if len(lengths):
            yield block, lengths


def check_conditions(recipe: Recipe) -> None:
    """RecipeError for a `where` that cannot be used, before any work."""
    for part in recipe.mixed():
        try:
            if part.where is not None:
                asked = recipe.asked_groups(recipe.source(part.tier_of or part.name))
                Condition.parse(part.where, classifiers_of(asked))
        except RecipeError as error:
            raise RecipeError(f"{'tier' if part.tier_of else 'source'} {part.name!r}: where: {error}") from None


def forgotten_counts(context: Context) -> list[dict[str, Any]]:
    """For a mixture's manifest: each tombstone, and how many documents it took from the blocks of what is mixed."""
    selected = context.published.get(NAME, {})
    return [
        {
            "digest": tombstone.digest,
            "match": tombstone.match,
            "documents": {
                name: int(manifest.measures.get(f"{FORGOTTEN}/{tombstone.digest}", 0))
                for name, manifest in selected.items()
            },
        }
        for tombstone in read_tombstones(context.lake)
    ]


def _units(context: Context) -> list[Unit]:
    check_conditions(context.recipe)
    tombstones = read_tombstones(context.lake)
    columns_of(tombstones)  # a condition that cannot be used is an error here, not in a task
    validation = context.recipe.validation
    units = []
    for part in context.recipe.mixed():
        if part.where is None and not tombstones and validation is None:
            continue
        base = part.tier_of or part.name
        blocks = context.of("tokenize", base)
        settings: dict[str, Any] = {
            "from": base,
            "where": part.where,
            "tombstones": [tombstone.digest for tombstone in tombstones],
        }
        if validation is not None:
            settings["held_out"] = validation.share
        inputs = {
            "blocks": blocks.output,
            "blocks_at": blocks.fingerprint,  # what the index refers to, not only what lies there
            "annotated": context.of("annotate", base).output,
            "documents": context.of("ingest", base).output,
        }
        units.append(Unit(NAME, VERSION, part.name, settings, inputs))
    return units


def _base_blocks(context: Context, unit: Unit) -> BlockSet:
    return read_block_set(context.lake, context.of("tokenize", unit.settings["from"]))


def _rewrite_blocks(context: Context, units: list[Unit]) -> list[Any]:
    """A row of CHANGED_SCHEMA for every block that loses documents; its file is written."""
    tasks = _tasks(context, units)
    bases = {unit.source: _base_blocks(context, unit).folders for unit in units}
    folders = {unit.source: context.lake.stage_uri(NAME, unit.source, unit.fingerprint) for unit in units}
    validated = {unit.source for unit in units if unit.source == unit.settings["from"]}
    blocks = sum(len(folder_of) for folder_of in bases.values())
    if not tasks or not blocks:
        return []
    frame = context.task_frame(tasks)
    writer = block_writer(bases, folders, validated)
    with context.watching(NAME, len(tasks)) as job:
        rows: list[Any] = (
            frame.mapInArrow(job.measured_batches("find dropped", _find_dropped), DROPPED_SQL)
            .repartition(blocks, "source", "block")
            .sortWithinPartitions("source", "block", "doc_id")
            .mapInArrow(job.measured_batches("write blocks", writer), CHANGED_SQL)
            .collect()
        )
    return rows


def _tasks(context: Context, units: list[Unit]) -> list[dict[str, Any]]:
    """One task for each part of each base, which judges for all that are made from it; and those that hold out."""
    tasks = _held_out_tasks(context, units)
    for base in sorted({unit.settings["from"] for unit in units}):
        of_base = [unit for unit in units if unit.settings["from"] == base]
        if not any(unit.settings["where"] is not None or unit.settings["tombstones"] for unit in of_base):
            continue
        tokenized = context.of("tokenize", base)
        documents = context.of("ingest", base).part_uris(context.lake, "part-")
        annotated = context.of("annotate", base).part_uris(context.lake, "part-")
        tasks += [
            {
                "documents_uri": documents_uri,
                "annotated_uri": annotated_uri,
                "salt": tokenized.settings["salt"],
                "block_bits": tokenized.settings["block_bits"],
                "lake_uri": context.lake.uri,
                "tombstones": of_base[0].settings["tombstones"],
                "where": {unit.source: unit.settings["where"] for unit in of_base},
            }
            for documents_uri, annotated_uri in zip(documents, annotated, strict=True)
        ]
    return tasks


def _held_out_tasks(context: Context, units: list[Unit]) -> list[dict[str, Any]]:
    """One task for each block whose hashes reach into what is held out: the last ones, as blocks are cut by hash."""
    tasks = []
    for unit in units:
        if unit.settings.get("held_out") is None:
            continue
        first_hash = held_out_from(unit.settings["held_out"])
        first_block = block_of(first_hash, context.of("tokenize", unit.settings["from"]).settings["block_bits"])
        tasks += [
            {
                "source": unit.source,
                "block": block,
                "block_uri": f"{folder}/{block_name(block)}",
                "first_hash": first_hash,
            }
            for block, folder in _base_blocks(context, unit).folders.items()
            if block >= first_block
        ]
    return tasks


def _find_dropped(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for task in batch.column("task").to_pylist():
            yield from _dropped_of(json.loads(task))


def _dropped_of(task: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """Rows of DROPPED_SCHEMA; a document that is dropped for several reasons may have several."""
    return dropped_of_block(task) if "block_uri" in task else dropped_of_part(task)


def dropped_of_block(task: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """The documents of a block that are held out, as DROPPED_SCHEMA: those whose hash is no less than the first."""
    table = storage.read_table(task["block_uri"], ["doc_id", "order_hash"])
    hashes = table.column("order_hash").to_numpy()
    ids = table.column("doc_id").filter(pa.array(hashes >= np.uint64(task["first_hash"]))).to_pylist()
    for start in range(0, len(ids), ROWS_PER_BATCH):
        some = ids[start : start + ROWS_PER_BATCH]
        columns = {"source": task["source"], "block": task["block"], "reasons": HELD_OUT}
        yield pa.RecordBatch.from_pylist([columns | {"doc_id": doc_id} for doc_id in some], schema=DROPPED_SCHEMA)


def dropped_of_part(task: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """The documents of a part that each source or tier of the task drops, as DROPPED_SCHEMA, survivors or not."""
    lake = Lake(task["lake_uri"])
    tombstones = [read_tombstone(lake, digest) for digest in task["tombstones"]]
    conditions = {name: Condition.parse(where) for name, where in task["where"].items() if where is not None}
    columns = columns_of(tombstones).union(*(condition.columns for condition in conditions.values()))
    table = read_part(task["documents_uri"], task["annotated_uri"], columns)
    forgotten = matches_of(tombstones, table)
    by_tombstone = {f"{FORGOTTEN}/{t.digest}": mask for t, mask in zip(tombstones, forgotten, strict=True)}
    for name in task["where"]:
        masks = dict(by_tombstone)
        if name in conditions:
            masks[WHERE] = ~conditions[name].matches(table)
        yield from _dropped(name, table.column("doc_id"), masks, task)


def _dropped(name: str, doc_ids: Any, masks: dict[str, Mask], task: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """Rows of DROPPED_SCHEMA for the documents that some mask is true for."""
    reasons: dict[int, list[str]] = defaultdict(list)
    for reason, mask in masks.items():
        for row in np.flatnonzero(mask).tolist():
            reasons[row].append(reason)
    rows = sorted(reasons)
    for start in range(0, len(rows), ROWS_PER_BATCH):
        some = rows[start : start + ROWS_PER_BATCH]
        ids = doc_ids.take(pa.array(some)).to_pylist()
        columns = {
            "source": [name] * len(ids),
            "block": [block_of(document_order_hash(task["salt"], doc_id), task["block_bits"]) for doc_id in ids],
            "doc_id": ids,
            "reasons": [",".join(reasons[row]) for row in some],
        }
        yield pa.RecordBatch.from_pydict(columns, schema=DROPPED_SCHEMA)


def _unit_result(context: Context, unit: Unit, changed: list[Any]) -> TaskResult:
    """The unit's files with the index of its blocks, its own and referenced ones, and its books."""
    base = _base_blocks(context, unit)
    rows = {row["block"]: row for row in changed}
    index: list[tuple[int, int, int, str | None, str]] = []
    for block in sorted(base.documents):
        row = rows.get(block)
        if row is None:
            folder = base.folders[block].removeprefix(f"{context.lake.uri}/")
            index.append((block, base.documents[block], base.tokens[block], folder, base.sha256[block]))
        elif row["documents"]:
            index.append((block, row["documents"], row["tokens"], None, row["sha256"]))
    table = pa.Table.from_pylist([dict(zip(INDEX_SCHEMA.names, row, strict=True)) for row in index], INDEX_SCHEMA)
    uri = f"{context.lake.stage_uri(NAME, unit.source, unit.fingerprint)}/{INDEX_FILE}"
    files = [
        storage.WrittenFile(row["path"], row["documents"], row["bytes"], row["sha256"])
        for row in changed
        if row["documents"]
    ]
    held_out = [row for row in changed if row["held_out_documents"]]
    files += [
        storage.WrittenFile(
            row["held_out_path"], row["held_out_documents"], row["held_out_bytes"], row["held_out_sha256"]
        )
        for row in held_out
    ]
    reasons: Counter[str] = Counter()
    for row in changed:
        reasons.update(json.loads(row["reasons"]))
    records_in = sum(base.documents.values())
    kept = sum(row[1] for row in index)
    books = Books(
        records_in=records_in,
        kept=kept,
        rejected=records_in - kept,
        reasons={reason: reasons[reason] for reason in (FORGOTTEN, HELD_OUT, WHERE) if reasons[reason]},
    )
    measures = {"tokens": float(sum(row[2] for row in index))}
    measures |= {reason: float(count) for reason, count in sorted(reasons.items()) if "/" in reason}
    return TaskResult([*files, storage.write_parquet(uri, INDEX_SCHEMA, [table])], books, measures)

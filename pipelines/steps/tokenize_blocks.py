"""Tokenize: survivors' text becomes token blocks. Tokens, not text, go through Spark's shuffle."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from mixer import storage
from mixer.blocks import block_bits, block_name, block_of, block_schema
from mixer.fim import FimSettings, fim_document, fim_key
from mixer.held_out import held_out_from
from mixer.order import document_order_hash
from mixer.tokens import tokenizer
from pipelines.block_sets import INDEX_FILE, INDEX_SCHEMA
from pipelines.context import Context, TaskResult, Unit, part_number
from pipelines.final_text import CHANGE_COLUMNS, final_documents
from pipelines.lake import Books
from pipelines.steps import repeats
from pipelines.survivors import read_cuts, surviving_rows, without_repeats

NAME = "tokenize"
VERSION = 3

TOKENS_SQL = "source string, block long, key binary, tokens binary"
BLOCK_FILE_SQL = "source string, block long, documents long, tokens long, path string, bytes long, sha256 string"
# Text of a source that one task reads, encodes and writes in the time that Spark takes to plan a shuffle of it. How
# much is left follows from how many documents are; should they be the longest, the task gives up at what it may hold.
MAX_BYTES_IN_ONE_TASK = 64 << 20
MAX_BYTES_READ_IN_ONE_TASK = 1 << 30
MAX_BYTES_HELD_IN_ONE_TASK = 256 << 20  # of tokens
ROWS_PER_BATCH = 256  # documents that leave a worker at once


def run(context: Context) -> None:
    """Publish the token blocks of every source."""
    recipe = context.recipe
    encoder = tokenizer(recipe.tokenizer.name)
    vocabulary = encoder.info.identity()
    units = []
    for source in recipe.sources:
        documents = context.of("ingest", source.name)
        bits = block_bits(int(documents.measures["text_bytes"]))
        settings = {"tokenizer": vocabulary, "salt": recipe.salt, "block_bits": bits}
        if source.fim is not None:
            settings["fim"] = source.fim.model_dump()
            if recipe.validation is not None:  # what is held out is left as it was written
                settings["held_out"] = recipe.validation.share
        inputs = {
            "documents": documents.output,
            "annotated": context.of("annotate", source.name).output,  # edits change the text
            "verdicts": context.of("decide", source.name).output,
            "removed": context.of("dedup", source.name).output,
        }
        if any(repeats.looks_for(recipe, source)):
            inputs["cuts"] = context.of("repeats", source.name).output
        units.append(Unit(NAME, VERSION, source.name, settings, inputs))
    missing = context.find(units)
    if not missing:
        return
    files = _write_blocks(context, missing)
    for unit in missing:
        context.publish(unit, [_unit_result(context, unit, [row for row in files if row["source"] == unit.source])])


def _write_blocks(context: Context, units: list[Unit]) -> list[Any]:
    folders = {unit.source: context.lake.stage_uri(NAME, unit.source, unit.fingerprint) for unit in units}
    if all(_is_small(context, unit.source) for unit in units):
        name = context.recipe.tokenizer.name
        alone = [SourceTask(parts=_tasks(context, unit), folders=folders, tokenizer=name) for unit in units]
        written = context.run_tasks(NAME, blocks_of_source, alone)
        whole = [rows for rows in written if rows is not None]
        if len(whole) == len(units):
            return [row for rows in whole for row in rows]
    tasks = [task for unit in units for task in _tasks(context, unit)]
    blocks = sum(2 ** int(unit.settings["block_bits"]) for unit in units)
    frame = context.task_frame(tasks)
    writer = _block_writer(folders, context.recipe.tokenizer.name)
    with context.watching(NAME, len(tasks)) as job:
        rows: list[Any] = (
            frame.mapInArrow(job.measured_batches("encode", _encode_parts, gives_documents=True), TOKENS_SQL)
            .repartition(blocks, "source", "block")
            .sortWithinPartitions("source", "block", "key")
            .mapInArrow(job.measured_batches("write blocks", writer), BLOCK_FILE_SQL)
            .collect()
        )
    return rows


def _is_small(context: Context, source: str) -> bool:
    """Whether one task holds what is left of the source's text, as far as that follows from how many documents are."""
    ingested = context.of("ingest", source)
    text_bytes = ingested.measures["text_bytes"]
    share = context.of("dedup", source).books.kept / max(1, ingested.books.kept)
    return text_bytes * share <= MAX_BYTES_IN_ONE_TASK and text_bytes <= MAX_BYTES_READ_IN_ONE_TASK


class SourceTask(BaseModel):
    """All parts of a source, where each source's blocks go, and the vocabulary's name."""

    parts: list[dict[str, Any]]
    folders: dict[str, str]
    tokenizer: str


def blocks_of_source(task: SourceTask) -> list[dict[str, Any]] | None:
    """Write the blocks of a source that one task can hold; a row of BLOCK_FILE_SQL for each. No shuffle to wait for.

    None, and nothing written: it is more than one task can hold.
    """
    batches: list[pa.RecordBatch] = []
    held_bytes = 0
    for part in task.parts:
        for batch in encode_part(part):
            batches.append(batch)
            held_bytes += batch.nbytes
            if held_bytes > MAX_BYTES_HELD_IN_ONE_TASK:
                return None
    if not batches:
        return []
    order = [("block", "ascending"), ("key", "ascending")]
    documents = pa.Table.from_batches(batches).sort_by(order).combine_chunks()
    files = _block_writer(task.folders, task.tokenizer)(iter(documents.to_batches()))
    return [row for file in files for row in file.to_pylist()]


def _tasks(context: Context, unit: Unit) -> list[dict[str, Any]]:
    """One task a part: its documents, edits, verdicts, removed rows and cuts."""
    removed = {part_number(u): u for u in context.of("dedup", unit.source).part_uris(context.lake, "removed-")}
    cuts: dict[int, str] = {}
    if "cuts" in unit.inputs:
        cuts = {part_number(u): u for u in context.of("repeats", unit.source).part_uris(context.lake, "cuts-")}
    documents = context.of("ingest", unit.source).part_uris(context.lake, "part-")
    annotated = context.of("annotate", unit.source).part_uris(context.lake, "part-")
    verdicts = context.of("decide", unit.source).part_uris(context.lake, "part-")
    return [
        {
            "source": unit.source,
            "documents_uri": documents_uri,
            "annotated_uri": annotated_uri,
            "verdicts_uri": verdicts_uri,
            "removed_uri": removed.get(part_number(documents_uri)),
            "cuts_uri": cuts.get(part_number(documents_uri)),
            "tokenizer": context.recipe.tokenizer.name,
            "salt": context.recipe.salt,
            "block_bits": unit.settings["block_bits"],
            "fim": unit.settings.get("fim"),
            "held_out": unit.settings.get("held_out"),
        }
        for documents_uri, annotated_uri, verdicts_uri in zip(documents, annotated, verdicts, strict=True)
    ]


def _encode_parts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for task in batch.column("task").to_pylist():
            yield from encode_part(json.loads(task))


def encode_part(task: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """The tokens of a part's survivors, a row a document: source, block, sort key (order hash, id), token bytes."""
    cuts_uri = task.get("cuts_uri")
    survives = surviving_rows(task["verdicts_uri"], task["removed_uri"], cuts_uri)
    cuts = read_cuts(cuts_uri)
    encoder = tokenizer(task["tokenizer"])
    first_row = 0
    documents = storage.row_groups(task["documents_uri"], ["doc_id", "text", "marks", "path"])
    changes = storage.row_groups(task["annotated_uri"], CHANGE_COLUMNS)
    for table, change in zip(documents, changes, strict=True):
        mask = pa.array(survives[first_row : first_row + table.num_rows])
        rows = first_row + np.flatnonzero(survives[first_row : first_row + table.num_rows])
        first_row += table.num_rows
        survivors = without_repeats(final_documents(table.filter(mask), change.filter(mask)), rows, cuts)
        for batch in survivors.to_batches(max_chunksize=ROWS_PER_BATCH):
            yield _encode_batch(batch, task, encoder)


def _encode_batch(batch: pa.RecordBatch, task: dict[str, Any], encoder: Any) -> pa.RecordBatch:
    blocks, keys, tokens = [], [], []
    fim = FimSettings.model_validate(task["fim"]) if task.get("fim") else None
    first_held_out = held_out_from(task.get("held_out") or 0)
    columns = (batch.column(name).to_pylist() for name in ("doc_id", "text", "marks", "path"))
    for doc_id, text, marks, path in zip(*columns, strict=True):
        order_hash = document_order_hash(task["salt"], doc_id)
        pairs = [(mark["at_bytes"], mark["token"]) for mark in marks or ()]
        if fim is not None and order_hash < first_held_out:
            text, pairs = fim_document(text, pairs, path, fim_key(task["salt"], doc_id), fim)
        ids = encoder.encode_document(text, pairs)
        blocks.append(block_of(order_hash, task["block_bits"]))
        keys.append(order_hash.to_bytes(8, "big") + doc_id.encode())
        tokens.append(ids.astype(ids.dtype.newbyteorder("<")).tobytes())
    columns_out = [
        pa.array([task["source"]] * batch.num_rows),
        pa.array(blocks, pa.int64()),
        pa.array(keys, pa.binary()),
        pa.array(tokens, pa.binary()),
    ]
    return pa.RecordBatch.from_arrays(columns_out, names=["source", "block", "key", "tokens"])


def _block_writer(folders: dict[str, str], tokenizer_name: str) -> Any:
    """A function for mapInArrow: documents sorted by (source, block, key) in, one file a block written."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        current: tuple[str, int] | None = None
        pending: list[pa.RecordBatch] = []
        for batch in batches:
            for place, rows in _runs(batch):
                if current is not None and place != current:
                    yield _write_block(folders, tokenizer_name, current, pending)
                    pending = []
                current = place
                pending.append(rows)
        if current is not None:
            yield _write_block(folders, tokenizer_name, current, pending)

    return write


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[tuple[str, int], pa.RecordBatch]]:
    """The batch cut where (source, block) changes."""
    places = list(zip(batch.column("source").to_pylist(), batch.column("block").to_pylist(), strict=True))
    start = 0
    for stop in range(1, len(places) + 1):
        if stop == len(places) or places[stop] != places[start]:
            yield places[start], batch.slice(start, stop - start)
            start = stop


def _write_block(
    folders: dict[str, str], tokenizer_name: str, place: tuple[str, int], batches: list[pa.RecordBatch]
) -> pa.RecordBatch:
    source, block = place
    info = tokenizer(tokenizer_name).info
    schema = block_schema(info.id_type)
    keys = [key for batch in batches for key in batch.column("key").to_pylist()]
    ids = [
        np.frombuffer(data, f"<{np.dtype(info.id_type).str[1:]}")
        for b in batches
        for data in b.column("tokens").to_pylist()
    ]
    n_tokens = np.array([len(array) for array in ids], np.int32)
    offsets = np.concatenate([[0], np.cumsum(n_tokens, dtype=np.int64)])
    columns = [
        pa.array([key[8:].decode() for key in keys]),
        pa.array([int.from_bytes(key[:8], "big") for key in keys], pa.uint64()),
        pa.array(n_tokens),
        pa.ListArray.from_arrays(
            pa.array(offsets.astype(np.int32)), pa.array(np.concatenate(ids)), type=schema.field("tokens").type
        ),
    ]
    table = pa.Table.from_arrays(columns, schema=schema)
    file = storage.write_parquet(f"{folders[source]}/{block_name(block)}", schema, [table], use_dictionary=False)
    values = [source, block, file.rows, int(offsets[-1]), file.path, file.bytes, file.sha256]
    names = [column.split()[0] for column in BLOCK_FILE_SQL.split(", ")]
    return pa.RecordBatch.from_pylist([dict(zip(names, values, strict=True))])


def _unit_result(context: Context, unit: Unit, rows: list[Any]) -> TaskResult:
    """The unit's files with the block index, and its books: what was left before must have arrived in blocks."""
    rows = sorted(rows, key=lambda row: row["block"])
    folder = context.lake.stage_uri(NAME, unit.source, unit.fingerprint)
    table = pa.Table.from_pydict(
        {name: [None if name == "folder" else row[name] for row in rows] for name in INDEX_SCHEMA.names},
        schema=INDEX_SCHEMA,
    )
    index = storage.write_parquet(f"{folder}/{INDEX_FILE}", INDEX_SCHEMA, [table])
    files = [storage.WrittenFile(row["path"], row["documents"], row["bytes"], row["sha256"]) for row in rows]
    documents = sum(row["documents"] for row in rows)
    before = "repeats" if "cuts" in unit.inputs else "dedup"
    records_in = context.of(before, unit.source).books.kept
    tokens = float(sum(row["tokens"] for row in rows))
    return TaskResult([*files, index], Books(records_in=records_in, kept=documents), {"tokens": tokens})

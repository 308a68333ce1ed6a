"""Dedup: what has to meet (content hashes, band hashes) meets on Spark; the removed documents are listed by part."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.context import Context, TaskResult, Unit, part_number
from pipelines.lake import Books

NAME = "dedup"
VERSION = 2

REMOVED_SCHEMA = pa.schema(
    [
        ("row", pa.int32()),  # in the part: the document is that row of every stage's part
        ("survivor_id", pa.string()),
        ("reason", pa.string()),
        ("cluster_size", pa.int64()),  # documents that the survivor stands for, itself included
    ]
)

KEYS_SQL = "position long, priority_rank int, doc_id string, content_hash binary, bands array<bigint>"
REMOVED_FILE_SQL = "part_index long, path string, rows long, bytes long, sha256 string, reasons string"


def run(context: Context) -> None:
    """Publish, for every source, which kept documents are duplicates of which survivor."""
    sources = [source.name for source in context.recipe.sources]  # the recipe's order is the survivors' priority
    near = [source.name for source in context.recipe.sources if source.removes_near_duplicates()]
    settings = context.recipe.dedup.model_dump(exclude={"max_edges_in_one_task"}) | {
        "priority": sources,
        "near_sources": near,
    }
    inputs = {}
    for source in sources:
        inputs[f"annotated/{source}"] = context.of("annotate", source).output
        inputs[f"verdicts/{source}"] = context.of("decide", source).output
    units = [Unit(NAME, VERSION, source, settings, inputs) for source in sources]
    missing = context.find(units)
    if not missing:
        return
    parts = _parts(context, units)
    removed = _remove(context, parts)
    for unit in missing:
        own = [row for row in removed if parts[row["part_index"]]["source"] == unit.source]
        context.publish(unit, [_unit_result(context, unit, own)])


def _parts(context: Context, units: list[Unit]) -> list[dict[str, Any]]:
    """Every part of every source; its index in this list is the high half of its documents' positions."""
    parts: list[dict[str, Any]] = []
    for rank, unit in enumerate(units):
        annotated = context.of("annotate", unit.source).part_uris(context.lake, "part-")
        verdicts = context.of("decide", unit.source).part_uris(context.lake, "part-")
        for annotated_uri, verdicts_uri in zip(annotated, verdicts, strict=True):
            name = f"removed-{part_number(annotated_uri):05d}.parquet"
            folder = context.lake.stage_uri(NAME, unit.source, unit.fingerprint)
            parts.append(
                {
                    "index": len(parts),
                    "source": unit.source,
                    "rank": rank,
                    "near": unit.source in unit.settings["near_sources"],
                    "annotated_uri": annotated_uri,
                    "verdicts_uri": verdicts_uri,
                    "removed_uri": f"{folder}/{name}",
                }
            )
    return parts


def _remove(context: Context, parts: list[dict[str, Any]]) -> list[Any]:
    """Find the duplicates among all parts and list them beside each part; a row for every file written."""
    from pyspark.sql import functions as F

    from dedup.apply import find_duplicates
    from dedup.lineage import materialised

    tasks = context.task_frame(parts)
    with context.watching(NAME, len(parts)):
        documents = materialised(tasks.mapInArrow(_read_keys, KEYS_SQL))  # it is read several times
        removed = find_duplicates(documents, context.recipe.dedup)
        uris = {part["index"]: part["removed_uri"] for part in parts}
        files: list[Any] = (
            removed.withColumn("part_index", F.shiftright("position", 32))
            .repartition("part_index")
            .sortWithinPartitions("position")
            .mapInArrow(_removed_writer(uris), REMOVED_FILE_SQL)
            .collect()
        )
    return files


def _read_keys(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Tasks in; the keys of each part's kept documents out."""
    for batch in batches:
        for task in batch.column("task").to_pylist():
            part = json.loads(task)
            yield from keys_of_part(part).to_batches()


def keys_of_part(part: dict[str, Any]) -> pa.Table:
    """position (part index, row), priority, id and hashes of the part's kept documents."""
    table = storage.read_table(part["annotated_uri"], ["doc_id", "content_hash", "bands"])
    keep = storage.read_table(part["verdicts_uri"], ["keep"]).column("keep").combine_chunks()
    rows = pc.indices_nonzero(keep).cast(pa.int64())
    kept = table.take(rows)
    position = pc.add(rows, pa.scalar(part["index"] << 32, pa.int64()))
    rank = pa.array([part["rank"]] * len(rows), pa.int32())
    hashes = kept.column("content_hash").cast(pa.binary())
    bands = kept.column("bands") if part["near"] else pa.nulls(len(rows), pa.list_(pa.int64()))
    return pa.table([position, rank, kept.column("doc_id"), hashes, bands], names=_key_names())


def _key_names() -> list[str]:
    return [column.split()[0] for column in KEYS_SQL.split(", ")]


def _removed_writer(uris: dict[int, str]) -> Any:
    """A function for mapInArrow: rows sorted by position in, one file a part written, one row a file out."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        tables = list(batches)
        if not tables:
            return
        removed = pa.Table.from_batches(tables)
        for index in pc.unique(removed.column("part_index")).to_pylist():
            rows = removed.filter(pc.equal(removed.column("part_index"), index))
            yield _write_removed(index, uris[index], rows)

    return write


def _write_removed(index: int, uri: str, removed: pa.Table) -> pa.RecordBatch:
    row = pc.bit_wise_and(removed.column("position"), pa.scalar(0xFFFFFFFF, pa.int64())).cast(pa.int32())
    columns = [row, *(removed.column(name) for name in REMOVED_SCHEMA.names[1:])]
    table = pa.Table.from_arrays([_one_chunk(column) for column in columns], schema=REMOVED_SCHEMA)
    file = storage.write_parquet(uri, REMOVED_SCHEMA, [table])
    reasons = {str(c["values"]): c["counts"] for c in pc.value_counts(table.column("reason")).to_pylist()}
    values = [index, file.path, file.rows, file.bytes, file.sha256, json.dumps(reasons, sort_keys=True)]
    names = [column.split()[0] for column in REMOVED_FILE_SQL.split(", ")]
    return pa.RecordBatch.from_pylist([dict(zip(names, values, strict=True))])


def _unit_result(context: Context, unit: Unit, rows: list[Any]) -> TaskResult:
    """The unit's files, and its books: what decide kept, less what was removed."""
    files = [storage.WrittenFile(row["path"], row["rows"], row["bytes"], row["sha256"]) for row in rows]
    records_in = context.of("decide", unit.source).books.kept
    removed = sum(file.rows for file in files)
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons.update(json.loads(row["reasons"]))
    books = Books(
        records_in=records_in, kept=records_in - removed, rejected=removed, reasons=dict(sorted(reasons.items()))
    )
    return TaskResult(files, books)


def _one_chunk(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

"""Dedup: what has to meet (content hashes, band hashes) meets on Spark; the removed documents are listed by part."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from dedup.one_task import fits, removed_documents
from dedup.settings import DedupSettings
from mixer import storage
from pipelines.context import Context, TaskResult, Unit, part_number
from pipelines.duplicates.band_index import PREFIX, file_bits
from pipelines.duplicates.keys import KeysTask, keys_of_part
from pipelines.duplicates.known import StoredIndex, known_documents, write_index
from pipelines.duplicates.preference import SOURCE, ranked
from pipelines.duplicates.shingles import shingles_of
from pipelines.lake import Books
from pipelines.recipe_keys.sources import SourceSpec

NAME = "dedup"
VERSION = 3

REMOVED_SCHEMA = pa.schema(
    [
        ("row", pa.int32()),  # in the part: the document is that row of every stage's part
        ("survivor_id", pa.string()),
        ("reason", pa.string()),
        ("cluster_size", pa.int64()),  # documents that the survivor stands for, itself included
    ]
)

REMOVED_FILE_SQL = "part_index long, path string, rows long, bytes long, sha256 string, reasons string"

# One process opens so many files in the time that Spark takes to plan: it pays with many more.
MAX_PARTS_IN_ONE_TASK = 500
READERS = 8

# What says nothing about which documents are removed.
OTHER_SETTINGS = {"scheme", "permutations", "max_documents_in_one_task", "max_edges_in_one_task", "lines", "substrings"}


def run(context: Context) -> None:
    """Publish, for every source, which kept documents are duplicates of which survivor."""
    sources = [source.name for source in context.recipe.sources]
    if not context.recipe.dedup.incremental:
        _run_together(context, sources, [])
        return
    for number, source in enumerate(sources):
        _run_together(context, [source], sources[:number])


def _run_together(context: Context, sources: list[str], earlier: list[str]) -> None:
    """Deduplicate the sources among themselves and, incrementally, against the survivors of the earlier ones."""
    settings = _settings(context, [*earlier, *sources])
    inputs = {f"survivors/{source}": context.of(NAME, source).output for source in earlier}
    for source in sources:
        inputs[f"annotated/{source}"] = context.of("annotate", source).output
        inputs[f"verdicts/{source}"] = context.of("decide", source).output
    units = [Unit(NAME, VERSION, source, settings, inputs) for source in sources]
    missing = context.find(units)
    if not missing:
        return
    parts = _parts(context, [*earlier, *sources])
    folders = {unit.source: context.lake.stage_uri(NAME, unit.source, unit.fingerprint) for unit in units}
    has_documents = any(part.source in folders for part in parts)
    removed, index = _remove(context, parts, folders, earlier) if has_documents else ([], [])
    for unit in missing:
        own = [row for row in removed if parts[row["part_index"]].source == unit.source]
        context.publish(unit, [_unit_result(context, unit, own, index)])


def _settings(context: Context, sources: list[str]) -> dict[str, Any]:
    """What decides beside the documents; the order of the sources is their priority."""
    recipe = context.recipe
    named = {source: recipe.source(source) for source in sources}
    return recipe.dedup.model_dump(exclude=OTHER_SETTINGS, mode="json") | {
        "priority": sources,
        "near_sources": [name for name, source in named.items() if source.removes_near_duplicates()],
        "scopes": {name: _scope(recipe.dedup, source) for name, source in named.items()},
    }


def _scope(dedup: DedupSettings, source: SourceSpec) -> str:
    if dedup.scope == "source":
        return source.name
    return source.group_name() if dedup.scope == "group" else ""


def _parts(context: Context, sources: list[str]) -> list[KeysTask]:
    """Every part of every source; its index in this list is the high half of its documents' positions."""
    dedup = context.recipe.dedup
    parts: list[KeysTask] = []
    for rank, name in enumerate(sources):
        source = context.recipe.source(name)
        uris = [context.of(stage, name).part_uris(context.lake, "part-") for stage in ("ingest", "annotate", "decide")]
        for documents_uri, annotated_uri, verdicts_uri in zip(*uris, strict=True):
            parts.append(
                KeysTask(
                    index=len(parts),
                    source=name,
                    rank=rank,
                    scope=_scope(dedup, source),
                    near=source.removes_near_duplicates(),
                    prefer=ranked(dedup.prefer, SOURCE) if dedup.incremental else dedup.prefer,
                    verify=dedup.verify,
                    repositories=dedup.repositories is not None,
                    documents_uri=documents_uri,
                    annotated_uri=annotated_uri,
                    verdicts_uri=verdicts_uri,
                )
            )
    return parts


def _remove(
    context: Context, parts: list[KeysTask], folders: dict[str, str], earlier: list[str]
) -> tuple[list[Any], list[Any]]:
    """Find the duplicates among the parts of the sources in `folders`, and list them there.

    Returns a row for every file of removed documents, and one for every file of the band index.
    """
    from pyspark.sql import functions as F

    from dedup.apply import DOCUMENTS_SQL, find_duplicates
    from dedup.lineage import materialised

    dedup = context.recipe.dedup
    own = [part for part in parts if part.source in folders]
    if fits_one_task(dedup, sum(context.of("decide", source).books.kept for source in folders), len(own)):
        task = OneTask(parts=own, uris=removed_uris(own, folders), dedup=dedup)
        return context.run_tasks(NAME, remove_in_one_task, [task])[0], []
    tasks = context.task_frame([part.model_dump() for part in own])
    with context.watching(NAME, len(own)) as job:
        reader = job.measured_batches("read keys", _read_keys, gives_documents=True)
        documents = materialised(tasks.mapInArrow(reader, DOCUMENTS_SQL))  # it is read several times
        known = _known(context, parts, earlier, documents) if parts[0].source in earlier else None
        together = documents if known is None else materialised(documents.unionByName(known))
        removed = materialised(find_duplicates(together, dedup, shingles_of(parts, dedup)))
        writer = job.measured_batches("write removed", _removed_writer(removed_uris(own, folders)))
        files: list[Any] = (
            removed.withColumn("part_index", F.shiftright("position", 32))
            .repartition("part_index")
            .sortWithinPartitions("position")
            .mapInArrow(writer, REMOVED_FILE_SQL)
            .collect()
        )
        index = []
        if dedup.incremental:
            survivors = documents.join(removed.select("position"), on="position", how="left_anti")
            (folder,) = folders.values()
            index = write_index(survivors, folder, own[0].index, _index_bits(context, own[0].source), dedup)
    return files, index


def fits_one_task(dedup: DedupSettings, n_documents: int, n_parts: int) -> bool:
    """Whether one task reads the keys, too: few documents in few files, and nothing to remember for the next time."""
    return fits(dedup, n_documents) and not dedup.incremental and n_parts <= MAX_PARTS_IN_ONE_TASK


class OneTask(BaseModel):
    """All parts there are, where the removed documents of each are listed, and the settings."""

    parts: list[KeysTask]
    uris: dict[int, str]
    dedup: DedupSettings


def remove_in_one_task(task: OneTask) -> list[dict[str, Any]]:
    """Find the duplicates among the parts and list them; a row of REMOVED_FILE_SQL for every file."""
    with ThreadPoolExecutor(READERS) as readers:  # in an object store a file is mostly waiting
        documents = pa.concat_tables(readers.map(keys_of_part, task.parts))
    removed = removed_documents(documents, task.dedup)
    part_index = pc.shift_right(removed.column("position"), pa.scalar(32, pa.int64()))
    removed = removed.append_column("part_index", part_index)
    files = _removed_writer(task.uris)(iter(removed.combine_chunks().to_batches()))
    return [row for file in files for row in file.to_pylist()]


def removed_uris(parts: Sequence[KeysTask], folders: Mapping[str, str]) -> dict[int, str]:
    """Where the removed documents of each part are listed, by the part's index."""
    return {
        part.index: f"{folders[part.source]}/removed-{part_number(part.annotated_uri):05d}.parquet" for part in parts
    }


def _known(context: Context, parts: list[KeysTask], earlier: list[str], documents: Any) -> Any:
    """The survivors of earlier sources that some document has a hash in common with."""
    indexes = [
        StoredIndex(
            uris=context.of(NAME, source).part_uris(context.lake, PREFIX),
            bits=_index_bits(context, source),
            first_part=next(part.index for part in parts if part.source == source),
        )
        for source in earlier
        if any(part.source == source for part in parts)
    ]
    return known_documents(documents, indexes, parts, context.recipe.dedup)


def _index_bits(context: Context, source: str) -> int:
    """Of the files of the source's band index, by a bound for its hashes that is known before."""
    return file_bits(context.of("decide", source).books.kept * (context.recipe.dedup.bands + 2))


def _read_keys(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Tasks in; the keys of each part's kept documents out."""
    for batch in batches:
        for task in batch.column("task").to_pylist():
            yield from keys_of_part(KeysTask.model_validate_json(task)).to_batches()


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


def _unit_result(context: Context, unit: Unit, rows: list[Any], index: list[Any]) -> TaskResult:
    """The unit's files, and its books: what decide kept, less what was removed."""
    files = [storage.WrittenFile(row["path"], row["rows"], row["bytes"], row["sha256"]) for row in [*rows, *index]]
    records_in = context.of("decide", unit.source).books.kept
    removed = sum(row["rows"] for row in rows)
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons.update(json.loads(row["reasons"]))
    books = Books(
        records_in=records_in, kept=records_in - removed, rejected=removed, reasons=dict(sorted(reasons.items()))
    )
    return TaskResult(files, books)


def _one_chunk(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

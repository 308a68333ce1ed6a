"""Repeats: lines and spans of survivors' text that stand in the text before are listed as cuts, by part."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.repeats.meeting import Plan
from dedup.repeats.occurrences import LINES, Cuts, Texts
from dedup.repeats.spans import Spans, disjoint
from mixer import storage
from pipelines.context import Context, TaskResult, Unit, part_number
from pipelines.final_text import CHANGE_COLUMNS, final_documents
from pipelines.lake import Books
from pipelines.recipe import Recipe
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.survivors import CUTS_SCHEMA, NOTHING_LEFT, surviving_rows, without_repeats

NAME = "repeats"
VERSION = 1

BATCH_BYTES = 8 << 20  # of text whose repeats are found at once; documents are at most that long
BUCKET_BYTES = 8 << 20  # of text, whose hashes meet in one bucket on average: 28 bytes each, one at most for each byte
MOST_PARTITIONS = 10_000
ID_DIGITS = 12  # of a document's id, that its order is by

CUTS_FILE_SQL = "part long, path string, rows long, bytes long, sha256 string, emptied long, measures string"


def looks_for(recipe: Recipe, source: SourceSpec) -> tuple[bool, bool]:
    """Whether repeated lines, and repeated spans, are cut from a source's documents."""
    is_code = source.source_kind().code_like
    lines, substrings = recipe.dedup.lines, recipe.dedup.substrings
    return (
        lines is not None and (lines.code or not is_code),
        substrings is not None and (substrings.code or not is_code),
    )


def run(context: Context) -> None:
    """Publish the cuts of every source that is asked for any; of the others nothing, which later stages do not miss."""
    recipe = context.recipe
    asked = {source.name: looks_for(recipe, source) for source in recipe.sources}
    sources = [name for name, looks in asked.items() if any(looks)]  # the recipe's order is the copies' priority
    settings = {
        "lines": recipe.dedup.lines.model_dump() if recipe.dedup.lines else None,
        "substrings": recipe.dedup.substrings.model_dump() if recipe.dedup.substrings else None,
        "priority": sources,
        "asked": {name: list(asked[name]) for name in sources},
    }
    inputs = {}
    for source in sources:
        inputs[f"documents/{source}"] = context.of("ingest", source).output
        inputs[f"annotated/{source}"] = context.of("annotate", source).output
        inputs[f"verdicts/{source}"] = context.of("decide", source).output
        inputs[f"removed/{source}"] = context.of("dedup", source).output
    units = [Unit(NAME, VERSION, source, settings, inputs) for source in sources]
    missing = context.find(units)
    if not missing:
        return
    parts = [part for rank, unit in enumerate(units) for part in _parts(context, unit, rank, asked[unit.source])]
    files = _cut(context, parts) if parts else []
    for unit in missing:
        own = [row for row in files if parts[row["part"]]["source"] == unit.source]
        context.publish(unit, [_unit_result(context, unit, own)])


def _parts(context: Context, unit: Unit, rank: int, looks: tuple[bool, bool]) -> list[dict[str, Any]]:
    """The parts of a source."""
    removed = {part_number(u): u for u in context.of("dedup", unit.source).part_uris(context.lake, "removed-")}
    uris = [
        context.of(stage, unit.source).part_uris(context.lake, "part-") for stage in ("ingest", "annotate", "decide")
    ]
    folder = context.lake.stage_uri(NAME, unit.source, unit.fingerprint)
    return [
        {
            "source": unit.source,
            "rank": rank,
            "looks": looks,
            "documents_uri": documents_uri,
            "annotated_uri": annotated_uri,
            "verdicts_uri": verdicts_uri,
            "removed_uri": removed.get(part_number(documents_uri)),
            "cuts_uri": f"{folder}/cuts-{part_number(documents_uri):05d}.parquet",
            "kind": unit.settings["lines"]["unit"] if unit.settings["lines"] else "",
        }
        for documents_uri, annotated_uri, verdicts_uri in zip(*uris, strict=True)
    ]


def _cut(context: Context, parts: list[dict[str, Any]]) -> list[Any]:
    """Find the repeats of all parts and list them beside each part; a row for every file written."""
    from dedup.repeats.apply import find_repeats

    dedup = context.recipe.dedup
    sources = {part["source"] for part in parts}
    text_bytes = sum(context.of("ingest", source).measures.get("text_bytes", 0) for source in sources)
    buckets = 1 + int(text_bytes) // BUCKET_BYTES
    plan = Plan(dedup.lines, dedup.substrings, buckets, min(buckets, MOST_PARTITIONS), len(parts))
    frame = context.task_frame([{"part": number} for number in range(len(parts))])
    with context.watching(NAME, len(parts)):
        rows: list[Any] = find_repeats(
            frame, plan, partial(read_texts, parts), partial(_looks, parts), partial(write_cuts, parts), CUTS_FILE_SQL
        ).collect()
    return rows


def _looks(parts: list[dict[str, Any]], part: int) -> tuple[bool, bool]:
    has_lines, has_substrings = parts[part]["looks"]
    return has_lines, has_substrings


def read_texts(parts: list[dict[str, Any]], part: int) -> Iterator[Texts]:
    """The survivors of a part in their final text, at most BATCH_BYTES (or one document) at once."""
    task = parts[part]
    survives = surviving_rows(task["verdicts_uri"], task["removed_uri"])
    for rows, documents in _documents(task, survives, ["doc_id", "text"]):
        text = documents.column("text").combine_chunks().cast(pa.large_string())
        order = _order(task["rank"], documents.column("doc_id").to_pylist())
        position = (part << 32) + rows
        for start, end in _batches(text):
            yield Texts(text.slice(start, end - start), order[start:end], position[start:end])


def _documents(task: dict[str, Any], wanted: Any, columns: list[str]) -> Iterator[tuple[Any, pa.Table]]:
    """(rows in the part, documents in their final text) of the wanted rows (a mask), row group by row group."""
    first_row = 0
    groups = storage.row_groups(task["documents_uri"], columns)
    changes = storage.row_groups(task["annotated_uri"], CHANGE_COLUMNS)
    for table, change in zip(groups, changes, strict=True):
        mask = wanted[first_row : first_row + table.num_rows]
        rows = first_row + np.flatnonzero(mask)
        first_row += table.num_rows
        if len(rows):
            yield rows, final_documents(table.filter(pa.array(mask)), change.filter(pa.array(mask)))


def _order(rank: int, ids: list[str]) -> Any:
    """int64: the source's rank, then the first 48 bits of the id; of equal ones the position decides."""
    return np.array([(rank << 4 * ID_DIGITS) | int(doc_id[:ID_DIGITS], 16) for doc_id in ids], np.int64)


def _batches(text: pa.LargeStringArray) -> Iterator[tuple[int, int]]:
    ends = np.cumsum(pc.binary_length(text).fill_null(0).to_numpy(zero_copy_only=False))
    start = 0
    while start < len(text):
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + BATCH_BYTES, side="right")))
        yield start, end
        start = end


def write_cuts(parts: list[dict[str, Any]], part: int, cuts: Cuts) -> pa.RecordBatch:
    """The cuts of a part, written; a row of CUTS_FILE_SQL."""
    task = parts[part]
    cut_rows = cuts.position & 0xFFFFFFFF
    with storage.open_parquet(task["documents_uri"]) as file:
        wanted = np.zeros(file.metadata.num_rows, np.bool_)
    wanted[cut_rows] = True
    tables = []
    emptied = 0
    measures: Counter[str] = Counter()
    for rows, documents in _documents(task, wanted, ["text"]):
        own = np.flatnonzero(np.isin(cut_rows, rows))
        document = np.searchsorted(rows, cut_rows[own])
        text = documents.column("text").combine_chunks().cast(pa.large_string())
        spans = disjoint(text, Spans(document, cuts.start_bytes[own], cuts.end_bytes[own], cuts.kind[own]))
        measures.update(_counted(spans))
        table = _table(rows, spans, task["kind"])
        is_empty = _is_empty(without_repeats(pa.table({"text": text}), rows, table).column("text"))
        emptied += int(is_empty.sum())
        tables.append(_with_empty(table, rows[is_empty], _sizes(text)[is_empty]))
    file = storage.write_parquet(task["cuts_uri"], CUTS_SCHEMA, [pa.concat_tables(tables).combine_chunks()])
    values = [part, file.path, file.rows, file.bytes, file.sha256, emptied, json.dumps(measures, sort_keys=True)]
    names = [column.split()[0] for column in CUTS_FILE_SQL.split(", ")]
    return pa.RecordBatch.from_pylist([dict(zip(names, values, strict=True))])


def _counted(spans: Spans) -> dict[str, int]:
    sizes = spans.end_bytes - spans.start_bytes
    is_line = spans.kind == LINES
    return {
        "line_cuts": int(is_line.sum()),
        "line_cut_bytes": int(sizes[is_line].sum()),
        "substring_cuts": int((~is_line).sum()),
        "substring_cut_bytes": int(sizes[~is_line].sum()),
        "documents_with_cuts": len(np.unique(spans.document)),
    }


def _table(rows: Any, spans: Spans, unit: str) -> pa.Table:
    kinds = pa.array([unit, "substring"]).take(pa.array(spans.kind))
    numbers = (rows[spans.document], spans.start_bytes, spans.end_bytes)
    return pa.Table.from_arrays([*(pa.array(n.astype(np.int32)) for n in numbers), kinds], schema=CUTS_SCHEMA)


def _is_empty(text: pa.ChunkedArray) -> Any:
    return pc.equal(pc.binary_length(pc.utf8_trim_whitespace(text)), 0).to_numpy()


def _sizes(text: pa.LargeStringArray) -> Any:
    return pc.binary_length(text).to_numpy(zero_copy_only=False)


def _with_empty(table: pa.Table, empty_rows: Any, sizes: Any) -> pa.Table:
    """The cuts, where documents without anything left have one over all of their text."""
    if not len(empty_rows):
        return table
    row = pa.array(empty_rows.astype(np.int32))
    zeros = pa.array(np.zeros(len(empty_rows), np.int32))
    all_of_it = [row, zeros, pa.array(sizes.astype(np.int32)), pa.array([NOTHING_LEFT] * len(empty_rows))]
    others = table.filter(pc.invert(pc.is_in(table.column("row"), value_set=row)))
    whole = pa.concat_tables([others, pa.Table.from_arrays(all_of_it, schema=CUTS_SCHEMA)])
    return whole.sort_by([("row", "ascending"), ("start_bytes", "ascending")])


def _unit_result(context: Context, unit: Unit, rows: list[Any]) -> TaskResult:
    """The unit's files, and its books: what dedup kept, less the documents of which nothing is left."""
    files = [storage.WrittenFile(row["path"], row["rows"], row["bytes"], row["sha256"]) for row in rows]
    records_in = context.of("dedup", unit.source).books.kept
    emptied = sum(row["emptied"] for row in rows)
    measures: Counter[str] = Counter()
    for row in rows:
        measures.update(json.loads(row["measures"]))
    reasons = {NOTHING_LEFT: emptied} if emptied else {}
    books = Books(records_in=records_in, kept=records_in - emptied, rejected=emptied, reasons=reasons)
    return TaskResult(files, books, {name: float(count) for name, count in sorted(measures.items())})

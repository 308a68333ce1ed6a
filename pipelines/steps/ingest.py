"""Ingest: every source's input, split by split, into the one document schema."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from mixer import storage
from pipelines.context import Context, TaskResult, Unit
from pipelines.document import (
    DOCUMENT_SCHEMA,
    REFUSED_SCHEMA,
    Absorbed,
    Document,
    Quarantined,
    Rejected,
    check_storable,
    to_table,
)
from pipelines.ingesting.earlier_parts import EarlierPart, earlier_parts, split_key, take_over
from pipelines.ingesting.replays import replays_of, split_entry
from pipelines.lake import Books, Lake
from pipelines.readers.dated_inputs import DatedInputError
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.source import Split, source_kind

NAME = "ingest"
VERSION = 3

ROW_GROUP_BYTES = 32 << 20  # of text: what a later task holds at once
ROW_GROUP_DOCUMENTS = 5000


class IngestTask(BaseModel):
    """One split to read."""

    source: str
    kind: str
    options: dict[str, Any]
    split: Split
    number: int
    output_uri: str
    earlier: EarlierPart | None = None  # what was read from it before


def run(context: Context) -> None:
    """Publish documents of every source."""
    units = []
    splits_of = {}
    for source in context.recipe.sources:
        splits_of[source.name] = plan_splits(source)
        units.append(unit_of(context.lake, source, splits_of[source.name]))
    context.input_bytes = sum(split.size_bytes for splits in splits_of.values() for split in splits)
    kinds = {source.name: source for source in context.recipe.sources}

    def tasks_of(unit: Unit) -> list[IngestTask]:
        source = kinds[unit.source]
        folder = context.lake.stage_uri(NAME, unit.source, unit.fingerprint)
        earlier = earlier_parts(context.lake, unit)
        if earlier:
            total = len(splits_of[unit.source])
            context.progress.say(f"{unit.source}: {len(earlier):,} of {total:,} splits are unchanged, taken over")
        return [
            IngestTask(
                source=source.name,
                kind=source.kind,
                options=source.options_to_read().plain(),
                split=split,
                number=number,
                output_uri=folder,
                earlier=earlier.get(split_key(entry)),
            )
            for number, (split, entry) in enumerate(zip(splits_of[source.name], unit.settings["splits"], strict=True))
        ]

    context.complete(units, tasks_of, ingest_split)


def plan_splits(source: SourceSpec) -> list[Split]:
    """The splits of the first of the source's uris that exists; RecipeError when none does."""
    problems = []
    for uri in source.uris():
        try:
            splits = source.source_kind().splits(source.chosen_of(uri), source.options_to_read())
        except DatedInputError as error:  # there is input: the next uri is not what was meant
            raise RecipeError(f"source {source.name!r} ({source.kind}): {error}") from error
        except (FileNotFoundError, ValueError) as error:
            problems.append(f"{uri}: {error}")
            continue
        if splits:
            return splits
        problems.append(f"{uri}: nothing there")
    raise RecipeError(f"source {source.name!r} ({source.kind}) finds no input: " + "; ".join(problems))


def ingest_split(task: IngestTask) -> TaskResult:
    """Read one split; write its documents, and what was rejected or quarantined with the reason.

    What was read from it before is taken over where it is whole.
    """
    if task.earlier is not None:
        taken = take_over(task.earlier, task.output_uri, task.number)
        if taken is not None:
            return taken
    kind = source_kind(task.kind)
    records = kind.read(task.split, kind.options.model_validate(task.options))
    result = TaskResult(measures={"raw_bytes": float(task.split.size_bytes), "text_bytes": 0.0})
    refused: list[dict[str, str]] = []
    documents = storage.write_parquet(
        f"{task.output_uri}/part-{task.number:05d}.parquet",
        DOCUMENT_SCHEMA,
        _tables(task.source, records, result, refused),
    )
    result.files.append(documents)
    if refused:
        table = pa.Table.from_pylist(refused, schema=REFUSED_SCHEMA)
        uri = f"{task.output_uri}/refused-{task.number:05d}.parquet"
        result.files.append(storage.write_parquet(uri, REFUSED_SCHEMA, [table]))
    return result


def reading_of(source: SourceSpec) -> dict[str, Any]:
    """What decides, beside the split, what is read from it."""
    return {"version": VERSION, **_settings_of(source)}


def unit_of(lake: Lake, source: SourceSpec, splits: list[Split]) -> Unit:
    """The source's directory in the lake: named by how it is read, its splits, and how often each was read again."""
    replays = replays_of(lake, source.name, reading_of(source), splits)
    entries = [split_entry(split, count) for split, count in zip(splits, replays, strict=True)]
    return Unit(NAME, VERSION, source.name, {**_settings_of(source), "splits": entries}, {}, lists_tasks=True)


def _settings_of(source: SourceSpec) -> dict[str, Any]:
    version = source.source_kind().version
    kind = {"kind": source.kind, **({"kind_version": version} if version > 1 else {})}
    return kind | {"options": source.parsed_options().plain()}


def _tables(
    source: str, records: Iterator[Any], result: TaskResult, refused: list[dict[str, str]]
) -> Iterator[pa.Table]:
    """Tables of documents, cut by size; counts every record in `result.books`."""
    pending: list[Document] = []
    pending_bytes = 0
    for record in records:
        record = storable(record)
        count_record(source, record, result.books, refused)
        if not isinstance(record, Document):
            continue
        size_bytes = len(record.text.encode())
        result.measures["text_bytes"] += size_bytes
        pending.append(record)
        pending_bytes += size_bytes
        if pending_bytes >= ROW_GROUP_BYTES or len(pending) >= ROW_GROUP_DOCUMENTS:
            yield to_table(source, pending)
            pending, pending_bytes = [], 0
    if pending:
        yield to_table(source, pending)


def storable(record: Any) -> Any:
    """The record, or in place of a document that cannot be stored its quarantine."""
    if isinstance(record, Document):
        try:
            check_storable(record)
        except (ValueError, OverflowError, TypeError) as error:
            reference = record.url or f"{record.repository}@{record.commit}:{record.path}"
            return Quarantined(reference, "not_storable", str(error)[:200])
    return record


def count_record(source: str, record: Any, books: Books, refused: list[dict[str, str]]) -> None:
    """Count a record's one outcome, and note it where it is no document."""
    books.records_in += 1
    match record:
        case Document():
            books.kept += 1
        case Absorbed():
            books.absorbed += 1
        case Rejected(reference, reason):
            books.rejected += 1
            books.reasons[reason] = books.reasons.get(reason, 0) + 1
            refused.append(refused_row(source, "rejected", reference, reason, ""))
        case Quarantined(reference, reason, detail):
            books.quarantined += 1
            books.reasons[reason] = books.reasons.get(reason, 0) + 1
            refused.append(refused_row(source, "quarantined", reference, reason, detail))
        case _:
            raise TypeError(f"source {source!r} yielded {type(record).__name__}, not one of the record types")


def refused_row(source: str, outcome: str, reference: str, reason: str, detail: str) -> dict[str, str]:
    """A row of REFUSED_SCHEMA; what is no Unicode is spelled out."""
    texts = {"reference": reference, "reason": reason, "detail": detail}
    clean = {name: text.encode("utf-8", "backslashreplace").decode() for name, text in texts.items()}
    return {"source": source, "outcome": outcome, **clean}
